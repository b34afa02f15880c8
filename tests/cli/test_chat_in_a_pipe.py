"""`localassist chat` without a terminal: lines in, answers out."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import run, run_process

ANSWER = "Hello there, how are you?"


@pytest.fixture(params=["server", "alone"])
def either(request: pytest.FixtureRequest) -> Settings:
    """With a server that is found, and without one."""
    settings: Settings = request.getfixturevalue(request.param)
    return settings


def test_a_message_is_answered(either: Settings) -> None:
    assert run("chat", "Hi!", settings=either).stdout == f"{ANSWER}\n"


def test_a_real_pipe_is_answered(server: Settings) -> None:
    done = run_process("chat", stdin="one\ntwo\n", settings=server)
    assert done.stdout == f"{ANSWER}\n{ANSWER}\n"
    assert done.returncode == 0


def test_each_line_is_answered_in_one_thread(either: Settings) -> None:
    done = run("chat", "--json", stdin="one\n\ntwo\n", settings=either)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == [ANSWER, ANSWER]
    assert answers[0]["thread_id"] == answers[1]["thread_id"]
    shown = json.loads(run("threads", "show", answers[0]["thread_id"], "--json", settings=either).stdout)
    said = [message["content"][0]["text"]["value"] for message in shown["messages"]]
    assert said == ["one", ANSWER, "two", ANSWER]


def test_a_thread_is_gone_on_with(server: Settings) -> None:
    first = json.loads(run("chat", "one", "--json", settings=server).stdout)
    second = json.loads(run("chat", "two", "--json", "--thread", first["thread_id"], settings=server).stdout)
    assert second["thread_id"] == first["thread_id"]
    newest = json.loads(run("chat", "three", "--json", "--continue", settings=server).stdout)
    assert newest["thread_id"] == json.loads(run("threads", "list", "--json", settings=server).stdout)[0]["id"]


def test_all_chats_share_one_assistant(server: Settings) -> None:
    for _ in range(2):
        run("chat", "hi", settings=server)
    assistants = json.loads(run("assistants", "list", "--json", settings=server).stdout)
    assert len([item for item in assistants if item["metadata"] == {"localassist": "chat"}]) == 1


def test_another_model_is_named(server: Settings) -> None:
    run("chat", "hi", "--model", "hello", settings=server)
    done = run("chat", "hi", "--model", "nothing", settings=server, check=False)
    assert done.returncode == 1
    assert "'nothing'" in done.stderr


def test_a_text_file_is_put_into_the_message(server: Settings, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("The password is swordfish.")
    done = run("chat", "What is it?", "--json", "--file", str(note), settings=server)
    assert "note.txt" in done.stderr
    thread = json.loads(done.stdout)["thread_id"]
    shown = json.loads(run("threads", "show", thread, "--json", settings=server).stdout)
    assert "swordfish" in shown["messages"][0]["content"][0]["text"]["value"]
    file_id = shown["messages"][0]["attachments"][0]["file_id"]
    assert "note.txt" in run("files", "show", file_id, settings=server).stdout


def test_a_missing_file_is_an_error(server: Settings) -> None:
    done = run("chat", "hi", "--file", "/no/such/file", settings=server, check=False)
    assert done.returncode == 1
    assert "/no/such/file" in done.stderr


def test_a_call_that_nobody_can_answer_is_an_error(server: Settings, weather_tools: Path) -> None:
    created = run("assistants", "create", "--model", "weather", "--tools", str(weather_tools), settings=server)
    done = run("chat", "Weather?", "--assistant", created.stdout.strip(), settings=server, check=False)
    assert done.returncode == 1
    assert '→ get_weather {"city": "Paris"}' in done.stdout
    assert "nobody to answer" in done.stderr
    run_shown = json.loads(run("runs", "list", "--json", "-n", "1", settings=server).stdout)[0]
    assert run_shown["status"] == "cancelled"


def test_a_thread_that_is_not_there_is_an_error(server: Settings) -> None:
    done = run("chat", "hi", "--thread", "thread_nothing", settings=server, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: No thread found with id 'thread_nothing'.\n"


def test_why_a_run_failed_is_said_once_and_not_in_the_answer(server: Settings) -> None:
    done = run("chat", stdin="w " * 100_000, settings=server, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("failed") == 1
