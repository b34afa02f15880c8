"""`doctor` on file search: its parts, the embedding model and what it can read, converters, and the index."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from localassist.cli.findings import Finding
from localassist.config import Config
from localassist.errors import LocalAssistError

# Import names of what the extra installs, and what each is for.
_PARTS = {
    "chromadb": "the index of large stores",
    "onnxruntime": "the embedding model",
    "pypdfium2": "PDF",
    "tokenizers": "the embedding model",
    "unstructured": "Office documents and HTML",
}


def check_file_search(config: Config) -> Iterator[Finding]:
    """Nothing is loaded but the embedding model's tokenizer."""
    missing = [f"{name} ({purpose})" for name, purpose in _PARTS.items() if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "Install them: pip install 'localassist[retrieval]'"
        yield Finding("file search", "note", f"not installed: {', '.join(missing)}", remedy)
        return
    yield from _check_embedding(config)
    yield from _check_converter()


def _check_embedding(config: Config) -> Iterator[Finding]:
    from localassist.retrieval.opening import build_embedder

    path = None if config.embedding_model is None else Path(config.embedding_model).expanduser()
    if path is not None and path.is_file():
        yield Finding("file search", "ok", f"embeds with {path.name}")
        return
    try:
        embedder = build_embedder(path, cache=_cache(), open_gguf=_never)
        unreadable = embedder.unreadable_scripts()
        embedder.close()
    except LocalAssistError as exc:
        yield Finding("file search", "problem", exc.message, "Correct `embedding_model`, or leave it unset.")
        return
    yield Finding("file search", "ok", f"embeds with {embedder.name}")
    if unreadable:
        text = f"{embedder.name} cannot read {', '.join(unreadable)}: there, words alone are searched"
        remedy = "For better results set `embedding_model` to a multilingual model (a directory or a GGUF file)."
        yield Finding("file search", "note", text, remedy)


def _check_converter() -> Iterator[Finding]:
    from localassist.retrieval.extract.legacy import CONVERTERS, converter

    found = converter()
    if found is None:
        remedy = f"Install {' or '.join(CONVERTERS)} if you have any; .docx and all other types need none."
        yield Finding("file search", "note", "old Word files (.doc) cannot be read", remedy)
    else:
        yield Finding("file search", "ok", f"reads old Word files (.doc) with {found}")


def _cache() -> Path:
    from localassist.config import default_cache_dir

    return default_cache_dir() / "models"


def _never() -> NoReturn:
    raise AssertionError("no GGUF model is opened here")
