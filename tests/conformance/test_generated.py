"""openai-python's own generated tests against `localassist serve`."""

from dataclasses import asdict
from pathlib import Path

import pytest

from tests.conformance.generated.runner import TIMEOUT_S, read_results, run_generated
from tests.conformance.matrix import served

REACH = 0.99

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(2 * TIMEOUT_S)]


def test_the_generated_tests_pass_as_recorded(tmp_path: Path) -> None:
    with served(tmp_path) as place:
        outcome = run_generated(place.url, tmp_path)
    assert not outcome.failures, "\n".join(f"{test}\n{text}" for test, text in outcome.failures.items())
    assert outcome.passed >= REACH * outcome.reached
    assert asdict(outcome) == read_results()
