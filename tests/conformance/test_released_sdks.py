"""Every scenario with released SDKs, each in an environment of its own: over HTTP, and in process from 1.109 on."""

from collections.abc import Callable, Iterator

import pytest

from tests.conformance import matrix
from tests.conformance.driver import SCENARIOS, Place
from tests.conformance.environments import parsed
from tests.conformance.lab import Need
from tests.conformance.matrix import NODE, PASS, PYTHON, TIMEOUT_S, drive_engine, drive_node, drive_python
from tests.conformance.models import settings

IN_PROCESS = ("1.109.1", "2.54.0")

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(TIMEOUT_S)]
Results = dict[tuple[str, str], str]
Drive = Callable[[str], Results]


def over_http() -> list[tuple[str, str, str]]:
    return [(v, name, style) for v in PYTHON for name in matrix.applicable(v) for style in matrix.styles_of(v)]


def in_process() -> list[tuple[str, str, str]]:
    without: tuple[Need, ...] = ("keys", "kernel")
    names = {version: matrix.applicable(version, without=without) for version in IN_PROCESS}
    return [(version, name, style) for version in IN_PROCESS for name in names[version] for style in matrix.STYLES]


def remembered(drive: Callable[[str], matrix.Reports], *keys: str) -> Drive:
    """Failures by the values of the keys, of a version that is driven at its first use."""
    known: dict[str, Results] = {}

    def of(version: str) -> Results:
        if version not in known:
            known[version] = {tuple(report[key] for key in keys): report["failure"] for report in drive(version)}
        return known[version]

    return of


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with matrix.served(tmp_path_factory.mktemp("served")) as place:
        yield place


@pytest.fixture(scope="module")
def python_results(served: Place) -> Drive:
    return remembered(lambda version: drive_python(version, served), "name", "style")


@pytest.fixture(scope="module")
def node_results(served: Place) -> Drive:
    return remembered(lambda version: drive_node(version, served), "row")


@pytest.fixture(scope="module")
def in_process_results(models: dict[str, str]) -> Drive:
    return remembered(lambda version: drive_engine(version, settings(models)), "name", "style")


@pytest.mark.parametrize(("version", "name", "style"), over_http())
def test_python_over_http(version: str, name: str, style: str, python_results: Drive) -> None:
    failure, defect = python_results(version)[name, style], SCENARIOS[name].defect(parsed(version))
    assert bool(failure) == bool(defect), failure or f"passed, though this is recorded of the SDK: {defect}"


@pytest.mark.parametrize("version", NODE)
def test_node_over_http(version: str, node_results: Drive) -> None:
    failures = "\n".join(node_results(version).values()).strip()
    assert not failures, failures
    recorded = matrix.read_results()[f"node-{version}"]
    assert {row for (row,) in node_results(version)} == {row for row, said in recorded.items() if said == PASS}


@pytest.mark.parametrize(("version", "name", "style"), in_process())
def test_in_process(version: str, name: str, style: str, in_process_results: Drive) -> None:
    failure = in_process_results(version)[name, style]
    assert not failure, failure
