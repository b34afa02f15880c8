"""Runs the model's Python: one session per thread, in a sandbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from localassist.protocols.cancellation import Cancellation


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A file to lay into a session, under its name and under its id. `open` gives its bytes from the start."""

    file_id: str
    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class CellImage:
    """A picture that a cell displayed."""

    content: bytes
    media_type: Literal["image/png", "image/jpeg"]


@dataclass(frozen=True, slots=True)
class CellFile:
    """A file that a cell made or changed: its path below /mnt/data, and its bytes as they were when the cell ended."""

    path: str
    size_bytes: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class CellResult:
    """What came of a cell. `logs` is the cleaned output, kept long; `output` is the same shortened for the model.

    `failed` means the cell raised, was stopped or crossed a limit; `note` then says, to a person and to
    the model, what `output` does not: why it ended and what was lost.
    `outputs` are the logs' and the images' places in order: text fragments and pictures as they were shown.
    """

    output: str
    outputs: Sequence[str | CellImage] = ()
    files: Sequence[CellFile] = ()
    failed: bool = False
    note: str | None = None


class Interpreter(Protocol):
    """Sessions of a Python kernel, by key. Methods may be called from any thread; cells of one session run in turn."""

    def prepare(self) -> None:
        """Start in the background what the first cell will need. Trouble is logged; `execute` will report it."""

    def execute(
        self,
        session: str,
        code: str,
        *,
        files: Sequence[SessionFile],
        cancellation: Cancellation,
        on_output: Callable[[str | CellImage], None] = lambda _: None,
    ) -> CellResult:
        """Run one cell to its end, starting the session when there is none.

        `files` are those the session should hold; ones it has already are not written again. `on_output` is called
        with text and pictures while the cell runs. A cancellation interrupts the cell within a second and kills it
        after a grace period; the result then says so. Raises InterpreterUnavailable, or MissingExtra, when nothing can
        run code here. An error that `on_output` raises stops the cell and is raised.
        """

    def forget(self, session: str) -> None:
        """Stop a session and delete its files, in the background."""

    def sandbox(self) -> Mapping[str, str]:
        """What confines the code (`name`), and why stronger ways were passed over (one entry each), for a person."""

    def close(self) -> None: ...
