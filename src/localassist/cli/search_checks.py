"""`doctor` on file search: its parts, the embedding model and what it can read, converters, and the index."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

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
    """Only the tokenizer is read: it decides which scripts the model knows, and takes no time to load."""
    from localassist.retrieval import default_model
    from localassist.retrieval.languages import Languages
    from localassist.retrieval.model_tokens import ModelTokens

    path = None if config.embedding_model is None else Path(config.embedding_model).expanduser()
    try:
        directory = default_model.find_directory() if path is None else path
    except LocalAssistError as exc:
        remedy = "Install it again: pip install 'localassist[retrieval]', or set `embedding_model`."
        yield Finding("file search", "problem", exc.message, remedy)
        return
    if not directory.exists():
        text, remedy = f"there is no embedding model at {directory}", "Correct `embedding_model`, or leave it unset."
        yield Finding("file search", "problem", text, remedy)
        return
    name = default_model.NAME if path is None else path.name
    yield Finding("file search", "ok", f"embeds with {name}")
    tokenizer = directory / "tokenizer.json"
    if not tokenizer.is_file():  # a GGUF file, say: only the loaded model could tell
        return
    unreadable = Languages(ModelTokens(tokenizer.read_text(encoding="utf-8"), 256).reading).unreadable()
    if unreadable:
        text = f"{name} cannot read {', '.join(unreadable)}: texts in these scripts are found by their words alone"
        remedy = "For better results set `embedding_model` to a multilingual model (a directory or a GGUF file)."
        yield Finding("file search", "note", text, remedy)


def _check_converter() -> Iterator[Finding]:
    from localassist.retrieval.extract.legacy import CONVERTERS, converters

    found = next(iter(converters()), None)
    if found is None:
        remedy = f"Install {' or '.join(CONVERTERS)} if you have any; .docx and all other types need none."
        yield Finding("file search", "note", "old Word files (.doc) cannot be read", remedy)
    else:
        yield Finding("file search", "ok", f"reads old Word files (.doc) with {found}")
