"""How much of the embedding model's speed ingestion keeps: text to searchable, against encoding the same windows.

Both are taken in one process, in turns, in processor time, so that other programs do not count.
`python benchmarks/retrieval_ingestion.py` prints a table and writes `benchmarks/results/retrieval_ingestion.json`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _retrieval import default_embedder, ingest, python_docs, report
from localassist.retrieval.windows import WINDOW_TOKENS, plan_windows
from localassist.store.sql import SqliteStore

NUM_ROUNDS = 5
CHARACTERS = 60_000
BATCH = 16


def main() -> None:
    """Measure in turns and report the ratio of the medians."""
    embedder = default_embedder()
    documents = [document for document in python_docs().documents if len(document.text) > CHARACTERS][:NUM_ROUNDS]
    raw, whole, num_windows = [], [], []
    for document in documents:
        spans = plan_windows(document.text, embedder, WINDOW_TOKENS)
        texts = [document.text[start:end] for start, end in spans]
        batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
        raw.append(cpu_s(lambda batches=batches: [embedder.embed_passages(batch) for batch in batches]))
        with tempfile.TemporaryDirectory() as folder:
            chunks = SqliteStore(Path(folder) / "localassist.db").chunk_store()
            whole.append(cpu_s(lambda chunks=chunks, document=document: ingest([document], "vs", chunks, embedder)))
        num_windows.append(len(texts))
    figures = {
        "raw encoding (windows per second of CPU)": sum(num_windows) / sum(raw),
        "ingestion (windows per second of CPU)": sum(num_windows) / sum(whole),
        "ingestion ÷ raw encoding": statistics.median(a / b for a, b in zip(raw, whole, strict=True)),
    }
    report("retrieval_ingestion", figures, {"ingestion ÷ raw encoding": 0.85}, at_most=False)


def cpu_s(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
