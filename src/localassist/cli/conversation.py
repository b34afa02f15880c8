"""A thread that is talked to: messages in, a run for each, its tool calls answered, Ctrl-C for the run alone."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import openai
from openai.types.beta import AssistantStreamEvent
from openai.types.beta.threads import Run

from localassist.cli.attachments import GivenFile
from localassist.cli.display import RunDisplay
from localassist.cli.output import shorten

# Asked for the output of a call by its name and arguments; None when there is nobody to ask.
Answer = Callable[[str, str], str]

CHAT_MARK = {"localassist": "chat"}


class Conversation:
    """One thread with one assistant. The thread is made with the first message unless an id is given."""

    def __init__(
        self,
        client: openai.OpenAI,
        *,
        assistant_id: str,
        thread_id: str | None,
        overrides: dict[str, Any],
        takes_tools: bool,
        display: RunDisplay | None,
        answer: Answer | None,
    ) -> None:
        self._client = client
        self._assistant_id = assistant_id
        self._overrides = overrides
        self._takes_tools = takes_tools
        self._display = display
        self._answer = answer
        self.thread_id = thread_id

    def ask(self, text: str, files: Iterable[GivenFile] = ()) -> Run:
        """Send a message and show what comes. Returns the run as it ended, or waiting for outputs nobody gave."""
        thread_id = self._thread(text)
        files = list(files)
        if self._takes_tools and any(file.is_searched for file in files):
            self._overrides = {**self._overrides, "tools": [{"type": "file_search"}]}
        parts = [part for file in files for part in file.parts]
        self._client.beta.threads.messages.create(
            thread_id,
            role="user",
            content=[*parts, {"type": "text", "text": text}],
            attachments=[attachment for file in files for attachment in file.attachments],
        )
        stream = self._client.beta.threads.runs.create(
            thread_id, assistant_id=self._assistant_id, stream=True, **self._overrides
        )
        run = self._follow(stream)
        while run.status == "requires_action" and self._answer is not None:
            outputs = self._outputs(run)
            if outputs is None:
                return self.cancel(run)
            run = self._follow(
                self._client.beta.threads.runs.submit_tool_outputs(
                    run.id, thread_id=thread_id, tool_outputs=outputs, stream=True
                )
            )
        return run

    def text_of(self, run: Run) -> str:
        """What the assistant said in a run."""
        messages = self._client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc", limit=100)
        texts = [part.text.value for message in messages for part in message.content if part.type == "text"]
        return "\n".join(texts)

    def cancel(self, run: Run) -> Run:
        """Cancel a run that waits; returns it as it is then."""
        with suppress(openai.APIStatusError):  # it ended by itself
            self._client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
        return self._client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)

    def _thread(self, text: str) -> str:
        if self.thread_id is None:
            metadata = {**CHAT_MARK, "title": shorten(text, 80)}
            self.thread_id = self._client.beta.threads.create(metadata=metadata).id
        return self.thread_id

    def _follow(self, stream: openai.Stream[AssistantStreamEvent]) -> Run:
        """Show a stream to its end. Ctrl-C cancels the run, which ends the stream."""
        run: Run | None = None
        interrupted = threading.Event()

        def cancel() -> None:
            interrupted.set()
            if run is not None:
                threading.Thread(target=self.cancel, args=(run,), daemon=True).start()

        with stream, on_interrupt(cancel):
            for event in stream:
                if isinstance(event.data, Run):
                    is_first, run = run is None, event.data
                    if is_first and interrupted.is_set():
                        cancel()
                if self._display is not None:
                    self._display.show(event)
        if self._display is not None:
            self._display.finish()
        assert run is not None  # the first event of every stream is the run's
        return run

    def _outputs(self, run: Run) -> list[Any] | None:
        """An output for each call; None when the person would rather stop."""
        assert run.required_action is not None
        assert self._answer is not None
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            try:
                output = self._answer(call.function.name, call.function.arguments)
            except (KeyboardInterrupt, EOFError):
                return None
            outputs.append({"tool_call_id": call.id, "output": output})
        return outputs


@contextmanager
def on_interrupt(action: Callable[[], None]) -> Iterator[None]:
    """While this is open, the first Ctrl-C does `action`; the second one is a KeyboardInterrupt as ever."""
    times = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal times
        times += 1
        if times > 1:
            raise KeyboardInterrupt
        action()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
