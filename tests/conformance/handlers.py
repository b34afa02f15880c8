"""Event handlers that note every call, for the blocking and the async client."""

from collections.abc import Callable
from typing import Any

from tests.conformance.lab import Lab

CALLBACKS = (
    "on_event",
    "on_run_step_created",
    "on_run_step_delta",
    "on_run_step_done",
    "on_tool_call_created",
    "on_tool_call_delta",
    "on_tool_call_done",
    "on_message_created",
    "on_message_delta",
    "on_message_done",
    "on_text_created",
    "on_text_delta",
    "on_text_done",
    "on_image_file_done",
    "on_exception",
    "on_timeout",
    "on_end",
)


def _recording(name: str, *, is_async: bool) -> Callable[..., Any]:
    def note(self: Any, *args: Any) -> None:
        self.calls.append((name, args))
        if name == "on_event" and self.also is not None:
            self.also(*args)

    async def note_later(self: Any, *args: Any) -> None:
        note(self, *args)

    return note_later if is_async else note


def new_handler(lab: Lab, also: Callable[[Any], None] | None = None) -> Any:
    """A handler of the kind this client takes; `also` is called with each event."""
    methods: dict[str, Any] = {name: _recording(name, is_async=lab.is_async) for name in CALLBACKS}
    methods["all_args_of"] = lambda self, name: [args for called, args in self.calls if called == name]
    methods["args_of"] = lambda self, name: self.all_args_of(name)[-1]
    handler = type("Recorder", (lab.handler,), methods)()
    handler.calls, handler.also = [], also
    return handler
