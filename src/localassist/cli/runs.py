"""`localassist runs`: what the assistants are doing, and did."""

from pathlib import Path
from typing import Annotated, Any

import typer

from localassist.cli.lists import Json, Limit, show_done, show_list, show_object
from localassist.cli.output import when
from localassist.cli.session import Session
from localassist.errors import InvalidRequest

RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")]
MaybeRunId = Annotated[str | None, typer.Argument(metavar="RUN", help="A run's id; unset: the newest run.")]
ThreadId = Annotated[str | None, typer.Option("--thread", "-t", metavar="ID", help="Only runs of this thread.")]
SaveTo = Annotated[Path, typer.Option("--save-to", metavar="DIR", help="Where pictures go; unset: here.")]
Status = Annotated[str | None, typer.Option("--status", metavar="STATUS", help="Only runs in this status.")]


def list_runs(session: Session, *, thread: ThreadId = None, status: Status = None, limit: Limit = 20) -> None:
    """List runs, newest first."""
    columns = [
        ("id", lambda run: run["id"]),
        ("status", lambda run: run["status"]),
        ("model", lambda run: run["model"]),
        ("created", lambda run: when(run["created_at"])),
        ("took", _took),
        ("tokens", lambda run: str(run["usage"]["total_tokens"]) if run["usage"] else ""),
    ]
    query = {"status": status} if status else {}
    if thread is not None:
        found = session.api.page_through(f"/threads/{thread}/runs", limit=limit)
        found = [run for run in found if status in (None, run["status"])]
    else:
        found = session.api.page_through("/runs", limit=limit, **query)
    show_list(session, found, columns, empty="No runs.")


def show_run(session: Session, run: RunId) -> None:
    """Show a run and its steps."""
    item = session.api.get(f"/runs/{run}")
    steps = session.api.page_through(f"/threads/{item['thread_id']}/runs/{run}/steps", limit=1000, order="asc")
    usage, error = item["usage"], item["last_error"]
    pairs = {
        "id": item["id"],
        "status": item["status"],
        "error": f"{error['code']}: {error['message']}" if error else "",
        "thread": item["thread_id"],
        "assistant": item["assistant_id"],
        "model": item["model"],
        "created": when(item["created_at"]),
        "took": _took(item),
        "tokens": f"{usage['prompt_tokens']} prompt, {usage['completion_tokens']} completion" if usage else "",
        "waits for": ", ".join(_waiting(item)),
        "steps": "\n".join(map(_step_line, steps)),
    }
    show_object(session, {**item, "steps": steps}, {name: value for name, value in pairs.items() if value})


def watch_run(session: Session, run: MaybeRunId = None, *, save_to: SaveTo = Path()) -> None:
    """Follow a run from its beginning to its end, wherever it was started. Pictures it shows are saved as files."""
    from localassist.cli.display import RunDisplay

    item = session.api.get(f"/runs/{run}") if run else _newest(session)

    def save(file_id: str) -> Path:
        path = save_to / f"{file_id}.png"
        save_to.mkdir(parents=True, exist_ok=True)
        path.write_bytes(session.api.content(file_id))
        return path

    display = RunDisplay(session.out, shows_status=True, save=save)
    for event in session.api.events(f"/threads/{item['thread_id']}/runs/{item['id']}/events"):
        if session.as_json:
            session.out.json({"event": event.event, "data": event.data.model_dump(mode="json")})
        else:
            display.show(event)
    display.finish()


def cancel_run(session: Session, run: RunId) -> None:
    """Cancel a run."""
    item = session.api.get(f"/runs/{run}")
    done = session.api.post(f"/threads/{item['thread_id']}/runs/{run}/cancel")
    show_done(session, done, f"{run} is {done['status']}.")


def _newest(session: Session) -> Json:
    runs = session.api.page_through("/runs", limit=1)
    if not runs:
        raise InvalidRequest("There is no run to watch yet.")
    return runs[0]


def _took(run: Json) -> str:
    """How long it has been, or was, at work."""
    from localassist.objects.base import now

    began = run["started_at"]
    ended = run["completed_at"] or run["failed_at"] or run["cancelled_at"]
    if began is None:
        return ""
    if ended is None and run["status"] in ("in_progress", "cancelling"):
        ended = now()
    return f"{ended - began} s" if ended is not None else ""


def _waiting(run: Json) -> list[str]:
    action = run["required_action"]
    calls = action["submit_tool_outputs"]["tool_calls"] if action else []
    return [f"{call['function']['name']}({call['function']['arguments']})" for call in calls]


def _step_line(step: Json) -> str:
    details: Any = step["step_details"]
    if details["type"] == "message_creation":
        return f"{step['status']}  message {details['message_creation']['message_id']}"
    return f"{step['status']}  {', '.join(map(_call, details['tool_calls']))}"


def _call(call: Json) -> str:
    if call["type"] != "function":
        return str(call["type"])
    function = call["function"]
    answer = "" if function["output"] is None else f" {'←'} {function['output']}"
    return f"{function['name']}({function['arguments']}){answer}"
