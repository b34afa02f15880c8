"""`localassist models`: listed, looked at, pulled from a hub of this machine, removed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import run, run_process, terminal
from tests.fake_hub import FakeHub, HubFile

TARGET = "owner/repo:scripted-Q4.gguf"


@pytest.fixture
def hub(models: Path) -> Iterator[FakeHub]:
    with FakeHub().running() as hub:
        hub.files[TARGET] = HubFile((models / "hello.gguf").read_bytes())
        yield hub


@pytest.fixture
def settings(hub: FakeHub, tmp_path: Path) -> Settings:
    return {"data_dir": tmp_path / "data", "hub_url": hub.url, "config_file": tmp_path / "none.toml"}


def test_a_model_is_pulled_and_talked_to_and_removed(settings: Settings) -> None:
    done = run_process("models", "pull", TARGET, "--name", "mine", settings=settings)
    assert done.returncode == 0, done.stderr
    assert "mine is installed: " in done.stdout
    assert done.stderr == ""
    listed = json.loads(run("models", "list", "--json", settings=settings).stdout)
    assert "mine" in [item["name"] for item in listed]
    assert run("chat", "hi", "--model", "mine", settings=settings).stdout.startswith("Hello there")
    shown = run("models", "show", "mine", settings=settings).stdout
    assert "owner/repo:scripted-Q4.gguf at 0123456789ab" in shown
    assert "(published)" in shown
    assert "Deleted mine" in run("models", "remove", "mine", settings=settings).stdout
    listed = json.loads(run("models", "list", "--json", settings=settings).stdout)
    assert "mine" not in [item["name"] for item in listed]


def test_on_a_terminal_there_is_a_bar_and_a_question(settings: Settings) -> None:
    with terminal("models", "pull", TARGET, settings=settings) as shown:
        shown.expect("Downloading scripted-Q4")
        shown.expect("Checking scripted-Q4")
        shown.expect("scripted-Q4 is installed")
        assert shown.wait() == 0
    with terminal("models", "remove", "scripted-Q4", settings=settings) as shown:
        shown.expect(r"Delete .*scripted-Q4.gguf\? \[y/N\]")
        shown.type("n\n")
        shown.expect("Nothing was deleted")
        assert shown.wait() == 0


def test_a_broken_download_is_one_line_and_goes_on(settings: Settings, hub: FakeHub) -> None:
    hub.files[TARGET].sha256 = "0" * 64
    done = run_process("models", "pull", TARGET, settings=settings)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "arrived damaged" in done.stderr
    hub.files[TARGET].sha256 = None
    done = run_process("models", "pull", TARGET, "--json", settings=settings)
    assert json.loads(done.stdout)["name"] == "scripted-Q4"


def test_an_unknown_name_is_told_where_to_look(settings: Settings) -> None:
    done = run("models", "pull", "nothing", settings=settings, check=False)
    assert done.returncode == 1
    assert "models list --catalog" in done.stderr


def test_a_model_shows_what_its_file_says(alone: Settings, models: Path) -> None:
    shown = run("models", "show", str(models / "weather.gguf"), settings=alone).stdout
    for pattern in (
        r"architecture +llama",
        r"parameters +\S+, mostly F32",
        r"size +1\.\d MB",
        r"context +60000 tokens",
        r"memory +about \S+ MB with a context of 8192 tokens",
        r"license +the file does not say",
        r"Tools are offered by the template itself",
        r'<tool_call>\n\{"name": "get_weather", "arguments": \{"city": "Paris"\}\}\n</tool_call>',
    ):
        assert re.search(pattern, shown), pattern


def test_showing_a_model_loads_no_native_code(alone: Settings, models: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom localassist.cli import main\n"
        f"try: main(['models', 'show', {str(models / 'hello.gguf')!r}])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('llama_cpp', 'numpy', 'openai') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_damaged_model_is_listed_as_such(alone: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    (folder / "broken.gguf").write_bytes(b"GGUF\x03")
    assert "cut off or damaged" in run("models", "list", settings=alone).stdout
    done = run("models", "show", "broken", settings=alone, check=False)
    assert done.returncode == 1
    assert "Download it again" in done.stderr


def test_the_catalogue_is_listed(alone: Settings) -> None:
    lines = run("models", "list", "--catalog", settings=alone).stdout.splitlines()
    assert lines[0] == "name\tparameters\tkind\tsize\tcontext\tlicense"
    assert any(line.startswith("qwen3-0.6b\t600.0M\tchat\t639.4 MB") for line in lines)


def test_a_configured_model_is_not_removed(alone: Settings, models: Path) -> None:
    done = run("models", "remove", "hello", "--yes", settings=alone, check=False)
    assert done.returncode == 1
    assert (models / "hello.gguf").exists()
