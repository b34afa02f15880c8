"""Every attack on every sandbox, as root and as an ordinary user: none may succeed. Controls show that they would."""

from pathlib import Path

import pytest

from tests.sandbox.attacks import runner
from tests.sandbox.reports import PEOPLE, SANDBOXES, by_outcome, report_on, run_as

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

LEAST_ATTACKS = 60


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("name", PEOPLE)
def test_no_attack_succeeds(name: str, sandbox: str, place: Path) -> None:
    report = report_on(name, sandbox, place)
    assert by_outcome(report, "succeeded") == {}
    assert by_outcome(report, "broken") == {}
    assert report["damage"] == []
    assert len(by_outcome(report, "blocked")) >= LEAST_ATTACKS


@pytest.mark.parametrize("name", PEOPLE)
def test_attacks_succeed_where_there_is_no_sandbox(name: str, place: Path) -> None:
    report = report_on(name, "control", place)
    assert by_outcome(report, "blocked") == {}
    assert by_outcome(report, "broken") == {}
    assert len(by_outcome(report, "succeeded")) >= LEAST_ATTACKS


@pytest.mark.parametrize("name", PEOPLE)
def test_no_attack_succeeds_in_a_container(name: str, place: Path) -> None:
    report = report_on(name, "landlock", place, in_container=True)
    assert by_outcome(report, "succeeded") == {}
    assert by_outcome(report, "broken") == {}
    assert report["damage"] == []
    assert len(by_outcome(report, "blocked")) >= LEAST_ATTACKS


@pytest.mark.parametrize("name", PEOPLE)
def test_in_a_container_landlock_is_chosen_and_the_reason_given(name: str, place: Path) -> None:
    report_on(name, "landlock", place)
    chosen = run_as(name, place, "chosen", "{where}", in_container=True)
    assert chosen["chosen"] == "landlock"
    assert "bwrap" in chosen["passed_over"]


@pytest.mark.parametrize("name", PEOPLE)
def test_what_was_asked_for_and_does_not_work_is_refused_with_a_remedy(name: str, place: Path) -> None:
    refused = run_as(name, place, "chosen", "{where}", "bwrap", in_container=True)["refused"]
    assert "bwrap does not work" in refused
    assert "Remedy: " in refused
    assert "\n" not in refused


def test_a_sandbox_of_this_platform_was_attacked(place: Path) -> None:
    tried = {sandbox: run_as("user", place, "driver", sandbox, "{where}") for sandbox in SANDBOXES}
    reasons = {sandbox: report.get("unavailable") for sandbox, report in tried.items()}
    assert None in reasons.values(), f"no sandbox works here, so none was tested: {reasons}"


def test_every_attack_has_a_name_of_its_own() -> None:
    names = [attack.name for attack in runner.ATTACKS]
    assert len(names) == len(set(names)) >= LEAST_ATTACKS
