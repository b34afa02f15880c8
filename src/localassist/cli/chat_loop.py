"""The course of a chat: lines in, answers out, until the end of the input."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localassist.cli.attachments import GivenFile, give
from localassist.cli.chat_start import Start
from localassist.cli.conversation import Conversation
from localassist.cli.display import RunDisplay
from localassist.cli.output import note, printable, shorten
from localassist.cli.session import Session
from localassist.cli.threads import text_of
from localassist.errors import GenerationFailed, InvalidRequest

# Messages shown of a thread that is gone on with.
NUM_RECALLED = 4

HELP = """\
/file PATH   give it a file with the next message
/new         begin a new thread
/thread      show this thread's id
/help        show this
/exit        leave (so does Ctrl-D)
Ctrl-C stops an answer, and not the program."""


class ChatLoop:
    """One chat."""

    def __init__(self, session: Session, start: Start, *, is_interactive: bool) -> None:
        self._session = session
        self._start = start
        self._files: list[GivenFile] = []
        self._conversation = Conversation(
            start.client,
            assistant_id=start.assistant_id,
            thread_id=start.thread_id,
            overrides=start.overrides,
            takes_tools=start.takes_tools,
            display=None if session.as_json else RunDisplay(session.out, shows_failure=is_interactive),
            answer=self._ask_output if is_interactive else None,
        )

    def give(self, path: Path) -> None:
        """Put a file into the next message."""
        given = give(self._start.client, path)
        self._files.append(given)
        note(given.note)

    def answer_all(self, messages: Iterator[str]) -> None:
        """Answer each message. Raises at the first one that fails."""
        for message in messages:
            run = self._conversation.ask(message, self._take_files())
            if run.status == "requires_action":
                self._conversation.cancel(run)
                _refuse_calls(run)
            if self._session.as_json:
                shown = run.model_dump(mode="json", include={"id", "thread_id", "status", "last_error", "usage"})
                self._session.out.json({**shown, "text": self._conversation.text_of(run)})
            _refuse(run)

    def talk(self) -> None:
        """Read from the terminal until its end."""
        self._greet()
        while (line := self._read()) is not None:
            if line.startswith("/"):
                if not self._obey(line):
                    break
            elif line:
                self._conversation.ask(line, self._take_files())
        if self._conversation.thread_id is not None:
            note(f"Go on with: localassist chat --thread {self._conversation.thread_id}")

    def _greet(self) -> None:
        out = self._session.out
        if self._start.thread_id is None:
            out.line(f"{self._start.model or 'Ready'} · /help for help, Ctrl-D to leave", "dim")
            return
        path = f"/threads/{self._start.thread_id}/messages"
        for message in self._session.api.page_through(path, limit=NUM_RECALLED)[::-1]:
            sign = "> " if message["role"] == "user" else ""
            out.line(f"{sign}{shorten(printable(text_of(message)), 400)}", "dim")

    def _read(self) -> str | None:
        """The next line; None at the end. Ctrl-C drops the line."""
        while True:
            try:
                return _read_line("> ").strip()
            except EOFError:
                self._session.out.line()
                return None
            except KeyboardInterrupt:
                self._session.out.line("\n(Ctrl-D leaves)", "dim")

    def _obey(self, line: str) -> bool:
        """A line that begins with a slash; False to leave."""
        word, _, rest = line.partition(" ")
        if word in ("/exit", "/quit"):
            return False
        if word == "/file" and rest.strip():
            self._give_or_say(Path(rest.strip()))
        elif word == "/new":
            self._conversation.thread_id = None
            note("A new thread begins with the next message.")
        elif word == "/thread":
            note(self._conversation.thread_id or "The thread begins with the first message.")
        else:
            note(HELP)
        return True

    def _give_or_say(self, path: Path) -> None:
        try:
            self.give(path)
        except InvalidRequest as exc:
            note(exc.message)

    def _take_files(self) -> list[GivenFile]:
        files, self._files = self._files, []
        return files

    def _ask_output(self, name: str, arguments: str) -> str:
        """The output of a call, from the person."""
        return _read_line(f"output of {printable(name)}: ")


def _refuse(run: Any) -> None:
    """Raise for a run that did not complete, in a pipe, where nobody can answer or ask again."""
    if run.status == "failed" and run.last_error is not None:
        raise GenerationFailed(f"The run {run.id} failed: {run.last_error.message}")
    if run.status not in ("completed", "incomplete"):
        raise GenerationFailed(f"The run {run.id} ended as {run.status}.")


def _refuse_calls(run: Any) -> None:
    """Raise for calls that want an output, in a pipe."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    names = ", ".join(call.function.name for call in calls)
    raise InvalidRequest(
        f"The model calls {names}, and in a pipe there is nobody to answer. Run `localassist chat --thread "
        f"{run.thread_id} --assistant {run.assistant_id}` on a terminal, or submit tool outputs in a program."
    )


def _read_line(prompt: str) -> str:
    """A line from the terminal, with history and editing where Python has them."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401
    return input(prompt)
