"""Caps on what one cell may show, installed in the kernel for honest code that prints too much.

Code inside can undo them, so the engine has its own. This file also runs as source in kernels elsewhere: it imports
nothing but the standard library.
"""

import sys
from typing import Any

SHOWN_TYPES = ("text/plain", "image/png", "image/jpeg")


class OutputCaps:
    """Keeps the beginning and the end of what a cell prints, and bounds values, pictures and their number."""

    def __init__(self, shell: Any, options: dict[str, Any]) -> None:
        self._shell = shell
        self._options = options
        self._streams: tuple[Any, Any] = (sys.stdout, sys.stderr)
        self._begin()

    def install(self) -> None:
        """Put the caps in place."""
        shell = self._shell
        for stream in self._streams:  # hooks belong to the thread that flushes
            stream.pub_thread.schedule(lambda stream=stream: stream.register_hook(self._cap_stream))
        shell.display_formatter.active_types = list(SHOWN_TYPES)
        self._format, shell.display_formatter.format = shell.display_formatter.format, self._format_capped
        self._publish, shell.display_pub.publish = shell.display_pub.publish, self._publish_counted
        self._show_traceback, shell._showtraceback = shell._showtraceback, self._show_traceback_last
        shell.events.register("pre_execute", self._begin)
        shell.events.register("post_execute", self._end)

    def _begin(self) -> None:
        self._room = self._options["stream_chars"] * 3 // 4
        self._num_omitted = 0
        self._tail = ""
        self._num_displays = 0

    def _end(self) -> None:
        self._show_open_figures()
        self._show_tail()
        history = self._shell.history_manager
        history.outputs.clear()
        history.input_hist_parsed[1:-1] = [""] * len(history.input_hist_parsed[1:-1])
        history.input_hist_raw[1:-1] = [""] * len(history.input_hist_raw[1:-1])

    def _cap_stream(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Let text through while there is room, then keep only its end."""
        text = message["content"]["text"]
        shown, rest = text[: self._room], text[self._room :]
        self._room -= len(shown)
        if rest:
            tail = (self._tail + rest)[-(self._options["stream_chars"] // 4) :]
            self._num_omitted += len(self._tail) + len(rest) - len(tail)
            self._tail = tail
        message["content"]["text"] = shown
        return message if shown else None

    def _show_tail(self) -> None:
        for stream in self._streams:
            if hasattr(stream, "drain"):
                stream.drain()
            stream.flush()
        if not self._tail:
            return
        omitted = f"\n... [{self._num_omitted} characters left out] ...\n" if self._num_omitted else ""
        text, self._tail, self._num_omitted = omitted + self._tail, "", 0
        self._room = len(text)
        self._streams[0].write(text)
        self._streams[0].flush()
        self._room = 0

    def _show_traceback_last(self, kind: type, error: BaseException, lines: list[str]) -> None:
        self._show_tail()
        self._show_traceback(kind, error, lines)

    def _format_capped(self, value: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        if type(value).__name__ == "Answer" and hasattr(value, "text"):  # what the engine asked for, not the cell
            return {"text/plain": value.text}, {}
        data, metadata = self._format(value, *args, **kwargs)
        max_chars = self._options["text_chars"]
        text = data.get("text/plain")
        if isinstance(text, str) and len(text) > max_chars:
            num_omitted = len(text) - max_chars
            ends = text[: max_chars * 3 // 4], text[-(max_chars // 4) :]
            data["text/plain"] = f"\n... [{num_omitted} characters left out] ...\n".join(ends)
        for kind in SHOWN_TYPES[1:]:
            if kind in data and len(data[kind]) > self._options["image_bytes"]:
                limit = self._options["image_bytes"] >> 10
                size = len(data[kind]) >> 10
                data = {"text/plain": f"[picture left out: {size} KiB, more than the {limit} KiB allowed]"}
                break
        return data, metadata

    def _publish_counted(self, *args: Any, **kwargs: Any) -> None:
        self._num_displays += 1
        if self._num_displays <= self._options["num_displays"]:
            self._publish(*args, **kwargs)
        elif self._num_displays == self._options["num_displays"] + 1:
            self._streams[0].write(f"[more than {self._options['num_displays']} things shown: the rest is left out]\n")

    def _show_open_figures(self) -> None:
        """Show what a non-interactive backend, chosen by the cell, would never show."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or pyplot.get_backend().lower() != "agg":
            return
        from IPython.core.pylabtools import select_figure_formats
        from IPython.display import display

        if pyplot.get_fignums():
            select_figure_formats(self._shell, {"png"})  # type: ignore[no-untyped-call]
        for number in pyplot.get_fignums():
            display(pyplot.figure(number))  # type: ignore[no-untyped-call]
        pyplot.close("all")
