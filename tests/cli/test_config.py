"""`localassist config`: each value with where it comes from."""

import json
from pathlib import Path

from tests.cli.driving import run


def test_each_source_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("port = 1234\nthreads = 2\n")
    settings = {"config_file": file, "port": 4321}
    shown = json.loads(run("config", "--json", "--data-dir", str(tmp_path), settings=settings).stdout)["settings"]
    assert shown["data_dir"] == {"value": str(tmp_path), "source": "--data-dir"}
    assert shown["port"] == {"value": 4321, "source": "LOCALASSIST_PORT"}
    assert shown["threads"] == {"value": 2, "source": str(file)}
    assert shown["host"] == {"value": "127.0.0.1", "source": "default"}


def test_secrets_are_not_shown() -> None:
    shown = run("config", settings={"api_keys": '["top-secret"]', "hub_token": "hidden-token"}).stdout
    assert "top-secret" not in shown
    assert "hidden-token" not in shown
    assert 'api_keys\t["\\u2026"]\tLOCALASSIST_API_KEYS' in shown or "api_keys\t[" in shown


def test_a_pipe_gets_tab_separated_lines() -> None:
    lines = run("config").stdout.splitlines()
    assert lines[0] == "setting\tvalue\tsource"
    assert all(line.count("\t") == 2 for line in lines)
    assert "\x1b" not in "".join(lines)
