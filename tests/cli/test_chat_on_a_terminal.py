"""`localassist chat` on a terminal: typed lines, streamed answers, Ctrl-C for the run and not the program."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import run, terminal

ANSWER = r"Hello there, how are you\?"


@pytest.fixture(params=["server", "alone"])
def either(request: pytest.FixtureRequest) -> Settings:
    """With a server that is found, and without one."""
    settings: Settings = request.getfixturevalue(request.param)
    return settings


def test_a_conversation_and_its_way_back(either: Settings) -> None:
    with terminal("chat", settings=either) as shown:
        shown.expect("/help for help")
        shown.expect("> ")
        shown.type("Good morning\n")
        shown.expect(ANSWER)
        shown.expect("> ")
        shown.type("\x04")
        thread = shown.expect(r"localassist chat --thread (thread_\w+)")[1]
        assert shown.wait() == 0
    with terminal("chat", "--thread", thread, settings=either) as shown:
        shown.expect("> Good morning")
        shown.expect(ANSWER)
        shown.expect("> ")
        shown.type("/thread\n")
        shown.expect(thread)
        shown.type("/exit\n")
        assert shown.wait() == 0


def test_ctrl_c_stops_the_answer_and_not_the_program(server: Settings) -> None:
    with terminal("chat", "--model", "endless", settings=server) as shown:
        shown.expect("> ")
        shown.type("Talk\n")
        shown.expect("on and on and on and")
        shown.type("\x03")
        shown.expect(r"\[cancelled\]")
        shown.expect("> ")
        shown.type("/exit\n")
        assert shown.wait() == 0
    assert run("runs", "list", "-n", "1", settings=server).stdout.splitlines()[1].split("\t")[1] == "cancelled"


def test_ctrl_c_at_the_prompt_drops_the_line(server: Settings) -> None:
    with terminal("chat", settings=server) as shown:
        shown.expect("> ")
        shown.type("Never mi")
        shown.expect("Never mi")
        shown.interrupt("Ctrl-D leaves")
        shown.type("Hi\n")
        shown.expect(ANSWER)
        shown.expect("> ")
        shown.type("\x04")
        assert shown.wait() == 0


def test_a_call_is_shown_and_its_output_asked_for(server: Settings, weather_tools: Path) -> None:
    created = run("assistants", "create", "--model", "weather", "--tools", str(weather_tools), settings=server)
    with terminal("chat", "--assistant", created.stdout.strip(), settings=server) as shown:
        shown.expect("> ")
        shown.type("Weather?\n")
        shown.expect(re.escape('→ get_weather {"city": "Paris"}'))
        shown.expect("output of get_weather: ")
        shown.type("sunny\n")
        shown.expect("← sunny")
        shown.expect("The weather in Paris is ☀ sunny.")
        shown.expect("> ")
        shown.type("/exit\n")
        assert shown.wait() == 0


def test_ctrl_c_instead_of_an_output_cancels_the_run(server: Settings, weather_tools: Path) -> None:
    created = run("assistants", "create", "--model", "weather", "--tools", str(weather_tools), settings=server)
    with terminal("chat", "--assistant", created.stdout.strip(), settings=server) as shown:
        shown.expect("> ")
        shown.type("Weather?\n")
        shown.expect("output of get_weather: ")
        shown.type("su")
        shown.expect("su")
        shown.interrupt("> ")
        shown.type("/exit\n")
        assert shown.wait() == 0
    assert run("runs", "list", "-n", "1", settings=server).stdout.splitlines()[1].split("\t")[1] == "cancelled"


def test_a_file_is_given_by_its_path(server: Settings, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n")
    with terminal("chat", settings=server) as shown:
        shown.expect("> ")
        shown.type("/file /no/such/file\n")
        shown.expect("cannot be read")
        shown.type(f"/file {picture}\n")
        shown.expect("picture.png: an image")
        shown.type("What is it?\n")
        shown.expect(ANSWER)
        shown.type("/exit\n")
        shown.wait()
    shown_files = run("files", "list", "-n", "1", settings=server).stdout
    assert "picture.png" in shown_files
    assert "vision" in shown_files


def test_control_characters_do_not_reach_the_terminal(server: Settings) -> None:
    run("chat", "--json", "a \x1b]0;title\x07 b", settings=server)
    with terminal("threads", "list", "-n", "1", settings=server) as shown:
        assert shown.wait() == 0
    assert "\x1b" not in shown.shown  # of the title: what is left when colours are taken away
    assert "title" in shown.shown
