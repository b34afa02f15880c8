"""Applications written for the hosted API, as released, with nothing changed but the base URL.

The programs hold the assertions about what the application returns; here are the words of the model.
"""

from pathlib import Path
from typing import Any

import pytest

from localassist.testing import call, say
from tests.applications.running import PROGRAMS, TIMEOUT_S, run_program
from tests.conformance.environments import python_holding
from tests.tutorials.conftest import Scripted

PACKAGES = {
    "langchain": ("langchain-classic==1.0.8", "langchain-community==0.4.2", "langchain-openai", "openai==2.54.0"),
    "autogen": ("autogen-ext[openai]==0.7.5", "autogen-agentchat==0.7.5", "openai==2.54.0"),
    "ag2": ("ag2[openai]==0.13.4",),
    "pyautogen": ("pyautogen==0.2.35", "openai<1.66", "httpx<0.28"),
    "semantic-kernel": ("semantic-kernel==1.45.0",),
}

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(TIMEOUT_S)]


def drive(application: str, program: str, folder: Path, lab: Any) -> None:
    python = python_holding(application, *PACKAGES[application])
    settings = {"OPENAI_CHAT_MODEL_ID": "gpt-4o", "PYTHONUTF8": "1", "AUTOGEN_USE_DOCKER": "0"}
    run_program([str(python), str(PROGRAMS / program), str(folder)], lab, **settings)


def test_langchain(scripted: Scripted, tmp_path: Path) -> None:
    lab = scripted(
        call("get_weather", city="Oslo"),
        say("It is 21 degrees in Oslo."),
        say("You did not say."),
        call("python", code="print(6 * 7)"),
        say("It is 42."),
        call("get_weather", city="Rome"),
        say("It is warm in Rome."),
        call("python", code="print(open('/mnt/data/prices.csv').read())"),
        say("It costs 30."),
        runs_code=True,
    )
    drive("langchain", "langchain_runnable.py", tmp_path, lab)


def test_autogen(scripted: Scripted, tmp_path: Path) -> None:
    lab = scripted(
        call("get_weather", city="Oslo"),
        say("It is 21 degrees in Oslo."),
        call("python", code="print(open('/mnt/data/가격.csv').read())"),
        say("A lamp costs 30."),
        call("file_search", queries=["shop opens"]),
        say("At half past nine.【0:0†notes.md】"),
        runs_code=True,
    )
    drive("autogen", "autogen_assistant.py", tmp_path, lab)


@pytest.mark.parametrize("application", ["ag2", "pyautogen"])
def test_gpt_assistant_agent(application: str, scripted: Scripted, tmp_path: Path) -> None:
    lab = scripted(
        call("get_weather", city="Oslo"),
        say("It is 21 degrees in Oslo."),
        call("file_search", queries=["shop opens"]),
        say("At half past nine.【0:0†notes.md】"),
    )
    drive(application, "gpt_assistant.py", tmp_path, lab)


def test_semantic_kernel(scripted: Scripted, tmp_path: Path) -> None:
    lab = scripted(
        call("Weather-get_weather", city="Oslo"),
        say("It is 21 degrees in Oslo."),
        call("Weather-get_weather", city="Rome"),
        say("It is 21 degrees in Rome."),
        call("python", code="open('/mnt/data/answer.txt', 'w').write('42')"),
        say("Here: [answer](sandbox:/mnt/data/answer.txt)"),
        call("file_search", queries=["shop opens"]),
        say("At half past nine.【0:0†notes.md】"),
        runs_code=True,
    )
    drive("semantic-kernel", "semantic_kernel_assistant.py", tmp_path, lab)
