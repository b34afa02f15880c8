"""Watches files become searchable: a bar for each on a terminal, else a line now and then; why files failed."""

import time
from collections.abc import Iterable
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
_NOTE_S = 10.0
_WAITING: Json = {"stage": "waiting"}
_FINISHED = ("completed", "failed", "cancelled")


def watch_ingestion(session: Session, batch: Json, name_by_id: dict[str, str]) -> Json:
    """Wait until a batch is done, and say what failed. Ends with exit code 1 when something did."""
    path = f"/vector_stores/{batch['vector_store_id']}/file_batches/{batch['id']}"
    with IngestionBars(name_by_id, is_shown=session.out.is_terminal and not session.as_json) as bars:
        noted_at = time.monotonic()
        while batch["status"] == "in_progress":
            time.sleep(_INTERVAL_S)
            batch = session.api.get(path)
            for file in session.api.page_through(f"{path}/files", limit=len(name_by_id)) if bars.are_shown else ():
                bars.update(file)
            if not bars.are_shown and time.monotonic() - noted_at >= _NOTE_S:
                noted_at = time.monotonic()
                _note_progress(session.api.page_through(f"{path}/files", limit=len(name_by_id)), name_by_id)
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


def progress_text(progress: Json) -> str:
    """How far a file is, in words."""
    stage, elapsed = progress["stage"], f"{progress['elapsed_s']} s"
    done, total = _counts(progress)
    if stage == "waiting":
        return "waits"
    if stage == "preparing":
        return f"the embedding model is made ready, {elapsed}"
    if stage == "embedding":
        return f"{done} of {total} windows embedded"
    return f"{done} of {total} pages read" if total else f"is being read, {elapsed}"


def _counts(progress: Json) -> tuple[int, int]:
    """What is done of the stage at work, and of how much; 0 of 0 where nothing can be counted."""
    counted = {"reading": "pages", "embedding": "windows"}.get(progress["stage"])
    return (progress[f"{counted}_done"], progress[f"{counted}_total"]) if counted else (0, 0)


def _note_progress(files: Iterable[Json], name_by_id: dict[str, str]) -> None:
    """Where no bars can be drawn: a line on standard error for each file that is being worked on."""
    for file in files:
        progress = file.get("localassist") or _WAITING
        if progress["stage"] != "waiting":
            note(f"{printable(name_by_id[file['id']])}: {progress_text(progress)}")


class IngestionBars:
    """One bar for each file: pages while it is read, windows of text while they are embedded."""

    def __init__(self, name_by_id: dict[str, str], *, is_shown: bool) -> None:
        self._name_by_id = name_by_id
        self.are_shown = is_shown
        self._bars: Bars | None = None
        self._task_by_id: dict[str, TaskID] = {}
        self._opened = ExitStack()

    def update(self, file: Json) -> None:
        """Show how far a file is; one that waits has no bar yet."""
        progress = file.get("localassist") or _WAITING
        is_finished = file["status"] in _FINISHED
        if self._bars is None or not (is_finished or progress["stage"] != "waiting"):
            return
        name = printable(self._name_by_id[file["id"]])
        task = self._task_by_id.get(file["id"])
        if task is None:
            task = self._task_by_id[file["id"]] = self._bars.add_task(name, total=None)
        if is_finished:
            completed = 1 if file["status"] == "completed" else 0
            self._bars.update(task, description=f"{name}: {file['status']}", total=1, completed=completed)
        else:
            done, total = _counts(progress)
            # A bar without a total moves to and fro: work goes on that cannot be counted.
            text = f"{name}: {progress_text(progress)}"
            self._bars.update(task, description=text, total=total or None, completed=done)

    def __enter__(self) -> Self:
        if self.are_shown:
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
            self._bars = self._opened.enter_context(Bars(*columns))
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()
