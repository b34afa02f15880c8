"""One engine per data directory, and how others find it."""

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from localassist.errors import DataDirectoryInUse, StoreFailed
from localassist.store.directory import DataDirectory, EngineFile, read_engine_file

HOLDER = """
import sys
from pathlib import Path
from localassist.store.directory import DataDirectory
directory = DataDirectory(Path(sys.argv[1]), started_at=100)
directory.announce("http://127.0.0.1:8000")
print("ready", flush=True)
sys.stdin.read()
directory.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data"


def other_engine(path: Path) -> "subprocess.Popen[str]":
    """Another process that holds the directory until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def test_the_directory_is_made_for_its_owner_alone(path: Path) -> None:
    directory = DataDirectory(path, started_at=100)

    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {directory.database_path.parent, directory.blobs_path.parent} == {path}
    directory.close()


def test_a_directory_that_is_there_keeps_its_mode_and_its_files(path: Path) -> None:
    path.mkdir(parents=True)
    path.chmod(0o755)
    (path / "holiday.part").write_text("mine")
    (path / ".localassist-x.part").write_text("left by a killed engine")

    DataDirectory(path, started_at=100).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert sorted(file.name for file in path.iterdir()) == ["engine.lock", "holiday.part"]


def test_another_process_is_refused_and_told_who_holds_it(path: Path) -> None:
    with other_engine(path) as child:
        with pytest.raises(DataDirectoryInUse) as in_use:
            DataDirectory(path, started_at=200)
        assert in_use.value.message == (
            f"The data directory {path} is in use by the engine with process id {child.pid}, which serves "
            "http://127.0.0.1:8000. Connect to it, stop it, or choose another data directory."
        )
        assert read_engine_file(path) == EngineFile(pid=child.pid, url="http://127.0.0.1:8000", started_at=100)
        child.communicate("")

    assert child.returncode == 0
    assert read_engine_file(path) is None
    DataDirectory(path, started_at=200).close()


def test_a_killed_engine_does_not_hold_the_directory(path: Path) -> None:
    with other_engine(path) as child:
        child.send_signal(signal.SIGKILL)
        child.wait()

    assert (path / "engine.json").exists()
    assert read_engine_file(path) is None
    directory = DataDirectory(path, started_at=200)
    assert read_engine_file(path) == EngineFile(
        pid=json.loads((path / "engine.json").read_text())["pid"], url=None, started_at=200
    )
    directory.close()


def test_a_second_engine_in_the_same_process_is_refused(path: Path) -> None:
    directory = DataDirectory(path, started_at=100)

    with pytest.raises(DataDirectoryInUse, match=r"process id \d+\. Stop that engine, or choose"):
        DataDirectory(path, started_at=100)

    directory.close()
    DataDirectory(path, started_at=100).close()


def test_closing_twice_does_not_take_the_directory_from_the_next_engine(path: Path) -> None:
    first = DataDirectory(path, started_at=100)
    first.close()
    second = DataDirectory(path, started_at=200)

    first.close()

    with pytest.raises(DataDirectoryInUse):
        DataDirectory(path, started_at=300)
    assert read_engine_file(path) is not None
    second.close()


def test_a_stale_file_that_names_a_living_process_is_not_believed(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "engine.json").write_text('{"pid": 1, "url": "http://127.0.0.1:8000", "started_at": 1}')

    assert read_engine_file(path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": -1, "url": null, "started_at": 1}'])
def test_a_damaged_engine_file_means_nobody_is_known(path: Path, content: str) -> None:
    directory = DataDirectory(path, started_at=100)
    (path / "engine.json").write_text(content)

    assert read_engine_file(path) is None
    with pytest.raises(DataDirectoryInUse, match="in use by"):
        DataDirectory(path, started_at=100)
    directory.close()


def test_no_directory_means_no_engine(path: Path) -> None:
    assert read_engine_file(path) is None
    assert not path.exists()


def test_a_file_in_place_of_the_directory_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a folder")

    with pytest.raises(StoreFailed, match=f"The data directory {path} cannot be used"):
        DataDirectory(path, started_at=100)
