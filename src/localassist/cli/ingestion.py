"""Watches files become searchable: a bar for each on a terminal, a line for each that failed everywhere."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import typer

from localassist.cli.lists import Json
from localassist.cli.output import note, printable
from localassist.cli.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_INTERVAL_S = 0.25
_FINISHED = ("completed", "failed", "cancelled")


def watch_ingestion(session: Session, batch: Json, name_by_id: dict[str, str]) -> Json:
    """Wait until a batch is done, and say what failed. Ends with exit code 1 when something did."""
    path = f"/vector_stores/{batch['vector_store_id']}/file_batches/{batch['id']}"
    with IngestionBars(name_by_id, is_shown=session.out.is_terminal and not session.as_json) as bars:
        while batch["status"] == "in_progress":
            time.sleep(_INTERVAL_S)
            batch = session.api.get(path)
            for file in session.api.page_through(f"{path}/files", limit=len(name_by_id)) if bars.are_shown else ():
                bars.update(file)
    failed = session.api.page_through(f"{path}/files", limit=len(name_by_id), filter="failed")
    for file in failed:
        note(f"{printable(name_by_id[file['id']])}: {file['last_error']['message']}")
    counts = batch["file_counts"]
    if not session.as_json:
        session.out.line(f"{counts['completed']} of {counts['total']} files are searchable.", "dim")
    if counts["completed"] < counts["total"]:
        if session.as_json:
            session.out.json(batch)
        raise typer.Exit(1)
    return batch


class IngestionBars:
    """One bar for each file, in windows of text."""

    def __init__(self, name_by_id: dict[str, str], *, is_shown: bool) -> None:
        self._name_by_id = name_by_id
        self.are_shown = is_shown
        self._bars: Bars | None = None
        self._task_by_id: dict[str, TaskID] = {}
        self._opened = ExitStack()

    def update(self, file: Json) -> None:
        """Show how far a file is; one that waits has no bar yet."""
        progress = file.get("localassist") or {"windows_done": 0, "windows_total": 0}
        is_finished = file["status"] in _FINISHED
        if self._bars is None or not (is_finished or progress["windows_total"]):
            return
        task = self._task_by_id.get(file["id"])
        if task is None:
            task = self._bars.add_task(printable(self._name_by_id[file["id"]]), total=progress["windows_total"] or 1)
            self._task_by_id[file["id"]] = task
        if is_finished:
            self._bars.update(task, total=1, completed=1 if file["status"] == "completed" else 0)
        else:
            self._bars.update(task, total=progress["windows_total"], completed=progress["windows_done"])

    def __enter__(self) -> Self:
        if self.are_shown:
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bars = self._opened.enter_context(Bars(*columns))
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()
