"""Every scenario with the installed SDK: over HTTP and in process, with the blocking and the async client."""

import pytest

from localassist.engine import Engine
from tests.conformance.driver import SCENARIOS, Place, open_lab, version
from tests.conformance.lab import Need


def applicable(*without: Need) -> list[str]:
    return [name for name, made in SCENARIOS.items() if made.applies(version(), without=without)]


@pytest.mark.parametrize("style", ["sync", "async"])
@pytest.mark.parametrize("name", applicable("kernel"))
def test_over_http(name: str, style: str, server: Place) -> None:
    with open_lab(server, is_async=style == "async") as lab:
        SCENARIOS[name].run(lab)


@pytest.mark.parametrize("style", ["sync", "async"])
@pytest.mark.parametrize("name", applicable("keys", "kernel"))
def test_in_process(name: str, style: str, scripted_engine: Engine) -> None:
    with open_lab(Place(engine=scripted_engine), is_async=style == "async") as lab:
        SCENARIOS[name].run(lab)
