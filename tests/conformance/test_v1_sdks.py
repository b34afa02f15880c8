"""Released SDKs of the first version, each in an environment of its own, over a real port."""

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.conformance.environments import ROOT, python_with
from tests.conformance.v1_scenarios import applicable
from tests.conformance.v1_world import open_world

VERSIONS = ("1.3.0", "1.12.0", "1.20.0")
TIMEOUT_S = 600

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(TIMEOUT_S)]


def failures_with(version: str, url: str) -> dict[str, str]:
    """Each scenario's traceback, "" when it passed."""
    command = [str(python_with(version)), "-m", "tests.conformance.v1_scenarios", url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert {report["sdk"] for report in reports} == {version}
    return {report["name"]: report["failure"] for report in reports}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, str]]]:
    known: dict[str, dict[str, str]] = {}
    with open_world(tmp_path_factory.mktemp("v1")) as lab:

        def of(version: str) -> dict[str, str]:
            if version not in known:
                known[version] = failures_with(version, str(lab.client.base_url))
            return known[version]

        yield of


@pytest.mark.parametrize(("version", "name"), [(version, name) for version in VERSIONS for name in applicable(version)])
def test_a_program_of_the_first_version(version: str, name: str, results: Callable[[str], dict[str, str]]) -> None:
    failure = results(version)[name]
    assert not failure, failure
