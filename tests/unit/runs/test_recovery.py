"""What a new engine makes of the runs an old one left behind."""

from localassist.bus import MemoryBus
from localassist.objects.runs import CreatedMessage, MessageCreation, Run, RunStep
from localassist.objects.threads import Message
from localassist.runs.recovery import recover_runs
from localassist.store.sql import SqliteStore


def stored_run(store, status):
    run = Run(
        id=f"run_{status}",
        created_at=1,
        assistant_id="asst_1",
        thread_id=f"thread_{status}",
        model="m",
        status=status,
        expires_at=601,
    )
    store.insert(run)
    return run


def test_runs_caught_in_the_middle_end_and_the_others_stay():
    store, bus = SqliteStore(None), MemoryBus()
    for status in ("queued", "in_progress", "requires_action", "cancelling", "completed"):
        stored_run(store, status)
    step = RunStep(
        id="step_1",
        created_at=1,
        run_id="run_in_progress",
        assistant_id="asst_1",
        thread_id="thread_in_progress",
        type="message_creation",
        step_details=MessageCreation(message_creation=CreatedMessage(message_id="msg_1")),
    )
    message = Message(
        id="msg_1",
        created_at=1,
        thread_id="thread_in_progress",
        run_id="run_in_progress",
        role="assistant",
        status="in_progress",
    )
    store.insert(step)
    store.insert(message)

    assert recover_runs(store, bus, clock=lambda: 50) == 1

    after = {run.id.removeprefix("run_"): run for run in store.all(Run)}
    assert {name: run.status for name, run in after.items()} == {
        "queued": "queued",
        "in_progress": "failed",
        "requires_action": "requires_action",
        "cancelling": "cancelled",
        "completed": "completed",
    }
    assert "engine stopped" in after["in_progress"].last_error.message
    assert store.get(RunStep, "step_1").status == "failed"
    assert store.get(Message, "msg_1").incomplete_details.reason == "run_failed"
    store.close()
