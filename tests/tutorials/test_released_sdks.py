"""The tutorial programs with released SDKs: those of the first version, and the others with an SDK of their time."""

import re
from pathlib import Path

import pytest

from localassist.testing import call, say
from tests.conformance.environments import python_with
from tests.tutorials.conftest import Scripted
from tests.tutorials.programs import run_program
from tests.tutorials.test_bundled import PRINTS, WITH_FOLDER

V1_SDKS = ("1.3.9", "1.12.0")
V2_SDK = "1.109.1"

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(600)]


@pytest.mark.parametrize("version", V1_SDKS)
def test_retrieval_cites_with_a_quote(version: str, scripted: Scripted) -> None:
    lab = scripted(
        call("file_search", queries=["return the lamp"]),
        say("The lamp can be returned within 30 days.【0:0†shop_handbook.pdf】"),
    )
    shown = run_program("v1/retrieval.py", url=str(lab.client.base_url), python=str(python_with(version)))
    assert "files of the assistant: ['file-" in shown
    assert "step: tool_calls retrieval\nstep: message_creation\n" in shown
    assert "assistant: The lamp can be returned within 30 days. [0]\n" in shown
    assert "The lamp can be returned within 30 days." in shown.splitlines()[-1]
    assert shown.endswith("from shop_handbook.pdf\n")


@pytest.mark.parametrize("version", V1_SDKS)
def test_the_code_interpreter_reads_a_file_of_a_message(version: str, scripted: Scripted) -> None:
    code = "print(sum(int(line.split(',')[1]) for line in open('/mnt/data/sales.csv').readlines()[1:]))"
    lab = scripted(call("python", code=code), say("The sum is 425."), runs_code=True)
    shown = run_program("v1/message_files.py", url=str(lab.client.base_url), python=str(python_with(version)))
    assert f"code: {code}\n  → 425\n" in shown
    assert "user: What is the sum of the sales column in sales.csv? (files: file-" in shown
    assert "assistant: The sum is 425." in shown


@pytest.mark.parametrize("name", ["v1/retrieval.py", "v1/message_files.py"])
def test_a_program_of_the_first_version_runs_on_the_bundled_model(name: str, bundled: str) -> None:
    assert "run: " in run_program(name, url=bundled, python=str(python_with(V1_SDKS[-1])))


@pytest.mark.parametrize("name", sorted(set(PRINTS) - {"actions.py"}))
def test_a_program_runs_with_an_older_sdk(name: str, bundled: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path / WITH_FOLDER[name])] if name in WITH_FOLDER else []
    shown = run_program(name, *arguments, url=bundled, stdin="a\n" * 100, python=str(python_with(V2_SDK)))
    assert re.search(PRINTS[name], shown), shown
