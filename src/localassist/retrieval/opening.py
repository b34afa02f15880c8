"""Puts file search together as configured, and chooses the embedding model: the default one, a directory or a GGUF."""

import hashlib
import logging
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from localassist.config import Config, default_cache_dir, prepare_retrieval_libraries
from localassist.errors import RetrievalFailed
from localassist.protocols import ChunkStore, Embedder, EmbeddingModel
from localassist.retrieval import default_model
from localassist.retrieval.chroma_index import ChromaIndex
from localassist.retrieval.embedder import Encoder, LazyEmbedder
from localassist.retrieval.gguf_encoder import GgufEncoder
from localassist.retrieval.onnx_encoder import OnnxEncoder
from localassist.retrieval.reranker import CrossEncoderReranker
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.sentence_encoder import SentenceEncoder

logger = logging.getLogger(__name__)

CUTTING = "220-20"  # how windows are cut, in every fingerprint: to be changed with `windows`
_EXPORT_TIMEOUT_S = 300
_LOOK_S = 0.2
_SAMPLE_BYTES = 1 << 20


class Retrieval(NamedTuple):
    """File search, and the embedder that ingestion uses as well. Close the retriever first."""

    retriever: HybridRetriever
    embedder: Embedder


def open_retrieval(
    config: Config, chunks: ChunkStore, *, index: Path | None, open_gguf: Callable[[], EmbeddingModel]
) -> Retrieval:
    """File search over what `chunks` holds. Neither a model nor the index is loaded before it is needed.

    `index` is the directory of the index of large stores, None for none (in memory). Raises RetrievalFailed when a
    model of the settings does not exist.
    """
    embedder = build_embedder(
        None if config.embedding_model is None else Path(config.embedding_model).expanduser(),
        cache=default_cache_dir() / "models",
        open_gguf=open_gguf,
        threads=config.threads,
    )
    reranker = None
    if config.reranker_model is not None:
        reranker = CrossEncoderReranker(Path(config.reranker_model).expanduser())
    retriever = HybridRetriever(
        chunks,
        embedder,
        open_index=None if index is None else lambda: ChromaIndex(index),
        reranker=reranker,
    )
    return Retrieval(retriever, embedder)


def build_embedder(
    model: Path | None, *, cache: Path, open_gguf: Callable[[], EmbeddingModel], threads: int | None = None
) -> Embedder:
    """The embedder for a configured path, None for the default model. Nothing is loaded yet.

    `cache` is where the faster form of the default model is kept. Raises RetrievalFailed when there is no such path.
    """
    prepare_retrieval_libraries()
    if model is None:
        fingerprint = f"{default_model.NAME}:{default_model.SHA256_BY_FILE['model.safetensors'][:16]}:{CUTTING}"
        stopping = threading.Event()
        return LazyEmbedder(
            default_model.NAME,
            fingerprint,
            lambda: _open_default(cache, threads, stopping),
            interrupt=stopping.set,
        )
    if not model.exists():
        raise RetrievalFailed(
            f"There is no embedding model at {model}. Set embedding_model to a sentence-transformers directory or a "
            "GGUF file, or leave it unset."
        )
    fingerprint = f"{model.name}:{_digest(model)}:{CUTTING}"
    if model.is_dir():
        return LazyEmbedder(model.name, fingerprint, lambda: SentenceEncoder(model, threads=threads))
    return LazyEmbedder(model.stem, fingerprint, lambda: GgufEncoder(open_gguf()))


def _open_default(cache: Path, threads: int | None, stopping: threading.Event) -> Encoder:
    """As int8 ONNX, made on first use; with sentence-transformers where that cannot be done."""
    directory = default_model.find_directory()
    default_model.check(directory, "tokenizer.json")
    quantised = cache / f"{default_model.NAME}-{default_model.SHA256_BY_FILE['model.safetensors'][:16]}-int8.onnx"
    reason = None if quantised.exists() else _export(directory, quantised, stopping)
    if stopping.is_set():
        raise RetrievalFailed("The embedding model is not loaded any more: localassist is closing.")
    if reason is None:
        try:
            return OnnxEncoder(quantised, directory / "tokenizer.json", threads=threads)
        except ImportError as exc:
            reason = str(exc)
        except RetrievalFailed as exc:
            reason = exc.message
            quantised.unlink(missing_ok=True)  # made again by the next process
    logger.warning(
        "The embedding model runs with sentence-transformers, which is slower: %s",
        reason,
        extra={"action": "embedding_fallback"},
    )
    default_model.check(directory, "model.safetensors")
    return SentenceEncoder(directory, threads=threads)


def _export(directory: Path, target: Path, stopping: threading.Event) -> str | None:
    """Make the int8 model in a process of its own; returns why it could not be made."""
    default_model.check(directory, "model.safetensors")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = Path(scratch) / target.name
            command = [sys.executable, "-m", "localassist.retrieval.onnx_export", str(directory), str(made)]
            returncode, errors = _run(command, stopping)
            if returncode == 0:
                made.replace(target)
                return None
    except OSError as exc:
        return f"its faster form could not be made ({exc})."
    reasons = re.findall(r"^\w*(?:Error|Exception)\b.*$", errors, re.MULTILINE)
    return f"its faster form could not be made ({reasons[-1] if reasons else 'no reason given'})."


def _run(command: Sequence[str], stopping: threading.Event) -> tuple[int, str]:
    """The exit status and what was written to standard error; the process is killed when it is to stop, or too slow."""
    until = time.monotonic() + _EXPORT_TIMEOUT_S
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        while True:
            try:
                _, errors = child.communicate(timeout=_LOOK_S)
                return child.returncode, errors
            except subprocess.TimeoutExpired:
                if stopping.is_set() or time.monotonic() > until:
                    child.kill()


def _digest(model: Path) -> str:
    """Tells models apart: names, sizes and samples of all files, since whole weights take long to read."""
    digest = hashlib.sha256()
    files = sorted(path for path in model.rglob("*") if path.is_file()) if model.is_dir() else [model]
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.relative_to(model.parent)}:{size}\n".encode())
        with path.open("rb") as file:
            for place in {0, size // 2, max(0, size - _SAMPLE_BYTES)}:
                file.seek(place)
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]
