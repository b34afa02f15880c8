"""Puts file search together as configured, and chooses the embedding model: the default one, a directory or a GGUF."""

import hashlib
import logging
import re
import subprocess
import sys
from collections.abc import Callable
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
    prepare_retrieval_libraries()
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
    if model is None:
        fingerprint = f"{default_model.NAME}:{default_model.SHA256_BY_FILE['model.safetensors'][:16]}:{CUTTING}"
        return LazyEmbedder(default_model.NAME, fingerprint, lambda: _open_default(cache, threads))
    if not model.exists():
        raise RetrievalFailed(
            f"There is no embedding model at {model}. Set embedding_model to a sentence-transformers directory or a "
            "GGUF file, or leave it unset."
        )
    fingerprint = f"{model.name}:{_digest(model)}:{CUTTING}"
    if model.is_dir():
        return LazyEmbedder(model.name, fingerprint, lambda: SentenceEncoder(model, threads=threads))
    return LazyEmbedder(model.stem, fingerprint, lambda: GgufEncoder(open_gguf()))


def _open_default(cache: Path, threads: int | None) -> Encoder:
    """As int8 ONNX, made on first use; with sentence-transformers where that cannot be done."""
    directory = default_model.find_directory()
    default_model.check(directory, "tokenizer.json")
    quantised = cache / f"{default_model.NAME}-{default_model.SHA256_BY_FILE['model.safetensors'][:16]}-int8.onnx"
    reason = None if quantised.exists() else _export(directory, quantised)
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


def _export(directory: Path, target: Path) -> str | None:
    """Make the int8 model in a process of its own; returns why it could not be made."""
    default_model.check(directory, "model.safetensors")
    command = [sys.executable, "-m", "localassist.retrieval.onnx_export", str(directory), str(target)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, timeout=_EXPORT_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        return f"its faster form could not be made ({exc})."
    if done.returncode != 0:
        reasons = re.findall(r"^\w*(?:Error|Exception)\b.*$", done.stderr, re.MULTILINE)
        return f"its faster form could not be made ({reasons[-1] if reasons else 'no reason given'})."
    return None


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
