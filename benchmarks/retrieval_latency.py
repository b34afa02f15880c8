"""How long a hybrid search takes over 10,000 and 100,000 windows, without and with a filter that admits a tenth.

Texts are paragraphs of the Python documentation in random order, queries the questions of its FAQ; vectors are random
around centres, since how long a search takes does not depend on what they mean. The query's embedding is timed apart.
`python benchmarks/retrieval_latency.py` prints a table and writes `benchmarks/results/retrieval_latency.json`.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from _retrieval import CACHE, default_embedder, python_docs, report, unpacked
from localassist.protocols import (
    ChunkingStrategy,
    ChunkStore,
    Embedder,
    FilePassages,
    SearchOptions,
    SourceText,
    TextKey,
    WindowBlock,
)
from localassist.retrieval.chroma_index import ChromaIndex
from localassist.retrieval.chunking import chunk_text
from localassist.retrieval.retriever import HybridRetriever
from localassist.store.sql import SqliteStore

WINDOWS_PER_FILE: Final = 100
CHARACTERS_PER_WINDOW: Final = 800
CENTRES: Final = 500
NUM_QUERIES: Final = 50
LONGEST_WAIT_S: Final = 1800
STORE: Final = "vs_latency"
REACH: Final = {10_000: 20.0, 100_000: 50.0}
TENTH: Final = {"type": "eq", "key": "tenth", "value": 0}


class FixedEmbedder:
    """The default embedder, with query vectors made beforehand, so that a search's own time is seen."""

    def __init__(self, embedder: Embedder, queries: list[str]) -> None:
        self._embedder = embedder
        self._vectors = {query: embedder.embed_queries([query]) for query in queries}

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)

    def embed_queries(self, texts: list[str]) -> bytes:
        return b"".join(self._vectors[text] for text in texts)

    def can_read(self, text: str) -> bool:
        return True


def main() -> None:
    """Measure both sizes and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", type=int, nargs="*", default=list(REACH))
    parser.add_argument(
        "--exact", action="store_true", help="without the index of large stores, which takes long to make"
    )
    arguments = parser.parse_args()
    queries = [question.query for question in python_docs().questions][:NUM_QUERIES]
    real = default_embedder()
    figures: dict[str, float] = {}
    reach = {"embedding a query (ms)": 8.0}
    measure(figures, "embedding a query", queries, lambda query: real.embed_queries([query]))
    embedder = FixedEmbedder(real, queries)
    for num_windows in arguments.windows:
        chunks, folder = build(num_windows, real)
        open_index = None if arguments.exact else partial(ChromaIndex, folder / "index")
        retriever = HybridRetriever(chunks, embedder, open_index=open_index)
        wait_for_index(retriever)
        for label, filters in (("", None), (", a tenth admitted", TENTH)):
            for budget, told in ((None, ""), (16_000, ", 16,000 tokens at most")):
                options = SearchOptions(max_results=20, filters=filters, max_tokens=budget)
                name = f"{num_windows:,} windows{label}{told}"
                search = partial(retriever.search, [STORE], options=options)
                measure(figures, name, queries, lambda query, search=search: search([query]))
                reach[f"{name} (ms)"] = REACH.get(num_windows, 0.0)
        retriever.close()
    report("retrieval_latency", figures, reach)


def measure(figures: dict[str, float], name: str, queries: list[str], call: Callable[[str], object]) -> None:
    """Medians, on the clock and in processor time of all threads, which other programs do not lengthen."""
    for query in queries[:10]:
        call(query)
    clock, processor = [], []
    for query in queries:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        call(query)
        clock.append((time.perf_counter() - begun) * 1000)
        processor.append((time.process_time() - begun_cpu) * 1000)
    figures[f"{name} (ms)"] = statistics.median(clock)
    figures[f"{name}, processor time (ms)"] = statistics.median(processor)


def build(num_windows: int, embedder: Embedder) -> tuple[ChunkStore, Path]:
    """A store of that many windows, kept in the cache."""
    folder = CACHE / f"latency-{num_windows}"
    finished = folder / "finished"
    folder.mkdir(parents=True, exist_ok=True)
    chunks = SqliteStore(folder / "localassist.db").chunk_store()
    if not finished.exists():
        fill(chunks, num_windows, embedder)
        finished.touch()
    return chunks, folder


def fill(chunks: ChunkStore, num_windows: int, embedder: Embedder) -> None:
    chance, rng = random.Random(1), np.random.default_rng(1)
    sources = unpacked("python3.11-doc").rglob("*.rst.txt")
    paragraphs = [
        piece for path in sources for piece in path.read_text(encoding="utf-8").split("\n\n") if len(piece) > 80
    ]
    centres = rng.normal(size=(CENTRES, embedder.dimensions))
    for number in range(num_windows // WINDOWS_PER_FILE):
        pieces, length = [], 0
        while length < WINDOWS_PER_FILE * CHARACTERS_PER_WINDOW:
            pieces.append(chance.choice(paragraphs))
            length += len(pieces[-1]) + 2
        text = "\n\n".join(pieces)
        vectors = centres[rng.integers(CENTRES, size=WINDOWS_PER_FILE)] + rng.normal(
            size=(WINDOWS_PER_FILE, embedder.dimensions)
        )
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4")
        starts = [len(text) * window // WINDOWS_PER_FILE for window in range(WINDOWS_PER_FILE)]
        key = TextKey(f"latency-{number}", embedder.fingerprint)
        chunks.stage(key, WindowBlock(0, starts, [*starts[1:], len(text)], vectors.tobytes()))
        passages = chunk_text(SourceText(text), ChunkingStrategy())
        attributes = {"tenth": number % 10}
        chunks.put(
            FilePassages(
                STORE, f"file-{number}", f"{number}.txt", passages, key, WINDOWS_PER_FILE, attributes=attributes
            )
        )


def wait_for_index(retriever: HybridRetriever) -> None:
    begun = time.monotonic()
    while any(finding.state == "incomplete" for finding in retriever.verify()):
        if time.monotonic() - begun > LONGEST_WAIT_S:
            raise SystemExit(f"The index was not made in {LONGEST_WAIT_S} s; use --exact, or read why above.")
        time.sleep(0.5)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
