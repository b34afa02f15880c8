"""`localassist threads`: conversations."""

from typing import Annotated

import typer

from localassist.cli.lists import Json, Limit, show_done, show_list
from localassist.cli.output import printable, shorten, when
from localassist.cli.session import Session

ThreadId = Annotated[str, typer.Argument(metavar="THREAD", help="A thread's id.")]
SearchText = Annotated[str | None, typer.Option("--search", "-s", metavar="TEXT", help="Only threads with this text.")]


def list_threads(session: Session, *, search: SearchText = None, limit: Limit = 20) -> None:
    """List threads, newest first; with --search those whose title or messages hold a text."""
    columns = [
        ("id", lambda thread: thread["id"]),
        ("created", lambda thread: when(thread["created_at"])),
        ("title", lambda thread: shorten(thread["metadata"].get("title", ""), 60)),
    ]
    query = {} if search is None else {"search": search}
    found = session.api.page_through("/threads", limit=limit, **query)
    empty = "No threads yet. `localassist chat` begins one." if search is None else f"No thread has {search!r} in it."
    show_list(session, found, columns, empty=empty)


def show_thread(session: Session, thread: ThreadId, *, limit: Limit = 100) -> None:
    """Show a thread's messages, oldest first."""
    about = session.api.get(f"/threads/{thread}")
    messages = session.api.page_through(f"/threads/{thread}/messages", limit=limit)[::-1]
    if session.as_json:
        session.out.json({**about, "messages": messages})
        return
    for message in messages:
        session.out.write(f"{message['role']}  ", "bold")
        session.out.line(when(message["created_at"]), "dim")
        session.out.line(printable(text_of(message)))
        session.out.line()


def text_of(message: Json) -> str:
    """A message's text; other parts and attachments in brackets."""
    texts = [
        part["text"]["value"] if part["type"] == "text" else f"[{part['type'].replace('_', ' ')}]"
        for part in message["content"]
    ]
    attached = [f"[attached: {attachment['file_id']}]" for attachment in message["attachments"]]
    return "\n".join([*texts, *attached])


def remove_thread(session: Session, thread: ThreadId) -> None:
    """Delete a thread with its messages and runs."""
    show_done(session, session.api.delete(f"/threads/{thread}"), f"Deleted {thread}.")
