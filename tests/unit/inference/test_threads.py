"""The thread count follows what is fastest, on a machine simulated by a table of step times."""

from localassist.inference.threads import ThreadGovernor, default_threads

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


def test_one_thread_is_never_changed() -> None:
    governor = ThreadGovernor(1)
    run(governor, {1: 0.01}, 5)
    assert governor.threads == 1


def test_there_is_at_least_one_thread() -> None:
    assert default_threads() >= 1
