"""`localassist stores` and `index`: made, filled, searched and removed from a shell."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import run, serving, terminal
from tests.models.random_weights import build_random


@pytest.fixture(scope="module")
def searching(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings for commands that find a server, whose embedding model has random weights: words alone count."""
    home = tmp_path_factory.mktemp("searching")
    settings: Settings = {
        "data_dir": home / "data",
        "model": models / "hello.gguf",
        "config_file": home / "none.toml",
        "embedding_model": build_random(home / "random.gguf"),
    }
    with serving(settings=settings):
        yield settings


@pytest.fixture
def notes(tmp_path: Path) -> list[str]:
    paths = {"heron.txt": "The heron waits in the water.", "crane.md": "# Cranes\n\nThe crane dances in winter."}
    for name, text in paths.items():
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in paths]


def test_a_store_is_made_searched_and_removed(searching: Settings, notes: list[str]) -> None:
    made = run("stores", "create", *notes, "--name", "birds", "--expires-after", "3", settings=searching).stdout
    store = made.splitlines()[0]
    assert "2 of 2 files are searchable." in made
    listed = run("stores", "list", settings=searching).stdout
    assert f"{store}\tbirds\t2\t" in listed
    shown = run("stores", "show", store, settings=searching).stdout
    assert "3 days after its last use" in shown
    assert "heron.txt\tcompleted" in shown
    found = run("stores", "search", store, "dancing crane", "-n", "1", settings=searching).stdout
    assert found.startswith("1. crane.md, line 1")
    assert "The crane dances" in found
    found = run("stores", "search", store, "heron", "--json", settings=searching).stdout
    assert json.loads(found)["data"][0]["filename"] == "heron.txt"
    file_id = json.loads(found)["data"][0]["file_id"]
    run("stores", "detach", store, file_id, settings=searching)
    assert "heron.txt" not in run("stores", "show", store, settings=searching).stdout
    assert "heron.txt" in run("files", "show", file_id, settings=searching).stdout
    run("stores", "add", store, file_id, settings=searching)
    assert "Deleted" in run("stores", "remove", store, settings=searching).stdout
    assert run("stores", "show", store, settings=searching, check=False).returncode == 1


def test_a_file_that_cannot_be_read_is_named_and_ends_in_failure(
    searching: Settings, notes: list[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no PDF")
    store = run("stores", "create", settings=searching).stdout.strip()
    done = run("stores", "add", store, str(broken), notes[0], settings=searching, check=False)
    assert done.returncode == 1
    assert "broken.pdf: The file is called .pdf but is not a PDF" in done.stderr
    assert "1 of 2 files are searchable." in done.stdout
    assert "failed: The file is called .pdf" in run("stores", "show", store, settings=searching).stdout


def test_a_file_that_is_not_there_changes_nothing(searching: Settings) -> None:
    before = run("stores", "list", settings=searching).stdout
    done = run("stores", "create", "nowhere.txt", settings=searching, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: There is no file nowhere.txt.\n")
    assert run("stores", "list", settings=searching).stdout == before


def test_a_file_of_a_type_that_is_not_read_changes_nothing(
    searching: Settings, notes: list[str], tmp_path: Path
) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    before = [run(kind, "list", settings=searching).stdout for kind in ("stores", "files")]
    done = run("stores", "create", *notes, str(picture), settings=searching, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {picture} cannot be searched: files with the extension .png are not read.")
    assert [run(kind, "list", settings=searching).stdout for kind in ("stores", "files")] == before


def test_progress_is_drawn_on_a_terminal(searching: Settings, tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("The heron waits in the water. " * 3000)
    with terminal("stores", "create", str(long), settings=searching) as shell:
        shell.expect("long.txt")
        shell.expect("1 of 1 files are searchable.")
        assert shell.wait() == 0


def test_the_index_is_compared_and_made_again(searching: Settings, notes: list[str]) -> None:
    run("stores", "create", *notes, settings=searching)
    for command in ("verify", "rebuild"):
        findings = json.loads(run("index", command, "--json", settings=searching).stdout)
        assert findings
        assert {finding["state"] for finding in findings} <= {"not needed", "complete"}
