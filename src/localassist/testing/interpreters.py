"""An interpreter that prints what a script says. No kernel."""

import threading
from collections.abc import Callable, Mapping, Sequence

from localassist.errors import LocalAssistError
from localassist.protocols import (
    Cancellation,
    CellImage,
    CellResult,
    SessionFile,
)
from localassist.testing.models import Hold


class ScriptedCell:
    """What running one cell comes to. A hold makes it wait, until it is released or cancelled; an error is raised."""

    def __init__(self, result: CellResult | LocalAssistError, *, hold: Hold | None = None) -> None:
        self.result = result
        self.hold = hold


class ScriptedInterpreter:
    """Runs nothing: each execution takes the next cell of the script, or prints nothing when it has ended.

    `executed` keeps what was asked (session, code, ids of the files), `forgotten` the sessions that were forgotten.
    """

    def __init__(self, *cells: ScriptedCell | CellResult | LocalAssistError) -> None:
        self._cells = [cell if isinstance(cell, ScriptedCell) else ScriptedCell(cell) for cell in cells]
        self._lock = threading.Lock()
        self.executed: list[tuple[str, str, tuple[str, ...]]] = []
        self.forgotten: list[str] = []
        self.num_prepared = 0

    def prepare(self) -> None:
        self.num_prepared += 1

    def execute(
        self,
        session: str,
        code: str,
        *,
        files: Sequence[SessionFile],
        cancellation: Cancellation,
        on_output: Callable[[str | CellImage], None] = lambda _: None,
    ) -> CellResult:
        with self._lock:
            self.executed.append((session, code, tuple(file.file_id for file in files)))
            cell = self._cells.pop(0) if self._cells else ScriptedCell(CellResult(""))
        if cell.hold is not None:
            cancellation.subscribe(cell.hold.released.set)
            cell.hold.reached.set()
            cell.hold.released.wait()
        if cancellation.is_set():
            note = "stopped because the run was cancelled; variables and files are kept"
            return CellResult("", failed=True, note=note)
        if isinstance(cell.result, LocalAssistError):
            raise cell.result
        for output in cell.result.outputs:
            on_output(output)
        return cell.result

    def forget(self, session: str) -> None:
        self.forgotten.append(session)

    def sandbox(self) -> Mapping[str, str]:
        return {"name": "scripted"}

    def close(self) -> None:
        """Nothing to release."""
