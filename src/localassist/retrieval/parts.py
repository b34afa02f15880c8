"""Puts file search together as it is configured: chunks, embedder, index, search, extraction, ingestion."""

from collections.abc import Callable

from localassist.config import Config
from localassist.protocols import (
    BlobStore,
    ChunkStore,
    EmbeddingModel,
    FileSearch,
    IngestionJobs,
    IngestionQueue,
)
from localassist.retrieval.extract.process import Extractor
from localassist.retrieval.ingest import IngestionWorker
from localassist.retrieval.opening import open_retrieval
from localassist.retrieval.texts import ExtractedTexts


def open_file_search(config: Config, chunks: ChunkStore, open_gguf: Callable[[], EmbeddingModel]) -> FileSearch:
    """Nothing is loaded before it is needed; `open_gguf` is only called where the embedding model is a GGUF file.

    Raises RetrievalFailed when a model of the settings does not exist.
    """
    folder = None if config.in_memory else config.directory
    retrieval = open_retrieval(config, chunks, index=folder and folder / "index", open_gguf=open_gguf)

    def workers(jobs: IngestionJobs, blobs: BlobStore) -> IngestionQueue:
        return IngestionWorker(
            jobs,
            blobs,
            chunks,
            retrieval.embedder,
            retrieval.retriever,
            texts=ExtractedTexts(folder and folder / "extracted"),
            extractor=Extractor(),
        )

    return FileSearch(chunks, retrieval.retriever, workers)
