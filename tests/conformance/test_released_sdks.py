"""Every scenario with released SDKs, each in an environment of its own: over HTTP, and in process from 1.109 on."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.driver import SCENARIOS, Place
from tests.conformance.environments import ROOT, parsed, python_with
from tests.conformance.models import settings

OVER_HTTP = ("1.21.0", "1.109.1", "2.0.0")
IN_PROCESS = ("1.109.1", "2.54.0")
TIMEOUT_S = 900

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(TIMEOUT_S)]
Results = dict[tuple[str, str], str]


def applicable(version: str, *, in_process: bool) -> list[str]:
    return [name for name, made in SCENARIOS.items() if made.applies(parsed(version), in_process=in_process)]


def cases(versions: tuple[str, ...], *, in_process: bool) -> list[Any]:
    return [
        (version, name, style)
        for version in versions
        for name in applicable(version, in_process=in_process)
        for style in ("sync", "async")
    ]


def results_of(version: str, asked: dict[str, Any]) -> Results:
    """Failures by name and style, from a child process with this SDK."""
    command = [str(python_with(version, engine="settings" in asked)), "-m", "tests.conformance.driver"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert {report["sdk"] for report in reports} == {version}
    return {(report["name"], report["style"]): report["failure"] for report in reports}


@pytest.fixture(scope="module")
def http_results(server: Place) -> Callable[[str], Results]:
    known: dict[str, Results] = {}

    def of(version: str) -> Results:
        if version not in known:
            names = applicable(version, in_process=False)
            known[version] = results_of(version, {"names": names, "url": server.url, "locked_url": server.locked_url})
        return known[version]

    return of


@pytest.fixture(scope="module")
def in_process_results(models: dict[str, str]) -> Callable[[str], Results]:
    known: dict[str, Results] = {}

    def of(version: str) -> Results:
        if version not in known:
            asked = {
                "names": applicable(version, in_process=True),
                "settings": settings(models),
            }
            known[version] = results_of(version, asked)
        return known[version]

    return of


@pytest.mark.parametrize(("version", "name", "style"), cases(OVER_HTTP, in_process=False))
def test_over_http(version: str, name: str, style: str, http_results: Callable[[str], Results]) -> None:
    failure = http_results(version)[name, style]
    assert not failure, failure


@pytest.mark.parametrize(("version", "name", "style"), cases(IN_PROCESS, in_process=True))
def test_in_process(version: str, name: str, style: str, in_process_results: Callable[[str], Results]) -> None:
    failure = in_process_results(version)[name, style]
    assert not failure, failure
