"""Writes docs/reference/ from the code: commands, settings, events, errors and routes. Run it after changing them."""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import localassist.config
import localassist.errors
from localassist.cli.app import app
from localassist.config import SECRETS, Config
from localassist.http.errors import status_of
from localassist.http.routes import ROUTERS
from localassist.objects.events import LAST_EVENTS, EventName

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference.py from the code; do not edit. -->\n\n"
WIDTH = 100


def pages() -> dict[str, str]:
    """Every page by its file name."""
    written = {
        "cli.md": _cli(),
        "settings.md": _settings(),
        "events.md": _events(),
        "errors.md": _errors(),
        "routes.md": _routes(),
    }
    return {name: NOTE + text.rstrip() + "\n" for name, text in written.items()}


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


# --- commands -----------------------------------------------------------------------------------------------------


def _cli() -> str:
    from typer.main import get_command

    parts = [
        "# Commands\n\nEvery command takes `--json`, `--data-dir` and `--debug`. Exit codes: 0 done, 1 failed, 2 wrong "
        "usage, 130 interrupted. Commands use the server that has the data directory, and open it themselves when "
        "there is none. Only `models pull` leaves this machine."
    ]
    parts += [f"## {path}\n\n```text\n{text}\n```" for path, text in _help_pages(get_command(app), "localassist", None)]
    return "\n\n".join(parts)


def _help_pages(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.make_context(path, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH)
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield path, text
    for name, inner in getattr(command, "commands", {}).items():
        for inner_path, inner_text in _help_pages(inner, name, context):
            yield f"{path} {inner_path}", inner_text


# --- settings -----------------------------------------------------------------------------------------------------


def _settings() -> str:
    documented = _field_docs(Config)
    rows = [("setting", "type", "default", "what it is")]
    for name, field in Config.model_fields.items():
        kind, text = documented[name]
        rows.append((f"`{name}`", f"`{kind}`", _default(name, field), text))
    return (
        "# Settings\n\nA flag counts before the environment, that before the configuration file, that before the "
        "default. In the environment a setting is called `LOCALASSIST_` and its name in capitals; lists and tables are "
        "written as JSON there. The file is TOML; `localassist config` says where it is, and each value's source. "
        "`LOCALASSIST_CONFIG_FILE` names another one.\n\n" + _table(*rows)
    )


def _default(name: str, field: Any) -> str:
    if field.default_factory is not None:
        return "the platform's place for application data"
    if name in SECRETS and not field.default:
        return "none"
    return "unset" if field.default is None else f"`{field.default!r}`"


def _field_docs(model: type) -> dict[str, tuple[str, str]]:
    """The types of the fields of a class, as they are written, and the texts below them."""
    body = ast.parse(inspect.getsource(localassist.config)).body
    found = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
    documented = {}
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            explained = " ".join(str(ast.literal_eval(text.value)).split())
            documented[field.target.id] = (ast.unparse(field.annotation), explained)
    return documented


# --- events, errors, routes ---------------------------------------------------------------------------------------


def _events() -> str:
    rows = [("event", "data", "ends the stream")]
    for name in get_args(EventName):
        rows.append((f"`{name}`", _data_of(name), "yes" if name in LAST_EVENTS or name == "error" else ""))
    return (
        "# Events\n\nWhat `stream=true` sends, in the order in which it happens; a last `done` with the data `[DONE]` "
        "follows. `GET /v1/threads/{thread_id}/runs/{run_id}/events` replays them all and goes on over "
        "`requires_action`.\n\n" + _table(*rows)
    )


def _data_of(name: str) -> str:
    kinds = {"thread.run.step.": "run step", "thread.run.": "run", "thread.message.": "message", "thread.": "thread"}
    kind = next((kind for prefix, kind in kinds.items() if name.startswith(prefix)), "error")
    return f"delta of a {kind}" if name.endswith(".delta") else f"the {kind}"


def _errors() -> str:
    kinds = [
        kind
        for kind in vars(localassist.errors).values()
        if inspect.isclass(kind) and issubclass(kind, localassist.errors.LocalAssistError)
    ]
    rows = [("class", "HTTP status", "what happened")]
    for kind in kinds:
        error = kind("…") if kind is localassist.errors.FileNotFound else kind()
        rows.append((f"`{kind.__name__}`", str(status_of(error)), inspect.getdoc(kind) or "no such file"))
    return "# Errors\n\n`localassist.errors`; over HTTP each becomes the status beside it.\n\n" + _table(*rows)


def _routes() -> str:
    rows = [("method", "path", "handler")]
    for router in ROUTERS:
        for route in router.routes:
            module = route.endpoint.__module__.rpartition(".")[2]  # type: ignore[attr-defined]
            for method in sorted(route.methods):  # type: ignore[attr-defined]
                name = f"`{module}.{route.endpoint.__name__}`"  # type: ignore[attr-defined]
                rows.append((method, f"`/v1{route.path}`", name))  # type: ignore[attr-defined]
    return "# Routes\n\nAlso without `/v1`.\n\n" + _table(rows[0], *sorted(rows[1:], key=lambda row: (row[1], row[0])))


def main() -> None:
    """Write the pages, or with --check say which are stale."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale:
        print(("stale: " if "--check" in sys.argv else "written: ") + ", ".join(stale))
    sys.exit(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    main()
