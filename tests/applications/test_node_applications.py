"""What two web applications ask of the server, with the SDK versions they use, in Node."""

import shutil
from typing import Any

import pytest

from localassist.testing import call, say
from tests.applications.running import PROGRAMS, TIMEOUT_S, run_program
from tests.conformance.environments import node, node_with
from tests.tutorials.conftest import Scripted

pytestmark = [pytest.mark.sdk, pytest.mark.timeout(TIMEOUT_S)]


def drive(application: str, sdk: str, lab: Any) -> None:
    """Run the program from within the folder where its SDK is installed, beside `node_modules`."""
    program = shutil.copy(PROGRAMS / f"{application}.mjs", node_with(sdk).parent)
    settings = {"ASSISTANTS_BASE_URL": f"{lab.client.base_url}".rstrip("/") + "/", "ASSISTANTS_API_KEY": "none"}
    run_program([str(node()), str(program)], lab, **settings)


def test_the_assistants_quickstart(scripted: Scripted) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n"
    save = "open('/mnt/data/answer.txt', 'w').write('42')"
    lab = scripted(
        call("get_weather", location="Oslo"),
        say("It is 21 degrees in Oslo."),
        call("python", code=draw + save),
        say("Here: [answer](sandbox:/mnt/data/answer.txt)"),
        call("file_search", queries=["shop opens"]),
        say("At half past nine.【0:0†안내.md】"),
        runs_code=True,
    )
    drive("quickstart", "4.46.0", lab)


def test_librechat(scripted: Scripted) -> None:
    price = call("get_price_action_c2hvcC5leGFtcGxl", item="lamp")
    lab = scripted(
        price,
        say("A lamp costs 30."),
        call("file_search", queries=["shop opens"]),
        call("python", code="open('/mnt/data/opens.txt', 'w').write('9:30')"),
        say("At half past nine.【0:0†notes.md】 [file](sandbox:/mnt/data/opens.txt)"),
        price,
        runs_code=True,
    )
    drive("librechat", "5.10.1", lab)
