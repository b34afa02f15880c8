"""What commands write: plain lines and tables for people, tab-separated lines in a pipe, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def printable(text: str) -> str:
    """Text without the control characters that a terminal would obey: a model or a file may have written them."""
    return "".join(char for char in text if (char >= " " and not "\x7f" <= char <= "\x9f") or char in "\n\t")


class Output:
    """Standard output of one command. Colour and boxes only on a terminal."""

    @cached_property
    def is_terminal(self) -> bool:
        return sys.stdout.isatty()

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    def write(self, text: str, style: str | None = None) -> None:
        """Text as it comes, at once."""
        if self.is_terminal:
            self.console.print(printable(text), style=style, end="")
        else:
            sys.stdout.write(text)
        sys.stdout.flush()

    def line(self, text: str = "", style: str | None = None) -> None:
        self.write(f"{text}\n", style)

    def json(self, value: Any) -> None:
        """One value; over several lines where a person reads it."""
        print(json.dumps(value, ensure_ascii=False, indent=2 if self.is_terminal else None), flush=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
        """Rows of cells. `empty` says what to do when there are none, to people only."""
        rows = [[printable(cell) for cell in row] for row in rows]
        if not self.is_terminal:
            for row in (columns, *rows):
                print("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        elif rows:
            self._draw(columns, rows)
        else:
            self.line(empty, "dim")

    def _draw(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for index, column in enumerate(columns):
            table.add_column(column, no_wrap=index == 0, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.console.print(table, soft_wrap=False)

    def details(self, pairs: Mapping[str, str]) -> None:
        """Names and values, one below the other."""
        width = max(map(len, pairs), default=0)
        for name, value in pairs.items():
            self.write(f"{name:<{width}}  ", "dim")
            self.line(value.replace("\n", f"\n{' ' * (width + 2)}"))


def note(text: str) -> None:
    """A line for the person, not for the pipe."""
    print(text, file=sys.stderr, flush=True)


def when(seconds: int | None) -> str:
    """Unix seconds as local time."""
    return "" if seconds is None else datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def size(num_bytes: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= factor:
            return f"{num_bytes / factor:.1f} {unit}"
    return f"{num_bytes:.0f} B"


def count(number: float) -> str:
    """A number of parameters: 7.6B."""
    for unit, factor in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= factor:
            return f"{number / factor:.1f}{unit}"
    return f"{number:.0f}"


def shorten(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
