"""What we tell the model, and people, about a cell beyond what it printed. Honest about what was lost."""

from localassist.interpreter.running import CellEnd

RUN_CANCELLED = "the run was cancelled"
ENDINGS = {"expired": "the run has expired", "stopped": "the engine is being stopped"}  # by why a cancellation is set
KEPT = "variables and files are kept"
LOST = "the session was restarted: variables are lost, files are kept"
LOST_SOME = "the session was restarted: variables are lost, files are kept but for those that were too much"
FILES_LATER = "files made by this code are given out after the next"
NO_NETWORK = "there is no network here, so packages cannot be installed"


def note_on(end: CellEnd, timeout_s: float, *, lost: str = LOST, end_of_run: str | None = None) -> str | None:
    """What to say of how a cell ended, and of what was `lost` with its kernel; None when all went as usual."""
    if end.stopped is None and end.death is None:
        return None
    reasons = {
        "timeout": f"stopped after {timeout_s:g} s",
        "cancelled": f"stopped because {ENDINGS.get(end_of_run or '', RUN_CANCELLED)}",
        "output": "stopped because of too much output",
    }
    cause = reasons[end.stopped] if end.stopped else f"the code's process is gone ({end.death})"
    if end.stopped and end.death:
        cause = f"{cause}; {end.death}"
    return f"{cause}; {lost if end.death else KEPT}"
