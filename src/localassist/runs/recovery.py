"""What happens at start to runs the last engine left behind, so that no thread stays locked."""

from collections.abc import Callable

from localassist.objects.runs import LastError, Run
from localassist.protocols import EventBus, Store
from localassist.runs.recorder import Recorder

STOPPED = LastError(
    code="server_error",
    message="The engine stopped while this run was in progress. Nothing stored was lost; create the run again.",
)


def recover_runs(store: Store, bus: EventBus, *, clock: Callable[[], int]) -> int:
    """End runs that were caught in the middle of a turn; returns how many queued runs wait for a worker.

    Runs that wait for tool outputs go on waiting.
    """
    for run in store.all(Run, status=("in_progress", "cancelling")):
        recorder = Recorder(store, bus, run, clock=clock)
        if run.status == "cancelling":
            recorder.end("cancelled")
        else:
            recorder.end("failed", last_error=STOPPED)
    return len(store.all(Run, status="queued"))
