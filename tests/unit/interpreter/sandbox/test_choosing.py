import logging
import sys

import pytest

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter.sandbox import choosing
from localassist.interpreter.sandbox.choosing import choose_sandbox, survey
from localassist.interpreter.sandbox.unconfined import Unconfined


class Leaky(Unconfined):
    """Starts programs as they are, and calls that confinement."""

    name = "bwrap"
    confines = True


class Missing:
    def __init__(self):
        raise InterpreterUnavailable("it is not installed. Remedy: install it.")


@pytest.fixture
def config(tmp_path):
    (tmp_path / "data").mkdir()
    return Config(data_dir=str(tmp_path / "data"))


@pytest.fixture
def makers(monkeypatch):
    """The sandboxes there are, to be replaced by those of a test."""
    made = {}
    monkeypatch.setattr(choosing, "MAKERS", made)
    choosing._tested.cache_clear()
    yield made
    choosing._tested.cache_clear()


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: these are Linux's sandboxes")


def test_a_sandbox_that_confines_nothing_fails_its_test_and_is_passed_over(config, makers, tmp_path):
    makers.update(bwrap=Leaky, landlock=Missing)
    with pytest.raises(InterpreterUnavailable) as refused:
        choose_sandbox(config, tmp_path)
    for part in ("did not prevent", "read ", "connect", "signal the engine", "it is not installed", "Remedy: ", "none"):
        assert part in refused.value.message
    assert "\n" not in refused.value.message


def test_what_was_asked_for_is_not_replaced_by_something_else(config, makers, tmp_path):
    makers.update(bwrap=Missing, landlock=Unconfined)
    with pytest.raises(InterpreterUnavailable, match="The sandbox bwrap does not work"):
        choose_sandbox(config.model_copy(update={"code_sandbox": "bwrap"}), tmp_path)


def test_none_is_chosen_only_when_asked_for_and_warns(config, makers, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        choice = choose_sandbox(config.model_copy(update={"code_sandbox": "none"}), tmp_path)
    assert not choice.sandbox.confines
    assert "all your rights" in caplog.text


def test_the_survey_tells_of_every_sandbox(config, makers, tmp_path):
    makers.update(bwrap=Leaky, landlock=Missing)
    reports = survey(config, tmp_path)
    assert [(name, report.passed) for name, report in reports.items()] == [("bwrap", False), ("landlock", False)]
    assert not any((tmp_path / "data").iterdir()), "the test leaves nothing behind"
