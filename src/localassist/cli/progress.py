"""The bar of a download. Nothing is drawn where nobody looks."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from localassist.catalog.download import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_TITLES = {"download": "Downloading {}", "verify": "Checking {}"}


class PullProgress:
    """One bar for each stage of a pull."""

    def __init__(self, name: str, *, is_shown: bool) -> None:
        self._name = name
        self._is_shown = is_shown
        self._bars: Bars | None = None
        self._task_by_stage: dict[str, TaskID] = {}
        self._opened = ExitStack()

    def update(self, progress: Progress) -> None:
        if self._bars is None:
            return
        if progress.stage not in self._task_by_stage:
            title = _TITLES[progress.stage].format(self._name)
            self._task_by_stage[progress.stage] = self._bars.add_task(title, total=progress.total)
        self._bars.update(self._task_by_stage[progress.stage], completed=progress.done)

    def __enter__(self) -> Self:
        if self._is_shown:
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
            from rich.progress import Progress as Bars

            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bars = self._opened.enter_context(Bars(*columns, TimeRemainingColumn()))
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()
