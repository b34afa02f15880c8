"""How errors end a command: one line on stderr and an exit code. A traceback only with --debug."""

import os
import sys
import traceback
from types import TracebackType

import typer

from localassist.errors import LocalAssistError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Reporting:
    """Around a command: turns every error into one line and an exit code."""

    def __init__(self, *, debug: bool) -> None:
        self._debug = debug

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from error
        if isinstance(error, BrokenPipeError):  # the reader of our output has left; nobody wants to hear of it
            _leave_stdout_quietly()
            raise typer.Exit(FAILED) from error
        if not isinstance(error, Exception) or isinstance(error, typer.Exit | typer.Abort | typer.BadParameter):
            return
        message = _message_of(error)
        if self._debug:
            traceback.print_exception(error)
        else:
            print(f"Error: {message}", file=sys.stderr)
        raise typer.Exit(FAILED) from error


def _message_of(error: Exception) -> str:
    if isinstance(error, LocalAssistError):
        return one_line(error.message)
    openai = sys.modules.get("openai")
    if openai is not None and isinstance(error, openai.APIConnectionError):
        return "The server cannot be reached any more. `localassist doctor` shows whether one is running."
    if openai is not None and isinstance(error, openai.OpenAIError):
        body = getattr(error, "body", None)
        return one_line(str(body.get("message") or error) if isinstance(body, dict) else str(error))
    return f"Something unforeseen went wrong ({type(error).__name__}: {one_line(str(error))}). --debug shows where."


def one_line(text: str) -> str:
    return " ".join(text.split())


def _leave_stdout_quietly() -> None:
    """Keep the interpreter from failing once more when it flushes stdout at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
