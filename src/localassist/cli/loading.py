"""The bar while a model loads. It appears only on a terminal, and only when loading takes long enough to be seen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from localassist.cli.output import note


@contextmanager
def loading_bar(model: str, *, is_shown: bool) -> Iterator[Callable[[float], None] | None]:
    """Gives what a load reports its progress to; None, and one line on stderr, where nobody looks at a bar."""
    if not is_shown:
        note(f"Loading {model} …")
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(f"Loading {model}", total=1.0)
        yield lambda fraction: bars.update(task, completed=fraction)
