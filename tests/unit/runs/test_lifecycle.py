import itertools

import pytest

from localassist.objects.runs import Run
from localassist.runs.lifecycle import ACTIVE, MOVES, STATUSES, TERMINAL, IllegalMove, advance, is_legal

# The whole table, written out a second time on purpose: a change of the lifecycle has to be meant.
LEGAL = {
    ("queued", "in_progress"),
    ("queued", "cancelling"),
    ("queued", "failed"),
    ("queued", "expired"),
    ("in_progress", "requires_action"),
    ("in_progress", "cancelling"),
    ("in_progress", "completed"),
    ("in_progress", "incomplete"),
    ("in_progress", "failed"),
    ("in_progress", "expired"),
    ("requires_action", "queued"),
    ("requires_action", "cancelling"),
    ("requires_action", "failed"),
    ("requires_action", "expired"),
    ("cancelling", "cancelled"),
    ("cancelling", "completed"),
    ("cancelling", "incomplete"),
    ("cancelling", "failed"),
    ("cancelling", "expired"),
}


def a_run(status: str) -> Run:
    return Run(
        id="run_1", created_at=1, assistant_id="asst_1", thread_id="thread_1", model="m", status=status, expires_at=601
    )


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATUSES, STATUSES)))
def test_every_pair_of_statuses_is_a_legal_move_or_refused(before, after):
    if (before, after) in LEGAL:
        assert advance(a_run(before), after, at=5).status == after
        assert is_legal(before, after)
    else:
        with pytest.raises(IllegalMove, match=f"from '{before}' to '{after}'"):
            advance(a_run(before), after, at=5)


def test_there_are_nine_statuses_and_a_run_is_either_active_or_ended():
    assert len(STATUSES) == 9
    assert set(STATUSES) == ACTIVE | TERMINAL
    assert not ACTIVE & TERMINAL
    assert all(not MOVES[status] for status in TERMINAL)


@pytest.mark.parametrize(("status", "field"), [("failed", "failed_at"), ("completed", "completed_at")])
def test_an_end_stamps_its_time_and_clears_the_clock(status, field):
    ended = advance(a_run("in_progress"), status, at=77)
    assert getattr(ended, field) == 77
    assert ended.expires_at is None


def test_cancelled_is_stamped_when_it_is_reached_not_when_it_is_asked_for():
    cancelling = advance(a_run("in_progress"), "cancelling", at=5)
    assert cancelling.cancelled_at is None
    assert advance(cancelling, "cancelled", at=9).cancelled_at == 9


def test_an_expired_run_keeps_the_moment_it_expired_at():
    assert advance(a_run("requires_action"), "expired", at=700).expires_at == 601


def test_an_incomplete_run_has_no_completion_time():
    incomplete = advance(a_run("in_progress"), "incomplete", at=5)
    assert incomplete.completed_at is None
    assert incomplete.expires_at is None


def test_every_start_stamps_started_at_again_and_leaves_the_clock():
    started = advance(a_run("queued"), "in_progress", at=10)
    resumed = advance(advance(advance(started, "requires_action", at=11), "queued", at=12), "in_progress", at=13)
    assert (started.started_at, resumed.started_at, resumed.expires_at) == (10, 13, 601)
