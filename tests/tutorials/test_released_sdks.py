"""The tutorial programs with a released SDK of their time."""

from pathlib import Path

import pytest

from tests.conformance.environments import python_with
from tests.tutorials.programs import run_program
from tests.tutorials.test_bundled import ENDS_WITH, WITH_FOLDER

V2_SDK = "1.109.1"

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(600)]


@pytest.mark.parametrize("name", sorted(set(ENDS_WITH) - {"actions.py"}))
def test_a_program_runs_with_an_older_sdk(name: str, bundled: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path / WITH_FOLDER[name])] if name in WITH_FOLDER else []
    python = str(python_with(V2_SDK))
    assert ENDS_WITH[name] in run_program(name, *arguments, url=bundled, stdin="a\n" * 100, python=python)
