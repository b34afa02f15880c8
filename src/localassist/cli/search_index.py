"""`localassist index`: the index of file search, which can always be made again from what is stored."""

import typer

from localassist.cli.lists import Json
from localassist.cli.output import note
from localassist.cli.session import Session

_GOOD = ("complete", "not needed")


def verify_index(session: Session) -> None:
    """Compare the index with what is stored. Ends with exit code 1 when they differ."""
    _show(session, session.api.get("/index")["data"])


def rebuild_index(session: Session) -> None:
    """Drop the index and make it again. Searches go on meanwhile."""
    if session.out.is_terminal and not session.as_json:
        note("Making the index again …")
    _show(session, session.api.post("/index/rebuild")["data"])


def _show(session: Session, findings: list[Json]) -> None:
    if session.as_json:
        session.out.json(findings)
    else:
        rows = [
            [item["store_id"], item["state"], f"{item['num_indexed']} of {item['num_windows']}", item["detail"]]
            for item in findings
        ]
        empty = "No vector store holds anything to search yet."
        session.out.table(("store", "index", "windows", ""), rows, empty=empty)
    if any(item["state"] not in _GOOD for item in findings):
        raise typer.Exit(1)
