"""`localassist chat`: a conversation on the terminal, or one answer for each line of a pipe."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from localassist.cli.output import note
from localassist.cli.session import Session
from localassist.errors import GenerationFailed, InvalidRequest

Message = Annotated[str | None, typer.Argument(metavar="MESSAGE", help="Ask this, and leave.")]
ThreadId = Annotated[str | None, typer.Option("--thread", "-t", metavar="ID", help="Go on with this thread.")]
Latest = Annotated[bool, typer.Option("--continue", "-c", help="Go on with the newest thread.")]
AssistantId = Annotated[str | None, typer.Option("--assistant", "-a", metavar="ID", help="Talk to this assistant.")]
ModelName = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The model: a name, or a GGUF file.")
]
Instructions = Annotated[str | None, typer.Option("--instructions", "-i", metavar="TEXT", help="How it is to behave.")]
Files = Annotated[list[Path] | None, typer.Option("--file", "-f", metavar="PATH", help="Give it a file; repeatable.")]

HELP = """\
/file PATH   give it a file with the next message
/new         begin a new thread
/thread      show this thread's id
/help        show this
/exit        leave (so does Ctrl-D)
Ctrl-C stops an answer, and not the program."""


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


def refuse(run: Any) -> None:
    """Raise for a run that did not complete, in a pipe, where nobody can answer or ask again."""
    if run.status == "failed" and run.last_error is not None:
        raise GenerationFailed(f"The run {run.id} failed: {run.last_error.message}")
    if run.status not in ("completed", "incomplete"):
        raise GenerationFailed(f"The run {run.id} ended as {run.status}.")


def refuse_calls(run: Any) -> None:
    """Raise for calls that want an output, in a pipe."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    names = ", ".join(call.function.name for call in calls)
    raise InvalidRequest(
        f"The model calls {names}, and in a pipe there is nobody to answer. Run `localassist chat --thread "
        f"{run.thread_id} --assistant {run.assistant_id}` on a terminal, or submit tool outputs in a program."
    )


def read_line(prompt: str) -> str:
    """A line from the terminal, with history and editing where Python has them."""
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401
    return input(prompt)


def say_goodbye(thread_id: str | None) -> None:
    if thread_id is not None:
        note(f"Go on with: localassist chat --thread {thread_id}")
