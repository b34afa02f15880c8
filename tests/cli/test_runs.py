"""`localassist runs`: seen, followed and stopped from another terminal than the one that started them."""

import json
import re
import threading
from pathlib import Path

from tests.cli.conftest import Settings
from tests.cli.driving import run, run_process, terminal


def newest(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("runs", "list", "-n", "1", "--json", settings=settings).stdout)[0]
    return found


def test_a_finished_run_is_shown_with_its_steps(server: Settings) -> None:
    run("chat", "hi", settings=server)
    shown = run("runs", "show", str(newest(server)["id"]), settings=server).stdout
    assert re.search(r"status +completed", shown)
    assert re.search(r"tokens +\d+ prompt, 4 completion", shown)
    assert "message msg_" in shown


def test_a_run_of_elsewhere_is_watched_from_its_beginning_and_cancelled(server: Settings) -> None:
    with terminal("chat", "--model", "endless", settings=server) as chat:
        chat.expect("> ")
        chat.type("Talk\n")
        chat.expect("on and on")
        run_id = str(newest(server)["id"])
        with terminal("runs", "watch", settings=server) as watch:
            watch.expect("created")
            watch.expect("in progress")
            watch.expect("on and on and")
            run("runs", "cancel", run_id, settings=server)
            watch.expect(r"\[cancelled\]")
            assert watch.wait() == 0
        chat.expect(r"\[cancelled\]")


def test_a_finished_run_is_watched_again(server: Settings) -> None:
    run("chat", "hi", settings=server)
    lines = run("runs", "watch", "--json", settings=server).stdout.splitlines()
    names = [json.loads(line)["event"] for line in lines]
    assert names[0] == "thread.run.created"
    assert names[-1] == "thread.run.completed"
    assert "thread.message.delta" in names


def test_watching_goes_on_while_outputs_are_waited_for(server: Settings, weather_tools: Path) -> None:
    created = run("assistants", "create", "--model", "weather", "--tools", str(weather_tools), settings=server)
    with terminal("chat", "--assistant", created.stdout.strip(), settings=server) as chat:
        chat.expect("> ")
        chat.type("Weather?\n")
        chat.expect("output of get_weather: ")
        shown: list[str] = []
        watching = threading.Thread(target=lambda: shown.append(run_process("runs", "watch", settings=server).stdout))
        watching.start()
        waiting = run("runs", "show", str(newest(server)["id"]), settings=server).stdout
        assert 'get_weather({"city": "Paris"})' in waiting
        chat.type("sunny\n")
        chat.expect("is ☀ sunny")
        watching.join()
    assert "requires action" in shown[0]
    assert "← sunny" in shown[0]
    assert "completed (" in shown[0]


def test_a_run_of_before_is_watched_by_its_end(alone: Settings) -> None:
    run("chat", "hi", settings=alone)
    assert run("runs", "watch", settings=alone).stdout.startswith("completed (")


def test_runs_are_filtered(server: Settings) -> None:
    run("chat", "hi", settings=server)
    thread = str(newest(server)["thread_id"])
    found = json.loads(run("runs", "list", "--thread", thread, "--json", settings=server).stdout)
    assert [item["thread_id"] for item in found] == [thread]
    completed = json.loads(run("runs", "list", "--status", "completed", "--json", settings=server).stdout)
    assert {item["status"] for item in completed} == {"completed"}
    done = run("runs", "list", "--status", "sleeping", settings=server, check=False)
    assert done.returncode == 1
    assert "'sleeping'" in done.stderr


def test_there_may_be_nothing_to_watch(alone: Settings) -> None:
    done = run("runs", "watch", settings=alone, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: There is no run to watch yet.\n"
