"""`localassist assistants`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from localassist.cli.lists import Limit, show_done, show_list, show_object
from localassist.cli.output import shorten, when
from localassist.cli.session import Session
from localassist.errors import InvalidRequest

AssistantId = Annotated[str, typer.Argument(metavar="ASSISTANT", help="An assistant's id.")]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What it is called.")]
Model = Annotated[str | None, typer.Option("--model", "-m", metavar="NAME", help="The model; unset: the default one.")]
Instructions = Annotated[str | None, typer.Option("--instructions", "-i", metavar="TEXT", help="How it is to behave.")]
Tools = Annotated[
    Path | None, typer.Option("--tools", metavar="FILE", help="A JSON file with its tools, as in the API.")
]


def list_assistants(session: Session, *, limit: Limit = 20) -> None:
    """List assistants, newest first."""
    columns = [
        ("id", lambda item: item["id"]),
        ("name", lambda item: item["name"] or ""),
        ("model", lambda item: item["model"]),
        ("tools", lambda item: ", ".join(map(_tool_name, item["tools"]))),
        ("created", lambda item: when(item["created_at"])),
    ]
    found = session.api.page_through("/assistants", limit=limit)
    show_list(session, found, columns, empty="No assistants yet. `localassist assistants create` makes one.")


def show_assistant(session: Session, assistant: AssistantId) -> None:
    """Show an assistant."""
    item = session.api.get(f"/assistants/{assistant}")
    pairs = {
        "id": item["id"],
        "name": item["name"] or "",
        "model": item["model"],
        "created": when(item["created_at"]),
        "instructions": item["instructions"] or "",
        "tools": ", ".join(map(_tool_name, item["tools"])),
        "metadata": ", ".join(f"{key}={value}" for key, value in item["metadata"].items()),
    }
    show_object(session, item, {name: value for name, value in pairs.items() if value})


def create_assistant(
    session: Session, *, name: Name = None, model: Model = None, instructions: Instructions = None, tools: Tools = None
) -> None:
    """Create an assistant."""
    body: dict[str, Any] = {"model": model or default_model(session)}
    if name is not None:
        body["name"] = name
    if instructions is not None:
        body["instructions"] = instructions
    if tools is not None:
        body["tools"] = _read_tools(tools)
    item = session.api.post("/assistants", body)
    show_done(session, item, item["id"])


def remove_assistant(session: Session, assistant: AssistantId) -> None:
    """Delete an assistant; its threads and runs stay."""
    show_done(session, session.api.delete(f"/assistants/{assistant}"), f"Deleted {assistant}.")


def default_model(session: Session) -> str:
    """The model the engine lists first. Raises InvalidRequest when it has none."""
    names: list[str] = [model["id"] for model in session.api.get("/models")["data"]]
    if not names:
        raise InvalidRequest("No model is installed. Get one: localassist models pull NAME")
    return names[0]


def _tool_name(tool: dict[str, Any]) -> str:
    return str(tool["function"]["name"] if tool["type"] == "function" else tool["type"])


def _read_tools(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InvalidRequest(f"The tools in {path} cannot be read: {shorten(str(exc), 200)}", param="tools") from exc
