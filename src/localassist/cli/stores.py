"""`localassist stores`: vector stores, the files in them, and searching them."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from localassist.cli.ingestion import progress_text, watch_ingestion
from localassist.cli.lists import Json, Limit, show_done, show_list, show_object
from localassist.cli.output import note, printable, shorten, size, when
from localassist.cli.session import Session
from localassist.errors import InvalidRequest
from localassist.objects.file_types import extension_of, is_searchable

StoreId = Annotated[str, typer.Argument(metavar="STORE", help="A vector store's id.")]
FileId = Annotated[str, typer.Argument(metavar="FILE", help="A file's id.")]
Sources = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Files of this machine, or ids of uploaded files.")
]
OptionalSources = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]...", help="Files of this machine, or ids of uploaded files.")
]
Name = Annotated[str, typer.Option("--name", metavar="TEXT", help="What to call it.")]
Days = Annotated[
    int | None, typer.Option("--expires-after", metavar="DAYS", help="Let it expire after so many days without use.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until the files are searchable.")]
Query = Annotated[str, typer.Argument(metavar="QUERY", help="A question, or words.")]
Results = Annotated[int, typer.Option("--limit", "-n", min=1, max=50, metavar="NUMBER", help="How many passages.")]

_FILE_ID = re.compile(r"file-[A-Za-z0-9]+")
_SHOWN_CHARACTERS = 300


def list_stores(session: Session, *, limit: Limit = 20) -> None:
    """List vector stores, newest first."""
    columns = [
        ("id", lambda item: item["id"]),
        ("name", lambda item: item["name"] or ""),
        ("files", _file_counts),
        ("size", lambda item: size(item["usage_bytes"])),
        ("status", lambda item: item["status"]),
        ("last used", lambda item: when(item["last_active_at"])),
    ]
    found = session.api.page_through("/vector_stores", limit=limit)
    show_list(session, found, columns, empty="No vector stores yet. `localassist stores create FILE...` makes one.")


def show_store(session: Session, store: StoreId) -> None:
    """Show a vector store and its files, with why some of them cannot be searched."""
    item = session.api.get(f"/vector_stores/{store}")
    files = session.api.page_through(f"/vector_stores/{store}/files", limit=10_000)
    if session.as_json:
        session.out.json({**item, "files": files})
        return
    expiry = item.get("expires_after")
    pairs = {
        "id": item["id"],
        "name": item["name"] or "",
        "status": item["status"],
        "files": _file_counts(item),
        "size": size(item["usage_bytes"]),
        "created": when(item["created_at"]),
        "last used": when(item["last_active_at"]),
        "expires": f"{when(item['expires_at'])}, {expiry['days']} days after its last use" if expiry else "never",
    }
    show_object(session, item, pairs)
    if files:
        session.out.line()
        rows = [[file["id"], _file_name(session, file["id"]), _file_status(file)] for file in files]
        session.out.table(("file", "name", "status"), rows, empty="")


def create_store(
    session: Session,
    files: OptionalSources = None,
    *,
    name: Name = "",
    expires_after: Days = None,
    no_wait: NoWait = False,
) -> None:
    """Make a vector store, with files if some are named."""
    paths = _checked(files or [])
    body: dict[str, Any] = {"name": name}
    if expires_after is not None:
        body["expires_after"] = {"anchor": "last_active_at", "days": expires_after}
    made = session.api.post("/vector_stores", body)
    if not session.as_json:
        session.out.line(made["id"])
    if paths:
        _add(session, made["id"], paths, waits=not no_wait)
    if session.as_json:
        session.out.json(session.api.get(f"/vector_stores/{made['id']}"))


def add_to_store(session: Session, store: StoreId, files: Sources, *, no_wait: NoWait = False) -> None:
    """Upload files and make them searchable. Ends with exit code 1 when one of them cannot be."""
    session.api.get(f"/vector_stores/{store}")
    batch = _add(session, store, _checked(files), waits=not no_wait)
    if session.as_json:
        session.out.json(batch)


def search_store(session: Session, store: StoreId, query: Query, *, limit: Results = 5) -> None:
    """Search a vector store: the passages that fit best, with where they stand."""
    page = session.api.post(f"/vector_stores/{store}/search", {"query": query, "max_num_results": limit})
    if session.as_json:
        session.out.json(page)
        return
    if not page["data"]:
        note("Nothing was found.")
    for number, result in enumerate(page["data"], 1):
        text = " ".join(part["text"] for part in result["content"])
        session.out.line(f"{number}. {printable(result['filename'])}{_place(result)}  {result['score']:.2f}", "bold")
        session.out.line(f"   {shorten(printable(text), _SHOWN_CHARACTERS)}")


def detach_file(session: Session, store: StoreId, file: FileId) -> None:
    """Take a file out of a vector store; it stays uploaded."""
    gone = session.api.delete(f"/vector_stores/{store}/files/{file}")
    show_done(session, gone, f"Took {file} out of {store}.")


def remove_store(session: Session, store: StoreId) -> None:
    """Delete a vector store; its files stay uploaded."""
    show_done(session, session.api.delete(f"/vector_stores/{store}"), f"Deleted {store}.")


def _checked(files: list[str]) -> list[str]:
    """Files as they were named.

    Raises InvalidRequest, before anything is done, for one that is not here and no id, or of a type that is not read.
    """
    for name in files:
        is_here = Path(name).expanduser().is_file()
        if not is_here and not _FILE_ID.fullmatch(name):
            raise InvalidRequest(f"There is no file {name}.")
        if is_here and not is_searchable(name):
            extension = extension_of(name)
            raise InvalidRequest(
                f"{name} cannot be searched: files with the extension {extension} are not read. Leave it out, or "
                "convert it to PDF or text."
            )
    return files


def _add(session: Session, store: str, files: list[str], *, waits: bool) -> Json:
    """Upload, add as one batch, and watch; exit code 1 when a file failed."""
    ids: dict[str, str] = {}
    for name in files:
        path = Path(name).expanduser()
        file_id = session.api.upload(path, "assistants")["id"] if path.is_file() else name
        ids[file_id] = path.name
    batch = session.api.post(f"/vector_stores/{store}/file_batches", {"file_ids": list(ids)})
    if not waits:
        return batch
    return watch_ingestion(session, batch, ids)


def _file_counts(item: Json) -> str:
    counts = item["file_counts"]
    others = [f"{counts[name]} {name.replace('_', ' ')}" for name in ("in_progress", "failed", "cancelled")]
    told = [text for text in others if not text.startswith("0 ")]
    return ", ".join([str(counts["completed"]), *told])


def _file_name(session: Session, file_id: str) -> str:
    return str(session.api.get(f"/files/{file_id}")["filename"])


def _file_status(file: Json) -> str:
    progress = file.get("localassist")
    if progress is not None:
        return f"in progress, {progress_text(progress)}"
    error = file["last_error"]
    return f"{file['status']}: {error['message']}" if error else str(file["status"])


def _place(result: Json) -> str:
    place = result.get("localassist", {})
    if "page" in place:
        return f", page {place['page']}"
    return f", line {place['line']}" if "line" in place else ""
