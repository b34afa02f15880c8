"""`localassist models`: what is installed, what is to be had, and getting it. `pull` alone leaves this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from localassist.cli.output import count, note, printable, shorten, size, when
from localassist.cli.session import Session
from localassist.errors import InvalidRequest, ModelLoadFailed

if TYPE_CHECKING:
    from localassist.catalog.description import ModelDescription
    from localassist.config import Config


def complete_installed(incomplete: str) -> list[str]:
    """Names for shell completion."""
    from localassist.catalog import find_models
    from localassist.config import load_config

    return [name for name in find_models(load_config()) if name.startswith(incomplete)]


def complete_catalog(incomplete: str) -> list[str]:
    """Names for shell completion."""
    from localassist.catalog.rows import read_rows

    return [row.name for row in read_rows() if row.name.startswith(incomplete)]


FromCatalog = Annotated[bool, typer.Option("--catalog", help="List the models that can be pulled by name instead.")]
Installed = Annotated[
    str, typer.Argument(metavar="MODEL", help="An installed model, or a GGUF file.", autocompletion=complete_installed)
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A catalogue name, or owner/repository:file.gguf.", autocompletion=complete_catalog
    ),
]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What to call it here.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def list_models(session: Session, *, catalog: FromCatalog = False) -> None:
    """List the installed models, or with --catalog those that can be pulled by name."""
    if catalog:
        _list_catalog(session)
        return
    from localassist.catalog import find_models

    config = session.config()
    paths = find_models(config)
    default = default_name(config)
    items = [{"name": name, "is_default": name == default, **_about(path)} for name, path in paths.items()]
    if session.as_json:
        session.out.json(items)
        return
    rows = [_installed_row(item) for item in items]
    columns = ("name", "parameters", "type", "size", "context", "memory", "")
    session.out.table(columns, rows, empty="No model is installed. `localassist models list --catalog` shows some.")


def default_name(config: "Config") -> str | None:
    """The model that is used when none is named; None when there is none."""
    from localassist.catalog import ModelFiles

    def never(*_: Any) -> Any:
        raise AssertionError("nothing is loaded here")

    try:
        return ModelFiles(config, never, never).default_name()
    except ModelLoadFailed:
        return None


def _about(path: Path) -> dict[str, Any]:
    """The facts of a file as JSON; `error` when it cannot be read."""
    from localassist.catalog.description import describe

    try:
        about = describe(path)
    except ModelLoadFailed as exc:
        return {"path": str(path), "error": exc.message}
    return {
        "path": str(path),
        "architecture": about.architecture,
        "parameters": about.num_parameters,
        "quantization": about.quantization,
        "size_bytes": about.size_bytes,
        "context_length": about.context_length,
        "memory_bytes": about.memory_bytes(),
        "is_embedding": about.is_embedding,
        "license": about.license,
    }


def _installed_row(item: dict[str, Any]) -> list[str]:
    if "error" in item:
        return [item["name"], "", "", "", "", "", shorten(item["error"].replace(f"{item['path']} ", ""), 60)]
    remark = "embeddings" if item["is_embedding"] else "default" if item["is_default"] else ""
    return [
        item["name"],
        count(item["parameters"]),
        item["quantization"],
        size(item["size_bytes"]),
        str(item["context_length"]),
        size(item["memory_bytes"]),
        remark,
    ]


def _list_catalog(session: Session) -> None:
    from dataclasses import asdict

    from localassist.catalog.rows import read_rows

    rows = read_rows()
    if session.as_json:
        session.out.json([asdict(row) for row in rows])
        return
    cells = [
        [row.name, count(row.parameters), row.kind, size(row.size_bytes), str(row.context_length or ""), row.license]
        for row in rows
    ]
    columns = ("name", "parameters", "kind", "size", "context", "license")
    session.out.table(columns, cells, empty="This installation has no catalogue.")


def show_model(session: Session, model: Installed) -> None:
    """Show what a model's file says about itself, and how it writes."""
    from localassist.catalog.description import describe
    from localassist.catalog.records import read_record
    from localassist.cli.model_dialect import example_prompt

    path = find_path(session.config(), model)
    about = describe(path)
    record = read_record(path)
    dialect = None if about.is_embedding else example_prompt(path)
    if session.as_json:
        shown: dict[str, Any] = {"name": model, **_about(path), "chat_template": about.chat_template}
        shown["dialect"] = dialect._asdict() if dialect else None
        shown["source"] = f"{record.repository}:{record.files[0]}" if record else None
        shown["sha256"] = record.sha256 if record else None
        session.out.json(shown)
        return
    pairs = _facts(about)
    if record is not None:
        pairs["from"] = f"{record.repository}:{record.files[0]} at {record.revision[:12]}, {when(record.pulled_at)}"
        pairs["sha256"] = f"{record.sha256[0]} ({'published' if record.is_published else 'computed at download'})"
    session.out.details(pairs)
    if dialect is not None:
        by = "the template itself" if dialect.has_own_tools else "localassist, in the system message"
        reasoning = printable(dialect.reasoning) if dialect.reasoning else "none that the template shows"
        variables = ", ".join(dialect.effort_variables) or "nothing"
        session.out.line(f"\nReasoning: {reasoning}. reasoning_effort sets {variables}.", "dim")
        session.out.line(f"\nTools are offered by {by}. A prompt with one:\n", "dim")
        session.out.line(printable(dialect.example))


def _facts(about: "ModelDescription") -> dict[str, str]:
    template = f"{len(about.chat_template)} characters" if about.chat_template else "none (ChatML is used)"
    return {
        "name": about.name,
        "file": f"{about.path}" + (f" and {about.num_files - 1} more" if about.num_files > 1 else ""),
        "architecture": about.architecture,
        "parameters": f"{count(about.num_parameters)}, mostly {about.quantization}",
        "size": size(about.size_bytes),
        "vocabulary": f"{about.num_tokens} tokens",
        "context": f"{about.context_length} tokens",
        "memory": f"about {size(about.memory_bytes())} with a context of {min(about.context_length, 8192)} tokens, "
        f"{size(about.kv_bytes_per_token * 1000)} for each further 1000",
        "template": "for embeddings, not for chat" if about.is_embedding else template,
        "license": about.license or "the file does not say",
    }


def find_path(config: "Config", model: str) -> Path:
    """The file of an installed model, or the file that was named. Raises InvalidRequest."""
    from localassist.catalog import find_models

    paths = find_models(config)
    if model in paths:
        return paths[model]
    if Path(model).expanduser().is_file():
        return Path(model).expanduser()
    raise InvalidRequest(f"No model '{model}' is installed. Installed: {', '.join(paths) or 'none'}.", param="model")


def pull_model(session: Session, model: Target, *, name: Name = None) -> None:
    """Download a model from the hub. Run it again to go on with a download that broke off."""
    from localassist.catalog.pull import parse_target, pull
    from localassist.cli.progress import PullProgress

    wanted = parse_target(model, name=name)
    config = session.config()
    if config.in_memory:
        raise InvalidRequest('Models are kept in the data directory, and ":memory:" keeps nothing.', param="data_dir")
    with PullProgress(wanted.name, is_shown=session.out.is_terminal and not session.as_json) as progress:
        pulled = pull(config, wanted, on_progress=progress.update)
    if session.as_json:
        session.out.json(
            {"name": pulled.name, **_about(pulled.path), "sha256": pulled.record.sha256, "was_there": pulled.was_there}
        )
        return
    verb = "is installed already" if pulled.was_there else "is installed"
    session.out.line(f"{pulled.name} {verb}: {size(pulled.record.size_bytes)}, {pulled.path}")
    if not pulled.about.is_embedding:
        session.out.line(f"Talk to it: localassist chat --model {pulled.name}", "dim")


def remove_model(session: Session, model: Installed, *, yes: Yes = False) -> None:
    """Delete a model from the data directory."""
    import sys

    from localassist.catalog.pull import remove

    config = session.config()
    path = find_path(config, model)
    if not yes and sys.stdin.isatty() and not typer.confirm(f"Delete {path}?", err=True):
        note("Nothing was deleted.")
        return
    freed = remove(config, path)
    if session.as_json:
        session.out.json({"name": model, "deleted": True, "freed_bytes": freed})
    else:
        session.out.line(f"Deleted {model}; {size(freed)} are free again.")
