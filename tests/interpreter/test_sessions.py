"""Sessions: apart from each other, kept while they are used, restarted with a word about it, deleted when forgotten."""

import json
import threading
from pathlib import Path

import psutil
import pytest

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter import KernelInterpreter
from localassist.interpreter.interpreter import SessionRules
from localassist.interpreter.opening import package_directory
from localassist.protocols import Cancellation
from tests.interpreter.conftest import PATIENCE_S, Notebook, session_file, wait_until

LOST = "[the session was restarted: variables are lost, files are kept]\n"


def kernel_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "boot.py" in " ".join(child.cmdline())]


def test_sessions_share_neither_variables_nor_files(interpreter: KernelInterpreter) -> None:
    one, other = Notebook(interpreter, "one"), Notebook(interpreter, "other")
    one("secret = 1; _ = open('/mnt/data/a.txt', 'w').write('x')")
    assert "NameError" in other("secret").output
    assert other("import os; os.listdir('/mnt/data')").output == "[]\n"


def test_sessions_run_at_the_same_time(interpreter: KernelInterpreter) -> None:
    names = [f"parallel {i}" for i in range(3)]
    waiting = "print('begun', flush=True)\nimport time\nwhile True: time.sleep(0.1)"
    cells = [Notebook(interpreter, name).begin(waiting) for name in names]  # each begins beside those before it
    for cell in cells:
        cell.cancellation.set("they have met")
    assert all(cell.ended().output.startswith("begun\n") for cell in cells)
    for name in names:
        interpreter.forget(name)


def test_an_idle_session_loses_its_variables_and_keeps_its_files(opened) -> None:
    interpreter = opened(rules=SessionRules(idle_timeout_s=1, num_ahead=0))
    cell = Notebook(interpreter, "s")
    cell("kept = 1; _ = open('a.txt', 'w').write('x')")
    wait_until(lambda: not kernel_processes_of(interpreter))
    result = cell("import os; print(os.listdir('/mnt/data')); kept")
    assert result.output.startswith(f"{LOST}['a.txt']\n")
    assert "NameError" in result.output
    assert "".join(map(str, cell.shown)) == result.output
    assert LOST not in cell("1").output


def kernel_processes_of(interpreter: KernelInterpreter) -> list[str]:
    return [key for key, session in interpreter._sessions.items() if session.is_live]


def test_the_session_idle_for_longest_makes_room(opened) -> None:
    interpreter = opened(rules=SessionRules(max_kernels=2, num_ahead=0))
    cells = [Notebook(interpreter, name) for name in ("first", "second", "third")]
    for cell in cells:
        cell("x = 1")
    wait_until(lambda: kernel_processes_of(interpreter) == ["second", "third"])
    assert cells[0]("2").output == f"{LOST}2\n"


def test_a_session_outlives_its_engine_with_its_files(opened) -> None:
    first = opened()
    sales = session_file("file-1", "sales.csv", b"uploaded")
    Notebook(first, "s")("_ = open('made.txt', 'w').write('x')", files=[sales])
    first.close()
    again = Notebook(opened(), "s")
    result = again("import os; sorted(os.listdir('/mnt/data'))", files=[sales])
    assert result.output == f"{LOST}['file-1', 'made.txt', 'sales.csv']\n"
    assert result.files == ()
    assert [file.path for file in again("_ = open('made.txt', 'a').write('y')").files] == ["made.txt"]


def test_forgetting_deletes_the_files_and_the_next_session_is_new(opened, tmp_path: Path) -> None:
    interpreter = opened()
    cell = Notebook(interpreter, "s")
    cell("x = 1; _ = open('a.txt', 'w').write('x')")
    (workspace,) = (tmp_path / "data" / "interpreter").glob("w-*")
    assert json.loads((workspace / "session.json").read_text())["session"] == "s"
    interpreter.forget("s")
    wait_until(lambda: not workspace.exists())
    result = cell("import os; print(os.listdir('/mnt/data')); x")
    assert result.output.startswith("[]\nTraceback")


def test_forgetting_ends_a_cell_under_way(opened) -> None:
    interpreter = opened()
    cell = Notebook(interpreter, "s").begin("print('begun', flush=True)\nwhile True: pass")
    interpreter.forget("s")
    assert cell.ended().failed


def test_forgetting_a_session_whose_kernel_is_just_starting_leaves_nothing(opened, tmp_path: Path) -> None:
    """As when a thread is deleted: its run is stopped first."""
    interpreter, cancellation, results = opened(), Cancellation(), []
    interpreter.sandbox()
    before = {process.pid for process in kernel_processes()}
    cell = Notebook(interpreter, "s")
    thread = threading.Thread(target=lambda: results.append(cell("while True: pass", cancellation=cancellation)))
    thread.start()
    wait_until(lambda: list((tmp_path / "data" / "interpreter").glob("w-*")))
    cancellation.set("cancelled")
    interpreter.forget("s")
    thread.join(PATIENCE_S)
    assert results[0].failed
    wait_until(lambda: not list((tmp_path / "data" / "interpreter").glob("w-*")))
    wait_until(lambda: not {process.pid for process in kernel_processes()} - before)
    assert cell("1", cancellation=cancellation).note == "cancelled before the code ran"
    assert not list((tmp_path / "data" / "interpreter").glob("w-*"))


def test_forgetting_needs_no_kernel(opened, tmp_path: Path) -> None:
    first = opened()
    Notebook(first, "s")("_ = open('a.txt', 'w').write('x')")
    first.close()
    unused = KernelInterpreter(Config(data_dir=str(tmp_path / "data")))
    unused.forget("unheard of")
    unused.forget("s")
    wait_until(lambda: not list((tmp_path / "data" / "interpreter").glob("w-*")))
    unused.close()


def test_an_engine_that_keeps_nothing_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = Path("/tmp") / f"t{tmp_path.stat().st_ino}"
    short.mkdir(mode=0o711)
    monkeypatch.setattr("tempfile.tempdir", str(short))
    interpreter = KernelInterpreter(Config(data_dir=":memory:", code_sandbox="none"))
    Notebook(interpreter, "s")("_ = open('a.txt', 'w').write('x')")
    assert list(short.glob("la-*"))
    interpreter.close()
    interpreter.close()
    assert not list(short.iterdir())
    short.rmdir()


def test_kernels_are_started_ahead_once_there_was_a_first(opened) -> None:
    interpreter = opened(rules=SessionRules(num_ahead=1))
    interpreter.prepare()
    cell = Notebook(interpreter, "s")
    result = cell("import sys; sorted({'pandas', 'matplotlib.pyplot'} & set(sys.modules))")
    assert result.output == "['matplotlib.pyplot', 'pandas']\n"
    fonts = list(Path(interpreter._opening._root).glob("fonts/*/fontlist-*.json"))
    assert len(fonts) == 1


def test_more_packages_can_be_given(opened, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "our_own.py").write_text("ANSWER = 42\n")
    interpreter = opened(code_packages=[str(packages)])
    assert Notebook(interpreter, "s")("import our_own; our_own.ANSWER").output == "42\n"


def test_packages_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InterpreterUnavailable, match="not a directory"):
        package_directory(str(tmp_path / "missing"))
    (tmp_path / "pyvenv.cfg").write_text("")
    with pytest.raises(InterpreterUnavailable, match="another Python"):
        package_directory(str(tmp_path))


def test_no_kernel_is_left_when_all_are_closed(opened) -> None:
    before = {process.pid for process in kernel_processes()}
    interpreter = opened(rules=SessionRules(num_ahead=1))
    Notebook(interpreter, "s")("1")
    assert {process.pid for process in kernel_processes()} - before
    interpreter.close()
    wait_until(lambda: not {process.pid for process in kernel_processes()} - before)
