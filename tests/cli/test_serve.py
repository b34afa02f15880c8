"""`localassist serve`: it says where it is, others find it, and it stops when it is asked to."""

import json
import socket
import subprocess
import urllib.request
from pathlib import Path

from tests.cli.conftest import Settings
from tests.cli.driving import COMMAND, environment, run, serving, terminal


def test_it_prints_its_address_and_answers_there(server: Settings) -> None:
    url = json.loads((Path(str(server["data_dir"])) / "engine.json").read_text())["url"]
    with urllib.request.urlopen(f"{url}/models") as answer:
        assert json.load(answer)["data"][0]["id"] == "hello"


def test_with_json_the_address_is_a_line_of_json(alone: Settings) -> None:
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True, env=environment(alone)
    )
    assert server.stdout is not None
    told = json.loads(server.stdout.readline())
    server.terminate()
    server.communicate()
    assert told["model"] == "hello"
    assert told["url"].startswith("http://127.0.0.1:")
    assert server.returncode == 0


def test_a_second_one_on_the_same_data_is_refused_with_the_first_ones_address(server: Settings) -> None:
    done = run("serve", "--port", "0", settings=server, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "http://127.0.0.1:" in done.stderr


def test_a_port_that_is_taken_is_named(alone: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), settings=alone, check=False)
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr


def test_ctrl_c_on_a_terminal_stops_it(alone: Settings) -> None:
    with terminal("serve", "--port", "0", settings=alone) as shown:
        shown.expect("Ready at http://.*/v1")
        shown.type("\x03")
        assert shown.wait() == 0


def test_what_ran_alone_is_there_when_it_serves(alone: Settings) -> None:
    run("chat", "hi", settings=alone)
    with serving(settings=alone):
        assert json.loads(run("threads", "list", "--json", settings=alone).stdout)[0]["metadata"]["title"] == "hi"
