"""Listing and showing stored objects: the shape that assistants, threads, runs and files have in common."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from localassist.cli.session import Session

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, metavar="NUMBER", help="How many to show, newest first.")]

Json = dict[str, Any]
Column = tuple[str, Callable[[Json], str]]


def show_list(session: Session, found: Sequence[Json], columns: Sequence[Column], *, empty: str) -> None:
    """A table, or with --json a list."""
    if session.as_json:
        session.out.json(list(found))
        return
    rows = [[cell(item) for _, cell in columns] for item in found]
    session.out.table([name for name, _ in columns], rows, empty=empty)


def show_object(session: Session, item: Json, pairs: dict[str, str]) -> None:
    """The values that matter to people, or with --json all of them."""
    if session.as_json:
        session.out.json(item)
    else:
        session.out.details(pairs)


def show_done(session: Session, item: Json, text: str) -> None:
    if session.as_json:
        session.out.json(item)
    else:
        session.out.line(text)
