"""As `server`, with file search: python -m tests.crash.search_server DATA_DIRECTORY

Real store, ingestion, extraction, full text, and Chroma, which is given even small stores here; vectors from words.
"""

import os
import sys
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve
from localassist.protocols import FileSearch
from localassist.retrieval.chroma_index import ChromaIndex
from localassist.retrieval.extract.process import Extractor
from localassist.retrieval.ingest import IngestionWorker
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.texts import ExtractedTexts
from localassist.store.blobs import DirectoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import ScriptedModel, WordEmbedder
from tests.crash.server import serve_lives, tell

EXACT_WINDOWS = 32


def live(folder: Path) -> None:
    store = SqliteStore(folder / "localassist.db")
    chunks, embedder = store.chunk_store(), WordEmbedder()
    retriever = HybridRetriever(
        chunks, embedder, open_index=lambda: ChromaIndex(folder / "index"), exact_windows=EXACT_WINDOWS
    )

    def workers(jobs: Any, blobs: Any) -> IngestionWorker:
        texts = ExtractedTexts(folder / "extracted")
        return IngestionWorker(jobs, blobs, chunks, embedder, retriever, texts=texts, extractor=Extractor())

    search = FileSearch(chunks, retriever, workers)
    config = Config(data_dir=str(folder))
    blobs = DirectoryBlobs(folder / "files")
    with Engine(config, store=store, blobs=blobs, models=ScriptedModel(), file_search=search) as engine:
        serve(engine, port=0, on_ready=lambda url: tell(f"{os.getpid()} {url}"))


if __name__ == "__main__":
    data = Path(sys.argv[1])
    data.mkdir(parents=True, exist_ok=True)
    serve_lives(lambda: live(data))
