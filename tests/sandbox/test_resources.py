"""Sessions that use up the machine are stopped, wholly, and their neighbours do not notice."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.attacks.exhaustion import MIB, SCENARIOS
from tests.sandbox.reports import PEOPLE, SANDBOXES, report_on, run_as
from tests.sandbox.resources import ENGINE_DIES, LIMITS

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1000)]

# By scenario, how it may end: stopped for crossing a limit, or refused at the limit by the kernel.
ENDINGS = {
    "fork_bomb": {"stopped: processes"},
    "fork_bomb_of_orphans": {"stopped: processes"},
    "threads": {"stopped: processes"},
    "memory_in_one_process": {"refused: MemoryError"},
    "memory_with_addresses_to_spare": {"stopped: memory"},
    "memory_in_many_processes": {"stopped: memory"},
    "forks_that_share_memory": {"done 100"},
    "one_huge_file": {"refused: OSError 27"},
    "one_huge_sparse_file": {"refused: OSError 27"},
    "many_large_files": {"stopped: disk"},
    "deleted_files_kept_open": {"stopped: disk"},
    "files_in_a_locked_directory": {"stopped: disk"},
    "many_empty_files": {"stopped: files"},
    "many_links": {"stopped: files"},
    "nested_directories": {"stopped: nested directories"},
    "the_run_directory": {"stopped: disk", "refused: PermissionError 13"},
    "the_scratch_directory": {"stopped: disk", "refused: OSError 28"},
    "shared_memory_files": {"refused: OSError 28", "refused: PermissionError 13"},
    "open_files_in_many_processes": {"stopped: open files"},
    "an_uninterruptible_loop": {"killed"},
}


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_session_that_takes_too_much_ends_and_others_go_on(
    scenario: str, name: str, sandbox: str, place: Path
) -> None:
    report = run(scenario, name, sandbox, place)
    assert report["ended"] in ENDINGS[scenario]
    assert report.get("is_gone", True)
    assert report["neighbour_works_on"]
    if (name, sandbox) != ("user", "landlock"):  # where all sessions share one count, a bomb may use it up for a moment
        assert not report["neighbour_was_refused_processes"]
    assert report["files_can_be_deleted"]
    assert report["disk_mib"] * MIB < 4 * LIMITS.disk_bytes


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", PEOPLE)
def test_a_session_ends_with_its_engine(name: str, sandbox: str, place: Path) -> None:
    assert run(ENGINE_DIES, name, sandbox, place) == {"ended": "ended with the engine"}


def run(scenario: str, name: str, sandbox: str, place: Path) -> dict[str, Any]:
    report_on(name, sandbox, place)  # skips where the sandbox is not to be had
    return run_as(name, place, "resources", sandbox, "{where}")[scenario]
