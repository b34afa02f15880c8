"""Shows a run as it happens: its text, its tool calls with their outputs, and how it ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Run

from localassist.cli.output import Output, printable, shorten

ARROW, ANSWER = "→", "←"


class RunDisplay:
    """Writes events as they come. With `shows_status` also what happens to the run itself.

    Without `shows_failure` the caller says why a run did not complete.
    `save` writes a picture's file, by its id, and says where; without it, pictures are named with how to get them.
    """

    def __init__(
        self,
        out: Output,
        *,
        shows_status: bool = False,
        shows_failure: bool = True,
        save: Callable[[str], Path] | None = None,
    ) -> None:
        self._out = out
        self._shows_status = shows_status
        self._shows_failure = shows_failure
        self._save = save
        self._has_output = False  # of the call that is being shown
        self._is_at_start = True  # of a line
        self._call: tuple[str, int] | None = None  # the call that is being written: its step and index

    def show(self, event: AssistantStreamEvent) -> None:
        """One event. Unknown ones show nothing."""
        name, data = event.event, event.data
        if name == "thread.message.delta":
            self._show_text(data)
        elif name == "thread.run.step.delta":
            self._show_calls(data)
        elif name == "thread.run.step.completed":
            self._show_outputs(data)
        elif name == "thread.message.completed":
            self._show_links(data)
        elif isinstance(data, Run):
            self._show_run(name.removeprefix("thread.run."), data)

    def finish(self) -> None:
        """End the line that is open, if one is."""
        if not self._is_at_start:
            self._out.line()
            self._is_at_start = True
        self._call = None

    def _write(self, text: str, style: str | None = None) -> None:
        if text:
            self._out.write(text, style)
            self._is_at_start = text.endswith("\n")

    def _show_text(self, data: Any) -> None:
        if self._call is not None:
            self.finish()
        for part in data.delta.content or ():
            if part.type == "text" and part.text is not None:
                self._write(part.text.value or "")

    def _show_calls(self, data: Any) -> None:
        details = data.delta.step_details
        for call in getattr(details, "tool_calls", None) or ():
            if self._call != (data.id, call.index):
                self.finish()
                self._call, self._has_output = (data.id, call.index), False
                ending = "\n" if call.type == "code_interpreter" else " "
                self._write(f"{ARROW} {_name(call)}{ending}", "cyan")
            self._write(_fragment(call), "cyan")
            for output in _code_outputs(call):
                self._show_code_output(output)

    def _show_code_output(self, output: Any) -> None:
        """What a cell shows, while it runs."""
        if not self._has_output and not self._is_at_start:
            self._write("\n")
        self._has_output = True
        if output.type == "logs":
            self._write(printable(output.logs or ""), "dim")
            return
        if not self._is_at_start:
            self._write("\n")
        file_id = output.image.file_id
        place = self._save(file_id) if self._save else f"localassist files get {file_id} -o picture.png"
        self._write(f"[picture: {place}]\n", "dim")

    def _show_links(self, message: Any) -> None:
        """How to get the files that a message links to."""
        texts = [part.text for part in message.content if part.type == "text"]
        links = [one for text in texts for one in text.annotations if one.type == "file_path"]
        for file_id, name in dict.fromkeys((link.file_path.file_id, link.text.rsplit("/", 1)[-1]) for link in links):
            self.finish()
            self._write(f"[file: localassist files get {file_id} -o {name}]\n", "dim")

    def _show_outputs(self, step: Any) -> None:
        for call in getattr(step.step_details, "tool_calls", None) or ():
            self.finish()
            for text in _outputs(call):
                self._write(f"{ANSWER} {shorten(printable(text), 200)}\n", "dim")

    def _show_run(self, status: str, run: Run) -> None:
        if status in ("failed", "cancelled", "expired") and not self._shows_failure:
            self.finish()
        elif status == "failed" and run.last_error is not None:
            self.finish()
            self._write(f"The run failed: {run.last_error.message}\n", "red")
        elif status == "incomplete" and run.incomplete_details is not None:
            self.finish()
            self._write(f"[stopped: {run.incomplete_details.reason}]\n", "yellow")
        elif status in ("cancelled", "expired"):
            self.finish()
            self._write(f"[{status}]\n", "yellow")
        elif self._shows_status:
            self.finish()
            self._write(f"{status.replace('_', ' ')}{_usage(run)}\n", "dim")


def _name(call: Any) -> str:
    return str(call.function.name) if call.type == "function" else str(call.type)


def _fragment(call: Any) -> str:
    """The next piece of what the model writes for a call."""
    if call.type == "function":
        return call.function.arguments or ""
    if call.type == "code_interpreter" and call.code_interpreter is not None:
        return call.code_interpreter.input or ""
    return ""


def _code_outputs(call: Any) -> list[Any]:
    """The outputs of a cell that an event brings."""
    if call.type != "code_interpreter" or call.code_interpreter is None:
        return []
    return call.code_interpreter.outputs or []


def _outputs(call: Any) -> list[str]:
    """What came back from a finished call, one text for each output."""
    if call.type == "function":
        return [call.function.output] if call.function.output is not None else []
    if call.type == "code_interpreter":
        return []  # shown while the cell ran
    results = getattr(call.file_search, "results", None) or ()
    return [f"{result.file_name} ({result.score:.2f})" for result in results]


def _usage(run: Run) -> str:
    if run.usage is None:
        return ""
    return f" ({run.usage.prompt_tokens} prompt and {run.usage.completion_tokens} completion tokens)"
