"""`localassist files`: what was uploaded."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from localassist.cli.lists import Limit, show_done, show_list, show_object
from localassist.cli.output import size, when
from localassist.cli.session import Session
from localassist.errors import InvalidRequest

FileId = Annotated[str, typer.Argument(metavar="FILE", help="A file's id.")]
Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files of this machine.")]
Purpose = Annotated[str, typer.Option("--purpose", metavar="WORD", help="What it is for: assistants, vision, …")]
Target = Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="Where to write it.")]


def list_files(session: Session, *, limit: Limit = 20) -> None:
    """List files, newest first."""
    columns = [
        ("id", lambda item: item["id"]),
        ("name", lambda item: item["filename"]),
        ("size", lambda item: size(item["bytes"])),
        ("purpose", lambda item: item["purpose"]),
        ("created", lambda item: when(item["created_at"])),
    ]
    found = session.api.page_through("/files", limit=limit)
    show_list(session, found, columns, empty="No files yet. `localassist files add PATH` uploads one.")


def show_file(session: Session, file: FileId) -> None:
    """Show what is known of a file."""
    item = session.api.get(f"/files/{file}")
    pairs = {
        "id": item["id"],
        "name": item["filename"],
        "size": size(item["bytes"]),
        "purpose": item["purpose"],
        "created": when(item["created_at"]),
    }
    show_object(session, item, pairs)


def add_files(session: Session, paths: Paths, *, purpose: Purpose = "assistants") -> None:
    """Upload files."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise InvalidRequest(f"There is no file {missing[0]}.")
    for path in paths:
        item = session.api.upload(path, purpose)
        show_done(session, item, item["id"])


def get_file(session: Session, file: FileId, *, output: Target = None) -> None:
    """Write a file's content to standard output, or to a path."""
    content = session.api.content(file)
    if output is not None:
        output.write_bytes(content)
        return
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def remove_file(session: Session, file: FileId) -> None:
    """Delete a file."""
    show_done(session, session.api.delete(f"/files/{file}"), f"Deleted {file}.")
