"""`localassist serve`: it says where it is, others find it, and it stops when it is asked to."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.cli.conftest import Settings
from tests.cli.driving import COMMAND, PATIENCE_S, environment, run, serving, terminal


def test_it_prints_its_address_and_answers_there(server: Settings) -> None:
    url = json.loads((Path(str(server["data_dir"])) / "engine.json").read_text())["url"]
    with urllib.request.urlopen(f"{url}/models") as answer:
        model = json.load(answer)["data"][0]
    assert (model["id"], model["localassist"]) == ("hello", {"status": "loaded"})


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


def test_it_answers_and_stops_though_nobody_reads_its_log(alone: Settings) -> None:
    reader, writer = os.pipe()
    with logging_to(writer, alone) as (server, url):
        fill(writer)
        for number in range(3):
            assert create_assistant(url, model=f"gpt-4o-{number}")["model"] == f"gpt-4o-{number}"
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE_S) == 0
    os.close(reader)


def test_nothing_is_missing_in_the_log_of_one_that_was_stopped(alone: Settings) -> None:
    names = [f"gpt-4o-{number}-{'x' * 200}" for number in range(400)]  # their lines are more than a pipe holds
    with logging_to(subprocess.PIPE, alone) as (server, url):
        for name in names:
            create_assistant(url, model=name)
        server.send_signal(signal.SIGINT)
        logged = server.communicate(timeout=PATIENCE_S)[1]
    assert re.findall(r"WARNING The model name '(\S+)'", logged) == names


@contextmanager
def logging_to(stderr: int, settings: Settings) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server whose stderr the test has in hand, and its URL."""
    command = [*COMMAND, "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment(settings)
    ) as server:
        try:
            assert server.stdout is not None
            yield server, json.loads(server.stdout.readline())["url"]
        finally:
            if server.poll() is None:
                server.kill()


def fill(writer: int) -> None:
    """Write to a pipe until no byte more fits."""
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b".")
    os.set_blocking(writer, True)
    os.close(writer)


def create_assistant(url: str, *, model: str) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"}
    request = urllib.request.Request(f"{url}/assistants", json.dumps({"model": model}).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return dict(json.load(answer))
