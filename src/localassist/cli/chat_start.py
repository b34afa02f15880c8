"""What a chat needs before its first message: a client, an assistant, and perhaps a thread that is gone on with."""

import sys
from dataclasses import dataclass
from typing import Any

import openai

from localassist.catalog.names import is_path, name_of
from localassist.cli.assistants import default_model
from localassist.cli.conversation import CHAT_MARK
from localassist.cli.loading import loading_bar
from localassist.cli.session import Session
from localassist.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Start:
    """`overrides` are settings for each run; `model` is None where the assistant's own counts. The assistant that all
    chats share `takes_tools` as they are needed.
    """

    client: openai.OpenAI
    assistant_id: str
    thread_id: str | None
    overrides: dict[str, Any]
    model: str | None
    takes_tools: bool


def start(
    session: Session,
    *,
    thread_id: str | None,
    latest: bool,
    assistant_id: str | None,
    model: str | None,
    instructions: str | None,
    is_interactive: bool,
) -> Start:
    """Connect and look everything up, so that mistakes show before anything is typed."""
    client = session.client(model=model if model is not None and is_path(model) else None)
    if latest and thread_id is None:
        thread_id = _newest_thread(session)
    if thread_id is not None:
        client.beta.threads.retrieve(thread_id)
    name = None if model is None else name_of(model)
    overrides: dict[str, Any] = {}
    takes_tools = assistant_id is None
    if assistant_id is not None:
        client.beta.assistants.retrieve(assistant_id)
    else:
        name = name or default_model(session)
        assistant_id = _chat_assistant(session, name)
    if name is not None:
        overrides["model"] = name
    if instructions is not None:
        overrides["instructions"] = instructions
    if is_interactive:
        _load(client, name)
    return Start(client, assistant_id, thread_id, overrides, name, takes_tools)


def _newest_thread(session: Session) -> str:
    threads = session.api.page_through("/threads", limit=1)
    if not threads:
        raise InvalidRequest("There is no thread to go on with yet.")
    return str(threads[0]["id"])


def _chat_assistant(session: Session, model: str) -> str:
    """The assistant that all chats share; made at the first one."""
    for item in session.api.page_through("/assistants", limit=1000):
        if CHAT_MARK.items() <= item["metadata"].items():
            return str(item["id"])
    body = {"model": model, "name": "localassist chat", "metadata": CHAT_MARK}
    return str(session.api.post("/assistants", body)["id"])


def _load(client: openai.OpenAI, model: str | None) -> None:
    """Load the model now, where it is loaded in this process, so that the first answer need not wait."""
    from localassist.client import LocalAssist

    if isinstance(client, LocalAssist) and model is not None:
        library = client.engine.library
        name = library.resolve(model)
        with loading_bar(model, is_shown=sys.stderr.isatty()) as update, library.use(name, on_progress=update):
            pass
