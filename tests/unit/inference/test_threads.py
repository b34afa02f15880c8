"""The thread count follows what is fastest, on a machine simulated by a table of step times."""

import pytest

from localassist.inference.threads import ThreadGovernor, ThreadPolicy, default_threads

QUIET = {4: 0.010, 3: 0.013, 2: 0.018, 1: 0.035}
CROWDED = {4: 0.150, 3: 0.020, 2: 0.022, 1: 0.035}


def run(governor: ThreadGovernor, step_s: dict[int, float], seconds: float) -> float:
    """Steps for a while; returns how much of the best possible number was reached."""
    passed, steps = 0.0, 0
    while passed < seconds:
        cost = step_s[governor.threads]
        governor.observe(cost, width=1)
        passed += cost
        steps += 1
    return steps * min(step_s.values()) / passed


def test_a_quiet_machine_keeps_all_cores() -> None:
    governor = ThreadGovernor(4)
    assert run(governor, QUIET, 20) > 0.95


def test_a_neighbour_on_one_core_is_given_way() -> None:
    governor = ThreadGovernor(4)
    run(governor, QUIET, 20)
    run(governor, CROWDED, 1)
    assert run(governor, CROWDED, 20) > 0.9


def test_all_cores_are_used_again_when_the_neighbour_is_gone() -> None:
    governor = ThreadGovernor(4)
    run(governor, CROWDED, 20)
    run(governor, QUIET, 10)
    assert run(governor, QUIET, 20) > 0.95


def read_until_a_trial_begins(policy: ThreadPolicy) -> None:
    """Steps of 50 tokens, 4 ms each token."""
    while not policy.is_trying(50):
        assert policy.limit_s(50) is None
        assert policy.reading_share == 1.0
        policy.observe(0.2, num_tokens=50)


def test_a_trial_reads_less_and_is_stopped_when_it_takes_far_too_long() -> None:
    policy = ThreadPolicy(2)
    read_until_a_trial_begins(policy)
    assert policy.threads(50) == 1
    assert policy.reading_share == 0.5
    assert policy.limit_s(25) == pytest.approx(2 * 25 * 0.004)
    policy.give_up(0.2, num_tokens=25)
    assert (policy.threads(50), policy.is_trying(50), policy.limit_s(50)) == (2, False, None)


def test_short_steps_are_not_worth_stopping() -> None:
    policy = ThreadPolicy(2)
    while not policy.is_trying(1):
        policy.observe(0.002, num_tokens=1)
    assert policy.limit_s(1) is None


def test_one_thread_is_never_changed() -> None:
    governor = ThreadGovernor(1)
    run(governor, {1: 0.01}, 5)
    assert governor.threads == 1


def test_there_is_at_least_one_thread() -> None:
    assert default_threads() >= 1
