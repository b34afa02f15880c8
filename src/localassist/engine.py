"""Puts the parts together: the one place that names a concrete adapter. Opening it loads no model."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from localassist.bus import MemoryBus
from localassist.catalog import ModelFiles, bundled_model
from localassist.config import Config, environment_with, prepare_native_libraries
from localassist.errors import InvalidRequest, ModelLoadFailed
from localassist.objects import base
from localassist.protocols import (
    BlobStore,
    ChunkStore,
    Dialect,
    EmbeddingModel,
    FileSearch,
    Interpreter,
    LoadedModel,
    ModelBackend,
    ModelLibrary,
    Store,
)
from localassist.runs.code_interpreter import CodeInterpreter
from localassist.runs.expiry import ExpiryClock
from localassist.runs.file_search import FileSearch as FileSearchTool
from localassist.runs.hosted import HostedTool
from localassist.runs.loop import LoopLimits, RunLoop
from localassist.runs.recovery import recover_runs
from localassist.runs.worker import RunWorkers
from localassist.service.assistants import AssistantService
from localassist.service.chat import ChatService
from localassist.service.embeddings import EmbeddingService
from localassist.service.file_batches import FileBatchService
from localassist.service.files import FileService
from localassist.service.ingestion_jobs import StoredJobs
from localassist.service.messages import MessageService
from localassist.service.models import ModelService
from localassist.service.resources import ResourceService
from localassist.service.run_settings import RunFactory
from localassist.service.run_stores import RunStoreAccess
from localassist.service.runs import RunService
from localassist.service.store_files import StoreFileService
from localassist.service.store_ledger import StoreLedger
from localassist.service.store_search import StoreSearchService
from localassist.service.threads import ThreadService
from localassist.service.uploads import UploadService
from localassist.service.v1.assistant_files import AssistantFileService
from localassist.service.v1.bodies import BodyUpgrade
from localassist.service.v1.message_files import MessageFileService
from localassist.service.vector_stores import VectorStoreService
from localassist.transfer.importer import Importer

if TYPE_CHECKING:
    from localassist.inference import LlamaOptions

logger = logging.getLogger(__name__)


class Engine:
    """An Assistants API over one data directory. Close it, or use it in a `with` statement."""

    def __init__(
        self,
        config: Config,
        *,
        store: Store,
        blobs: BlobStore,
        models: ModelLibrary,
        file_search: FileSearch | None = None,
        embedder: "LazyEmbedder | None" = None,
        interpreter: Interpreter | None = None,
        clock: Callable[[], int] = base.now,
        announce: Callable[[str | None], None] | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        """Compose from given parts; `Engine.open` makes the usual ones.

        `announce` tells other processes where this engine serves; `release` is called last of all when it closes.
        """
        self.config = config
        self.bus = MemoryBus()
        self.library = models
        self._announce = announce
        self._closing = ExitStack()
        for close in (release, store.close, models.close, self.bus.close):
            if close is not None:
                self._closing.callback(close)
        limits = LoopLimits(max_turn_tokens=config.max_turn_tokens, seed=config.seed)
        ledger = self._build_file_search(store, blobs, file_search, clock)
        self.files = FileService(store, blobs, ledger, clock=clock)
        hosted = self._hosted_tools(store, blobs, interpreter, file_search)
        loop = RunLoop(store, self.bus, models, limits, hosted=hosted, check_schema=_check_schema, clock=clock)
        self._workers = RunWorkers(store, self.bus, loop, max_workers=config.max_concurrent_runs, clock=clock)
        self._expiry = ExpiryClock(store, self.bus, self._workers, clock=clock, sweep=self.vector_stores.expire_due)
        resources = ResourceService(store, self.vector_stores)
        self.assistants = AssistantService(store, models, resources, check_schema=_check_schema, clock=clock)
        self.messages = MessageService(store, self.vector_stores, clock=clock)
        forget_session = interpreter.forget if interpreter is not None else _no_session
        self.threads = ThreadService(
            store, self.bus, self._workers, self.messages, resources, forget_session=forget_session, clock=clock
        )
        self.runs = self._build_runs(store, models, resources, clock)
        self._build_first_version(store)
        self.uploads = UploadService(store, blobs, self.files, clock=clock)
        self.models = ModelService(models)
        self.chat = ChatService(
            models, max_turn_tokens=config.max_turn_tokens, seed=config.seed, check_schema=_check_schema, clock=clock
        )
        self.embeddings = EmbeddingService(embedder)
        if embedder is not None:
            self._closing.callback(embedder.close)
        self.imports = self._build_imports(store, blobs, clock)
        self._start(store, clock)

    def _build_first_version(self, store: Store) -> None:
        """The first version of the API, over the services of the second."""
        self.upgrade = BodyUpgrade(store)
        self.assistant_files = AssistantFileService(store, self.assistants, self.vector_stores, self.store_files)
        self.message_files = MessageFileService(self.messages)

    def _hosted_tools(
        self, store: Store, blobs: BlobStore, interpreter: Interpreter | None, file_search: FileSearch | None
    ) -> dict[str, HostedTool]:
        """The tools this engine carries out itself."""
        hosted: dict[str, HostedTool] = {}
        if interpreter is not None:
            self._closing.callback(interpreter.close)
            hosted["code_interpreter"] = CodeInterpreter(store, blobs, interpreter, self.files.keep_output)
        if file_search is not None:
            access = RunStoreAccess(self.vector_stores)
            hosted["file_search"] = FileSearchTool(store, access, file_search.retriever)
        return hosted

    def _build_imports(self, store: Store, blobs: BlobStore, clock: Callable[[], int]) -> Importer:
        def has_model(name: str) -> bool:
            try:
                self.library.resolve(name)
            except InvalidRequest:
                return False
            return True

        return Importer(store, blobs, add_to_store=self.store_files.add, has_model=has_model, clock=clock)

    def _build_runs(
        self, store: Store, models: ModelLibrary, resources: ResourceService, clock: Callable[[], int]
    ) -> RunService:
        expires_after_s = self.config.run_expires_after_s
        factory = RunFactory(store, models, expires_after_s=expires_after_s, check_schema=_check_schema, clock=clock)
        return RunService(
            store,
            self.bus,
            self._workers,
            self._expiry,
            factory=factory,
            threads=self.threads,
            messages=self.messages,
            resources=resources,
            clock=clock,
        )

    def _build_file_search(
        self, store: Store, blobs: BlobStore, parts: FileSearch | None, clock: Callable[[], int]
    ) -> StoreLedger:
        """Vector stores, and the workers that take up the files the last engine had not finished."""
        chunks = None if parts is None else parts.chunks
        ledger = StoreLedger(store, chunks)
        self.vector_stores = VectorStoreService(store, ledger, clock=clock)
        self.store_files = StoreFileService(store, self.vector_stores, ledger, chunks, clock=clock)
        self.file_batches = FileBatchService(store, self.vector_stores, ledger, clock=clock)
        self.store_search = StoreSearchService(self.vector_stores, None if parts is None else parts.retriever)
        if parts is not None:
            jobs = StoredJobs(store, ledger, clock=clock)
            queue = parts.workers(jobs, blobs)
            ledger.attend(queue)
            self._closing.callback(parts.retriever.close)
            self._closing.callback(queue.close)
            if jobs.recover():
                queue.notify()
        return ledger

    def _start(self, store: Store, clock: Callable[[], int]) -> None:
        """Settle what the last engine left behind, then take up the queue."""
        num_queued = recover_runs(store, self.bus, clock=clock)
        self._closing.callback(self._workers.close)
        self._expiry.start()
        self._closing.callback(self._expiry.close)
        for _ in range(num_queued):
            self._workers.notify()

    @classmethod
    def open(cls, config: Config | None = None) -> "Engine":
        """Open the data directory, which no other engine may use at the same time. Raises DataDirectoryInUse."""
        from localassist.interpreter import KernelInterpreter
        from localassist.store.blobs import DirectoryBlobs, MemoryBlobs
        from localassist.store.directory import DataDirectory
        from localassist.store.sql import SqliteStore

        config = config or Config()
        prepare_native_libraries()
        models = ModelFiles(config, Loader(config), read_dialect)
        embedder = LazyEmbedder(config) if _has_gguf_embedder(config) else None
        interpreter = KernelInterpreter(config)
        if config.in_memory:
            memory = SqliteStore(None)
            return cls(
                config,
                store=memory,
                blobs=MemoryBlobs(),
                models=models,
                file_search=_file_search(config, memory.chunk_store(), embedder),
                embedder=embedder,
                interpreter=interpreter,
            )
        directory = DataDirectory(config.directory, started_at=base.now())
        with ExitStack() as undo:
            undo.callback(directory.close)
            store = SqliteStore(directory.database_path)
            undo.callback(store.close)
            blobs = DirectoryBlobs(directory.blobs_path)
            engine = cls(
                config,
                store=store,
                blobs=blobs,
                models=models,
                file_search=_file_search(config, store.chunk_store(), embedder),
                embedder=embedder,
                interpreter=interpreter,
                announce=directory.announce,
                release=directory.close,
            )
            undo.pop_all()
        return engine

    def announce(self, url: str | None) -> None:
        """Tell other processes (the command line) where this engine serves."""
        if self._announce is not None:
            self._announce(url)

    def preload(self, on_progress: Callable[[float], None] | None = None) -> str | None:
        """Load the default model now instead of at its first use; returns its name, None when there is no model."""
        models = self.models.page()
        if not models:
            return None
        with self.library.use(self.library.resolve(models[0].id), on_progress=on_progress):
            return models[0].id

    def expire_due(self) -> None:
        """Expire the runs and vector stores whose time is up now, instead of at the clock's next look."""
        self._expiry.expire_due()
        self.vector_stores.expire_due()

    def close(self) -> None:
        """Stop the runs at work and release everything. Runs that wait for outputs or in the queue stay as they are."""
        self._closing.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Loader:
    """Loads a model file with the engine's settings."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __call__(self, name: str, path: Path, on_progress: Callable[[float], None] | None) -> LoadedModel:
        from localassist.dialects import build_dialect

        backend = self._backend(path, on_progress)
        try:
            return LoadedModel(backend, build_dialect(backend.facts))
        except ModelLoadFailed:
            backend.close()
            raise

    def _backend(self, path: Path, on_progress: Callable[[float], None] | None) -> ModelBackend:
        options = _llama_options(self._config)
        if self._config.inference == "worker":
            from localassist.inference.options import ENVIRONMENT
            from localassist.inference.remote import WorkerBackend

            return WorkerBackend(path, options, environment=environment_with(ENVIRONMENT), on_progress=on_progress)
        from localassist.inference.backend import LlamaBackend
        from localassist.inference.trust import ensure_probed

        # A malformed file can abort the process that loads it, so a new one is tried in another process first.
        if path != bundled_model():
            record = None if self._config.in_memory else self._config.directory / "probed.json"
            ensure_probed(path, options, record=record)
        return LlamaBackend(path, options, on_progress=on_progress)


def read_dialect(path: Path) -> Dialect:
    """How a model writes, read off its file."""
    from localassist.catalog.description import facts_of
    from localassist.dialects import build_dialect

    return build_dialect(facts_of(path))


class LazyEmbedder:
    """Opens the configured embedding model at its first use."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._opened: EmbeddingModel | None = None

    def __call__(self) -> EmbeddingModel:
        from localassist.inference.embedding import LlamaEmbedder

        with self._lock:
            if self._opened is None:
                path = Path(self._config.embedding_model or "").expanduser()
                self._opened = LlamaEmbedder(path, _llama_options(self._config))
            return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


def _has_gguf_embedder(config: Config) -> bool:
    """Whether the embedding model is one that llama.cpp runs; a directory is one of file search alone."""
    return config.embedding_model is not None and not Path(config.embedding_model).expanduser().is_dir()


def _file_search(config: Config, chunks: ChunkStore, gguf: LazyEmbedder | None) -> FileSearch:
    """Vector stores over what `chunks` holds. Models, index and parsers are loaded when they are needed."""
    from localassist.retrieval.parts import open_file_search

    return open_file_search(config, chunks, gguf or LazyEmbedder(config))


def _no_session(thread_id: str) -> None:
    """Threads have no code sessions in an engine without an interpreter."""


def _llama_options(config: Config) -> "LlamaOptions":
    from localassist.inference import LlamaOptions

    return LlamaOptions(
        context_window=config.context_window,
        cache_tokens=config.cache_tokens,
        max_sequences=config.max_sequences,
        batch_size=config.batch_size,
        threads=config.threads,
        gpu_layers=config.gpu_layers,
        flash_attention=config.flash_attention,
        kv_type=config.kv_type,
    )


def _check_schema(schema: Mapping[str, Any]) -> None:
    """Ask the constraint compiler, which is loaded at the first strict schema."""
    from localassist.inference.schema_check import check_schema

    check_schema(schema)
