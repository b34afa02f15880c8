"""Engines with file search: real store, real ingestion, real extraction; embeddings and ranking by words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve_in_thread
from localassist.objects import base
from localassist.protocols import FileSearch, Interpreter
from localassist.retrieval.extract.process import Extractor
from localassist.retrieval.ingest import IngestionWorker
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.texts import ExtractedTexts
from localassist.store.blobs import DirectoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import ScriptedModel, WordEmbedder, WordRetriever


@dataclass
class Lab:
    """An engine, the SDK's client to it over a port, and its parts."""

    engine: Engine
    client: openai.OpenAI
    store: SqliteStore
    embedder: WordEmbedder
    retriever: Any
    gate: threading.Event
    files: dict[str, str] = field(default_factory=dict)

    def upload(self, name: str = "birds.txt", content: bytes = b"The heron waits.") -> str:
        return self.client.files.create(file=(name, content), purpose="assistants").id

    def search(self, store_id: str, query: str, **settings: Any) -> list[Any]:
        return self.client.vector_stores.search(store_id, query=query, **settings).data


@contextmanager
def open_lab(
    folder: Path,
    *turns: Any,
    clock: Callable[[], int] = base.now,
    gated: bool = False,
    searches: bool = False,
    model: ScriptedModel | None = None,
    interpreter: Interpreter | None = None,
) -> Iterator[Lab]:
    """With `gated`, embedding waits until the lab's gate is set. With `searches`, the search is the real one too.

    A `model` stands in for one that takes the turns.
    """
    gate = threading.Event()
    if not gated:
        gate.set()
    store = SqliteStore(folder / "localassist.db")
    chunks = store.chunk_store()
    embedder = WordEmbedder(gate)
    retriever: Any = HybridRetriever(chunks, embedder) if searches else WordRetriever(chunks)

    def workers(jobs: Any, blobs: Any) -> IngestionWorker:
        texts = ExtractedTexts(folder / "extracted")
        return IngestionWorker(jobs, blobs, chunks, embedder, retriever, texts=texts, extractor=Extractor())

    engine = Engine(
        Config(data_dir=str(folder)),
        store=store,
        blobs=DirectoryBlobs(folder / "files"),
        models=model or ScriptedModel(*turns),
        file_search=FileSearch(chunks, retriever, workers),
        interpreter=interpreter,
        clock=clock,
    )
    with (
        engine,
        serve_in_thread(engine) as url,
        openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client,
    ):
        try:
            yield Lab(engine, client, store, embedder, retriever, gate)
        finally:
            gate.set()
