"""`localassist chat`: a conversation on the terminal, or one answer for each line of a pipe."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from localassist.cli.session import Session

Message = Annotated[str | None, typer.Argument(metavar="MESSAGE", help="Ask this, and leave.")]
ThreadId = Annotated[str | None, typer.Option("--thread", "-t", metavar="ID", help="Go on with this thread.")]
Latest = Annotated[bool, typer.Option("--continue", "-c", help="Go on with the newest thread.")]
AssistantId = Annotated[str | None, typer.Option("--assistant", "-a", metavar="ID", help="Talk to this assistant.")]
ModelName = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The model: a name, or a GGUF file.")
]
Instructions = Annotated[str | None, typer.Option("--instructions", "-i", metavar="TEXT", help="How it is to behave.")]
Files = Annotated[list[Path] | None, typer.Option("--file", "-f", metavar="PATH", help="Give it a file; repeatable.")]


def chat(
    session: Session,
    message: Message = None,
    *,
    thread: ThreadId = None,
    latest: Latest = False,
    assistant: AssistantId = None,
    model: ModelName = None,
    instructions: Instructions = None,
    file: Files = None,
) -> None:
    """Talk to a model.

    Without MESSAGE, messages are read from the terminal, or one from each line of a pipe. The conversation is kept:
    its thread's id is shown at the end, and --thread goes on with it.
    """
    from localassist.cli.chat_loop import ChatLoop
    from localassist.cli.chat_start import start

    is_interactive = message is None and sys.stdin.isatty() and not session.as_json
    begun = start(
        session,
        thread_id=thread,
        latest=latest,
        assistant_id=assistant,
        model=model,
        instructions=instructions,
        is_interactive=is_interactive,
    )
    loop = ChatLoop(session, begun, is_interactive=is_interactive)
    for path in file or ():
        loop.give(path)
    if is_interactive:
        loop.talk()
    else:
        loop.answer_all(_messages(message))


def _messages(message: str | None) -> Iterator[str]:
    """The message, or the lines of standard input that are not empty."""
    if message is not None:
        yield message
        return
    yield from (line.strip() for line in sys.stdin if line.strip())
