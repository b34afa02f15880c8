"""What goes wrong is one line with what to do, and a traceback only for those who ask."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import COMMAND, environment, run


def test_an_unknown_object_is_one_line(server: Settings) -> None:
    done = run("runs", "show", "run_nothing", settings=server, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: No run found with id 'run_nothing'.\n"


def test_debug_shows_where(server: Settings) -> None:
    done = run("runs", "show", "run_nothing", "--debug", settings=server, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"port": "many"}, "The setting 'port' (LOCALASSIST_PORT) cannot be 'many'"),
        ({"api_keys": "secret"}, "LOCALASSIST_API_KEYS is not valid JSON"),
        ({"model": "nothing.gguf"}, "nothing.gguf"),
    ],
)
def test_a_bad_setting_is_named_with_its_source(settings: Settings, told: str, tmp_path: Path) -> None:
    done = run("chat", "hi", settings={"data_dir": tmp_path, **settings}, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [("port = ", "cannot be read"), ("prot = 1", "There is no setting 'prot'"), ('port = "x"', "'port'")],
)
def test_a_bad_configuration_file_is_named(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    done = run("config", settings={"config_file": file}, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert str(file) in done.stderr


def test_a_reader_that_leaves_is_no_error(alone: Settings) -> None:
    config = subprocess.Popen(
        [*COMMAND, "config"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(alone)
    )
    assert config.stdout is not None
    config.stdout.close()
    assert config.stderr is not None
    errors = config.stderr.read()
    config.stderr.close()
    config.wait()
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
