"""`localassist import` and `localassist export`: moving in from the hosted API, and out again."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from localassist.cli.archive import MANIFEST_SCHEMA, THREAD_SCHEMA, Json, find, write_json
from localassist.cli.output import note
from localassist.cli.session import Session
from localassist.errors import InvalidRequest

Source = Annotated[Path, typer.Argument(metavar="PATH", help="An export archive, or a folder or file of JSON objects.")]
FilesFolder = Annotated[
    Path | None, typer.Option("--files", metavar="DIR", help="A folder with the files' bytes, named by id or by name.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
Target = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")]
ThreadIds = Annotated[list[str] | None, typer.Option("--thread", "-t", metavar="ID", help="This thread; repeatable.")]
AssistantIds = Annotated[
    list[str] | None, typer.Option("--assistant", "-a", metavar="ID", help="This assistant; repeatable.")
]
WithFiles = Annotated[bool, typer.Option("--with-files", help="Write the bytes of files as well.")]

_FILE_ID = re.compile(r"file-[A-Za-z0-9]+")
_ALL = 10**9
# Objects sent in one request.
_BATCH = 200
_SHOWN_REASONS = 20
_STORE_FILE = "vector_store.file"


# --- import -------------------------------------------------------------------------------------------------------


def import_objects(session: Session, source: Source, *, files: FilesFolder = None, dry_run: DryRun = False) -> None:
    """Import assistants, threads, messages, runs and files, under their own ids.

    Reads the archives of the public exporter and of `localassist export`, and JSON objects as the hosted API returned
    them. What is here already stays as it is, so an import may be repeated.
    """
    found = find(source)
    if files is not None:
        found.byte_files += [path for path in sorted(files.rglob("*")) if path.is_file()]
    reports: list[Json] = []
    of_stores = [one for one in found.objects if one["object"] == _STORE_FILE]
    objects = sorted(
        (o for o in found.objects if o["object"] != _STORE_FILE), key=lambda o: o["object"] != "vector_store"
    )
    total = len(found.objects) + found.num_threads + len(found.byte_files)
    with _progress("Importing", total, is_shown=session.out.is_terminal and not session.as_json) as advance:
        for batch in _batches(objects):
            reports.append(_send(session, {"objects": batch}, dry_run=dry_run))
            advance(len(batch))
        names: dict[str, str] = {}
        for record in found.threads():
            names |= _file_ids_by_name(record)
            reports.append(_send(session, {"threads": [record]}, dry_run=dry_run))
            advance(1)
        names |= {str(o.get("filename")): str(o["id"]) for o in found.objects if o.get("object") == "file"}
        placed = [_send_bytes(session, path, names, dry_run=dry_run, advance=advance) for path in found.byte_files]
        for batch in _batches(of_stores):  # they are read from their bytes
            reports.append(_send(session, {"objects": batch}, dry_run=dry_run))
            advance(len(batch))
    arrived = {("file_content", str(file_id)) for file_id in placed}
    if dry_run:
        arrived |= {("vector_store", str(o.get("id"))) for o in objects if o["object"] == "vector_store"}
    report = _summed(reports, arrived=arrived)
    report["files"] = {"received": len(placed) - placed.count(None), "unplaced": placed.count(None)}
    report["unread"] = [{"path": str(path), "reason": reason} for path, reason in found.unread]
    _show(session, report, dry_run=dry_run)


def _file_ids_by_name(record: Json) -> dict[str, str]:
    """Of a thread's record, which may have any shape: the server says what is wrong with it."""
    files = record.get("files")
    items = files.items() if isinstance(files, dict) else ()
    return {str(file.get("filename")): file_id for file_id, file in items if isinstance(file, dict)}


def _send(session: Session, body: Json, *, dry_run: bool) -> Json:
    return session.api.post(f"/_transfer/objects{'?dry_run=true' if dry_run else ''}", body)


def _send_bytes(
    session: Session, path: Path, ids_by_name: dict[str, str], *, dry_run: bool, advance: Any
) -> str | None:
    """The file's id: the one its name begins with, or that of an imported file of its name; None: there is none."""
    advance(1)
    by_id = _FILE_ID.match(path.name) or _FILE_ID.fullmatch(path.parent.name)
    file_id = by_id[0] if by_id else ids_by_name.get(path.name)
    if file_id is None:
        note(f"{path} belongs to no imported file. `localassist files add` uploads it as a new one.")
        return None
    if not dry_run:
        session.api.send_bytes(f"/_transfer/files/{file_id}", path, name=path.name.removeprefix(f"{file_id}-"))
    return file_id


def _summed(reports: Iterable[Json], *, arrived: set[tuple[str, str]]) -> Json:
    """One report out of those of all requests: each thing once, and nothing missing that came after all."""
    counts: dict[str, dict[str, int]] = {}
    entries: dict[tuple[str, ...], Json] = {}
    for report in reports:
        for kind, by_outcome in report["counts"].items():
            total = counts.setdefault(kind, {})
            for outcome, number in by_outcome.items():
                total[outcome] = total.get(outcome, 0) + number
        entries |= {tuple(entry.values()): entry for entry in report["entries"]}
    kept = [one for one in entries.values() if one["outcome"] != "missing" or (one["kind"], one["id"]) not in arrived]
    for kind in counts.keys() & {"file_content", "vector_store"}:
        counts[kind]["missing"] = sum(entry["kind"] == kind and entry["outcome"] == "missing" for entry in kept)
    return {"counts": counts, "entries": kept}


def _show(session: Session, report: Json, *, dry_run: bool) -> None:
    if session.as_json:
        session.out.json(report)
        return
    outcomes = ("imported", "present", "mapped", "missing", "skipped")
    rows = [
        [kind, *(str(by_outcome.get(outcome) or "") for outcome in outcomes)]
        for kind, by_outcome in sorted(report["counts"].items())
        if any(by_outcome.values())
    ]
    session.out.table(["kind", *outcomes], rows, empty="Nothing was imported.")
    reasons = _grouped(report["entries"])
    for line in reasons[:_SHOWN_REASONS]:
        session.out.line(line, "dim")
    if len(reasons) > _SHOWN_REASONS:
        session.out.line(f"… and {len(reasons) - _SHOWN_REASONS} more; --json lists them all.", "dim")
    for unread in report["unread"]:
        note(unread["reason"])
    if report["files"]["received"]:
        session.out.line(f"{report['files']['received']} files received.")
    if report["counts"].get(_STORE_FILE, {}).get("imported") and not dry_run:
        session.out.line("Their files are read into vector stores while localassist runs: `localassist stores list`.")
    if dry_run:
        session.out.line("This was a dry run: nothing was changed.")


def _grouped(entries: list[Json]) -> list[str]:
    """A line for each reason, with the object it is about, or their number."""
    ids: dict[tuple[str, str, str], list[str]] = {}
    for entry in entries:
        ids.setdefault((entry["outcome"], entry["kind"], entry["reason"]), []).append(entry["id"])
    return [
        f"{outcome}: {kind} {found[0]}: {reason}" if len(found) == 1 else f"{outcome}: {len(found)} × {kind}: {reason}"
        for (outcome, kind, reason), found in ids.items()
    ]


# --- export -------------------------------------------------------------------------------------------------------


def export_objects(
    session: Session,
    target: Target,
    *,
    thread: ThreadIds = None,
    assistant: AssistantIds = None,
    with_files: WithFiles = False,
) -> None:
    """Write assistants and threads to a folder, in the public exporter's format; without options, everything."""
    if target.exists() and any(target.iterdir()):
        raise InvalidRequest(f"{target} is not empty. Name a new folder.")
    api = session.api
    everything = not thread and not assistant
    assistants = api.page_through("/assistants", limit=_ALL, order="asc") if everything else []
    assistants += [api.get(f"/assistants/{one}") for one in assistant or ()]
    threads = api.page_through("/threads", limit=_ALL, order="asc") if everything else []
    threads += [api.get(f"/threads/{one}") for one in thread or ()]
    file_ids: dict[str, Json] = {}
    with _progress("Exporting", len(threads), is_shown=session.out.is_terminal and not session.as_json) as advance:
        for about in threads:
            record = _thread_record(session, about)
            file_ids |= record["files"]
            write_json(target / "threads" / f"{about['id']}.json", record)
            advance(1)
    stores = _stores_of(session, None if everything else [assistants, threads])
    others = {one: about for one, about in _files_of(session, [assistants, stores]).items() if one not in file_ids}
    write_json(target / "assistants.json", assistants)
    write_json(target / "vector_stores.json", stores)
    write_json(target / "files.json", list(others.values()))
    write_json(target / "manifest.json", _manifest(session, assistants, threads))
    if with_files:
        file_ids |= others
        for file_id, about in file_ids.items():
            place = target / "files" / f"{file_id}-{_short_name(about['filename'])}"
            place.parent.mkdir(parents=True, exist_ok=True)
            api.save_bytes(f"/_transfer/files/{file_id}", place)
    done = {"assistants": len(assistants), "threads": len(threads), "files": len(file_ids) if with_files else 0}
    if session.as_json:
        session.out.json(done)
    else:
        session.out.line(f"Wrote {done['assistants']} assistants and {done['threads']} threads to {target}.")


def _thread_record(session: Session, about: Json) -> Json:
    api, path = session.api, f"/threads/{about['id']}"
    messages = api.page_through(f"{path}/messages", limit=_ALL, order="asc")
    runs = api.page_through(f"{path}/runs", limit=_ALL, order="asc")
    include = {"include[]": "step_details.tool_calls[*].file_search.results[*].content"}
    for run in runs:
        run["steps"] = api.page_through(f"{path}/runs/{run['id']}/steps", limit=_ALL, order="asc", **include)
    record: Json = {
        "export_schema": THREAD_SCHEMA,
        "thread_id": about["id"],
        "exported_at": _now(),
        "thread": about,
        "messages": messages,
        "runs": runs,
        "files": {},
        "errors": [],
    }
    record["files"] = _files_of(session, record, errors=record["errors"])
    return record


def _stores_of(session: Session, owners: list[Any] | None) -> list[Json]:
    """The vector stores that owners search, each followed by its files; all stores for None."""
    from openai import NotFoundError

    api, found = session.api, []
    if owners is None:
        stores = api.page_through("/vector_stores", limit=_ALL, order="asc")
    else:
        stores = []
        for store_id in dict.fromkeys(_mentioned(owners, "vector_store_id", "vector_store_ids")):
            with suppress(NotFoundError):
                stores.append(api.get(f"/vector_stores/{store_id}"))
    for store in stores:
        found += [store, *api.page_through(f"/vector_stores/{store['id']}/files", limit=_ALL, order="asc")]
    return found


def _short_name(filename: str) -> str:
    """A file's own name without folders, cut so that every file system takes it with an id before it."""
    path = Path(filename.replace("\\", "/").replace("\0", ""))
    return path.stem.encode()[:120].decode(errors="ignore") + path.suffix.encode()[:40].decode(errors="ignore")


def _files_of(session: Session, content: Any, errors: list[Json] | None = None) -> dict[str, Json]:
    """The files that anything in a value refers to by a key that holds ids of files."""
    from openai import NotFoundError

    files: dict[str, Json] = {}
    for file_id in dict.fromkeys(_mentioned(content, "file_id", "file_ids")):
        try:
            files[file_id] = session.api.get(f"/files/{file_id}")
        except NotFoundError as exc:
            if errors is not None:
                errors.append({"object": "file", "id": file_id, "error": "not_found_or_expired", "detail": str(exc)})
    return files


def _mentioned(value: Any, one: str, several: str) -> Iterator[str]:
    """The ids anywhere in a value that stand under either key, and those of files in vector stores."""
    if isinstance(value, dict):
        if value.get("object") == _STORE_FILE and one == "file_id":
            yield value["id"]
        for key, item in value.items():
            if key == one and isinstance(item, str):
                yield item
            elif key == several and isinstance(item, list):
                yield from item
            else:
                yield from _mentioned(item, one, several)
    elif isinstance(value, list):
        for item in value:
            yield from _mentioned(item, one, several)


def _manifest(session: Session, assistants: list[Json], threads: list[Json]) -> Json:
    return {
        "export_schema": MANIFEST_SCHEMA,
        "exported_at": _now(),
        "endpoint": "localassist",
        "base_url": session.api.base_url,
        "assistants_count": len(assistants),
        "threads_requested": len(threads),
        "threads_exported": len(threads),
        "threads_failed": [],
        "notes": [],
    }


# --- both ---------------------------------------------------------------------------------------------------------


def _now() -> str:
    from localassist.objects.base import now

    return datetime.fromtimestamp(now(), UTC).isoformat()


def _batches(items: list[Json]) -> Iterator[list[Json]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


@contextmanager
def _progress(title: str, total: int, *, is_shown: bool) -> Iterator[Any]:
    """A bar; what is yielded moves it on."""
    if not is_shown:
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress() as bars:
        task = bars.add_task(title, total=total)
        yield lambda steps: bars.advance(task, steps)
