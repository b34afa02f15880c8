"""Whether searches find the passage that answers: known questions over documentation whose headings were taken out.

English: FAQ questions over Python's FAQ, tutorial, how-tos and reference, by meaning and by words. The defaults were
tuned on half of the questions; the other half is what is claimed. Korean and Chinese: section titles over Debian's
installation guide, with the default embedding model, which reads neither, so by words; nothing was tuned on them.
With `--fp32` the English corpus once more, embedded by sentence-transformers: what the int8 form loses.
`python benchmarks/retrieval_quality.py` prints a table and writes `benchmarks/results/retrieval_quality.json`.
"""

import argparse
import time
from collections.abc import Sequence

from _retrieval import (
    CACHE,
    Corpus,
    Question,
    default_embedder,
    halves,
    ingest,
    installation_guide,
    measures,
    python_docs,
    rank,
    report,
)
from localassist.protocols import Embedder, SearchOptions
from localassist.retrieval import default_model
from localassist.retrieval.embedder import LazyEmbedder
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.sentence_encoder import SentenceEncoder
from localassist.store.sql import SqliteStore

OPTIONS = SearchOptions(max_results=10)
LEGS = {
    "hybrid": OPTIONS,
    "by meaning": SearchOptions(max_results=10, text_weight=0.0),
    "by words": SearchOptions(max_results=10, embedding_weight=0.0),
}
REACH = {
    "Python, hybrid, other half: MRR@10": 0.60,
    "Python, hybrid, other half: R@10": 0.82,
    "Korean: MRR@10": 0.43,
    "Chinese: MRR@10": 0.43,
}


def main() -> None:
    """Measure all three corpora and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fp32", action="store_true", help="the default model's own weights as well")
    arguments = parser.parse_args()
    embedder = default_embedder()
    figures: dict[str, float] = {}
    docs = python_docs()
    retriever = opened("python", docs, embedder)
    for leg, options in LEGS.items():
        for half, questions in halves(docs.questions):
            add(figures, f"Python, {leg}, {half}", found(retriever, questions, options))
        add(figures, f"Python, {leg}, all", found(retriever, docs.questions, options))
    retriever.close()
    if arguments.fp32:
        exact = LazyEmbedder("fp32", "fp32", lambda: SentenceEncoder(default_model.find_directory()))
        retriever = opened("python-fp32", docs, exact)
        for leg in ("hybrid", "by meaning"):
            add(figures, f"Python, {leg}, all, fp32", found(retriever, docs.questions, LEGS[leg]))
        retriever.close()
    for language, code in (("Korean", "ko"), ("Chinese", "zh_CN")):
        guide = installation_guide(code)
        retriever = opened(code, guide, embedder)
        add(figures, language, found(retriever, guide.questions, OPTIONS))
        retriever.close()
    report("retrieval_quality", figures, REACH, at_most=False)


def opened(name: str, corpus: Corpus, embedder: Embedder) -> HybridRetriever:
    """A search over a corpus, embedded once and kept in the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    chunks = SqliteStore(CACHE / f"quality-{name}.db").chunk_store()
    begun = time.process_time()
    if chunks.counts("vs").num_files < len(corpus.documents):
        ingest(corpus.documents, "vs", chunks, embedder)
        print(f"{name}: {len(corpus.documents)} files made searchable in {time.process_time() - begun:.0f} s of CPU")
    return HybridRetriever(chunks, embedder)


def found(retriever: HybridRetriever, questions: Sequence[Question], options: SearchOptions) -> dict[str, float]:
    return measures([rank(question, retriever.search(["vs"], [question.query], options)) for question in questions])


def add(figures: dict[str, float], name: str, measured: dict[str, float]) -> None:
    figures |= {f"{name}: {measure}": value for measure, value in measured.items()}


if __name__ == "__main__":
    main()
