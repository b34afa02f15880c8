"""The nine statuses of a run, the legal moves between them, and the one function that applies a move.

Contract §3.1 and §3.2. The diagram in ARCHITECTURE.md is generated from `MOVES`.
"""

from typing import Any, get_args

from localassist.objects.runs import Run, RunStatus

STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)
TERMINAL: frozenset[str] = frozenset({"cancelled", "failed", "completed", "incomplete", "expired"})
ACTIVE: frozenset[str] = frozenset(STATUSES) - TERMINAL

# From each status, where a run may go, and the cause of the move.
MOVES: dict[RunStatus, dict[RunStatus, str]] = {
    "queued": {
        "in_progress": "a worker claims the run",
        "cancelling": "cancel",
        "failed": "the run cannot start",
        "expired": "the clock runs out",
    },
    "in_progress": {
        "requires_action": "the model calls functions",
        "cancelling": "cancel",
        "completed": "the answer is finished",
        "incomplete": "a token budget is spent",
        "failed": "an error, or the engine stopped",
        "expired": "the clock runs out",
    },
    "requires_action": {
        "queued": "tool outputs are submitted",
        "cancelling": "cancel",
        "failed": "the thread's data is gone",
        "expired": "the clock runs out",
    },
    "cancelling": {
        "cancelled": "the work has stopped",
        "completed": "the answer was finished first",
        "incomplete": "a token budget was spent first",
        "failed": "an error while stopping",
        "expired": "the clock runs out",
    },
    "cancelled": {},
    "failed": {},
    "completed": {},
    "incomplete": {},
    "expired": {},
}


class IllegalMove(RuntimeError):
    """A programming error: the lifecycle has no such move."""


def is_legal(before: RunStatus, after: RunStatus) -> bool:
    return after in MOVES[before]


def advance(run: Run, status: RunStatus, *, at: int, **changes: Any) -> Run:
    """The run after a move, with the timestamps of contract §3.2. `at` is Unix seconds. Raises IllegalMove."""
    if not is_legal(run.status, status):
        raise IllegalMove(f"A run cannot go from '{run.status}' to '{status}'.")
    stamped: dict[str, Any] = {"status": status}
    if status != "requires_action":
        stamped["required_action"] = None
    if status == "in_progress":
        stamped["started_at"] = at
    if status in ("cancelled", "failed", "completed"):
        stamped[f"{status}_at"] = at
    # An expired run keeps the moment it expired at; every other end clears the clock.
    if status in TERMINAL and status != "expired":
        stamped["expires_at"] = None
    return run.model_copy(update=stamped | changes)


def diagram() -> str:
    """The table as a Mermaid state diagram, for ARCHITECTURE.md."""
    lines = ["stateDiagram-v2", "    [*] --> queued: create"]
    for before, moves in MOVES.items():
        lines += [f"    {before} --> {after}: {cause}" for after, cause in moves.items()]
    lines += [f"    {status} --> [*]" for status in STATUSES if status in TERMINAL]
    return "\n".join(lines)
