"""How cells end that do not end by themselves: time, cancellation, too much output, death; and what is said of it."""

import os
import shutil
import threading

import pytest

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.interpreter import KernelInterpreter, SessionRules
from localassist.protocols import Cancellation
from tests.interpreter.conftest import PATIENCE_S, QUICK, Notebook, open_interpreter, wait_until

LOST = "the session was restarted: variables are lost, files are kept"
KEPT = "variables and files are kept"
TIMEOUT_S = 5.0  # time enough for what is quick, on a busy machine too
CATCHES = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt: pass"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory):
    rules = SessionRules(cell_timeout_s=TIMEOUT_S, num_ahead=0)
    opened = open_interpreter(tmp_path_factory.mktemp("impatient"), rules=rules)
    yield opened
    opened.close()


def test_a_cell_is_interrupted_when_its_time_is_over(impatient: KernelInterpreter) -> None:
    cell = Notebook(impatient, "interrupted")
    cell("kept = 7")
    result = cell("print('begun')\nwhile True: pass")
    assert result.failed
    assert result.note == f"stopped after {TIMEOUT_S:g} s; {KEPT}"
    assert result.output.startswith("begun\nTraceback")
    assert "KeyboardInterrupt" in result.output
    assert "stopped after" not in result.output  # whoever shows the output adds the note
    assert "".join(map(str, cell.shown)) == "".join(map(str, result.outputs)) == result.output
    assert cell("kept").output == "7\n"


@pytest.mark.parametrize(
    "code",
    [
        "sum(range(10**12))",
        CATCHES,
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ],
    ids=["in C", "catches it", "ignores it"],
)
def test_code_that_cannot_be_interrupted_is_killed(impatient: KernelInterpreter, code: str) -> None:
    cell = Notebook(impatient, code)
    cell("gone = 7; open('stays.txt', 'w').write('x')")
    result = cell(code)
    assert result.failed
    assert result.note == f"stopped after {TIMEOUT_S:g} s; it could not be interrupted; {LOST}"
    after = cell("import os; print(os.listdir('/mnt/data')); gone")
    assert "stays.txt" in after.output
    assert "NameError" in after.output
    assert LOST not in after.output  # it was said once


def test_waiting_for_a_child_process_is_interrupted(impatient: KernelInterpreter) -> None:
    result = Notebook(impatient, "child")("import subprocess; subprocess.run(['sleep', '600'])")
    assert result.note == f"stopped after {TIMEOUT_S:g} s; {KEPT}"


def test_cancelling_interrupts(shared: Notebook) -> None:
    shared("here = 1")
    result = shared.cancelled_at_its_first_output("print('begun', flush=True); import time; time.sleep(600)")
    assert result.failed
    assert result.note == f"stopped because the run was cancelled; {KEPT}"
    assert shared("here").output == "1\n"


@pytest.mark.parametrize(
    ("reason", "said"), [("expired", "the run has expired"), ("stopped", "the engine is being stopped")]
)
def test_why_a_run_ended_is_said(shared: Notebook, reason: str, said: str) -> None:
    cell = shared.begin("print('begun', flush=True); import time; time.sleep(600)")
    cell.cancellation.set(reason)
    assert cell.ended().note == f"stopped because {said}; {KEPT}"


def test_cancelling_kills_what_cannot_be_interrupted(notebook: Notebook) -> None:
    result = notebook.cancelled_at_its_first_output(f"print('begun', flush=True)\n{CATCHES}")
    assert result.note == f"stopped because the run was cancelled; it could not be interrupted; {LOST}"
    assert notebook("1").output == "1\n"


def test_nothing_runs_when_it_was_cancelled_before(shared: Notebook) -> None:
    cancelled = Cancellation()
    cancelled.set("cancelled")
    result = shared("print('ran')", cancellation=cancelled)
    assert result.failed
    assert "ran\n" not in result.output


def test_a_cell_that_waits_for_its_turn_can_be_cancelled(shared: Notebook) -> None:
    first = shared.begin("print('begun', flush=True); import time; time.sleep(600)")
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.set, ("cancelled",)).start()  # while it waits, or before: it says the same
    result = Notebook(shared.interpreter, shared.session)("1", cancellation=cancellation)
    assert result.note == "cancelled before the code ran"
    first.cancellation.set("enough")
    assert first.ended().failed


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import os; os._exit(3)", "its process ended with status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "its process ended with status"),
        ("import ctypes; ctypes.string_at(0)", "its process ended with status"),
        ("exit()", "the code called exit()"),
    ],
    ids=["exit", "kill", "segfault", "asks to exit"],
)
def test_a_dead_kernel_is_replaced_and_said_so(notebook: Notebook, code: str, how: str) -> None:
    notebook("gone = 1")
    result = notebook(code)
    assert result.failed
    assert result.note is not None
    assert how in result.note
    assert result.note.endswith(LOST)
    assert "NameError" in notebook("gone").output


def test_a_kernel_that_cannot_be_launched_says_why(opened, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the sandbox's program is removed while the engine runs."""
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("not run: bubblewrap is not installed")
    link = tmp_path / "bwrap"
    link.symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    interpreter = opened()
    if interpreter.sandbox()["name"] != "bwrap":
        pytest.skip("not run: bubblewrap does not work here")
    link.unlink()
    for _ in range(2):
        with pytest.raises(InterpreterUnavailable, match=r"could not be launched: .*No such file"):
            Notebook(interpreter, "s")("1")
    link.symlink_to(program)
    assert Notebook(interpreter, "s")("1").output.endswith("1\n")


DIES_WHEN_TOLD = """
import os, threading, time
def wait():
    while not os.path.exists("die"): time.sleep(0.01)
    os._exit(1)
threading.Thread(target=wait).start()
"""


def test_a_kernel_that_dies_between_cells_is_replaced_and_said_so(opened, tmp_path) -> None:
    interpreter = opened()
    notebook = Notebook(interpreter, "s")
    notebook(DIES_WHEN_TOLD)
    (data,) = (tmp_path / "data" / "interpreter").glob("w-*/data")
    (data / "die").touch()
    wait_until(lambda: not interpreter._sessions["s"].is_live)
    result = notebook("2")
    assert result.output.startswith("[the code's process is gone (its process ended with status 1)")
    assert result.output.endswith(f"{LOST}]\n2\n")


def test_a_session_that_filled_its_disk_can_go_on(opened) -> None:
    """Its newest files are deleted, or its next kernel would be stopped before it could do anything."""
    interpreter = opened(code_disk_mib=100)
    notebook = Notebook(interpreter, "s")
    notebook("_ = open('/mnt/data/early.txt', 'w').write('x')")
    result = notebook("for i in range(1000): _ = open(f'/mnt/data/{i}', 'wb').write(bytes(20 << 20))")
    assert result.failed
    assert "MiB of disk, more than the 100 MiB allowed" in (result.note or "")
    assert (result.note or "").endswith("files are kept but for those that were too much")
    assert "[deleted, because the session's files were more than it may keep: " in result.output
    after = notebook("import os; print('early.txt' in os.listdir('/mnt/data'))")
    assert (after.output, after.note) == ("True\n", None)
    assert not notebook("for name in os.listdir('/mnt/data'): os.remove(f'/mnt/data/{name}')").failed


# What hostile code can do: it shares the process with the kernel, so it can undo every cap inside and forge messages.
FLOOD = """
import threading
kernel = get_ipython().kernel
text = {"name": "stdout", "text": "x" * 1000}
for i in range(100_000):
    kernel.session.send(kernel.iopub_socket, "stream", text, parent=kernel.get_parent())
"""
OVERSIZE = """
kernel = get_ipython().kernel
text = {"name": "stdout", "text": "x" * (64 << 20)}
kernel.session.send(kernel.iopub_socket, "stream", text, parent=kernel.get_parent())
"""
MALFORMED = """
import json
kernel = get_ipython().kernel
parent = kernel.get_parent()
for content in ({}, {"name": 1, "text": 2}, {"data": 3}, {"data": {"text/plain": 4, "image/png": 5}}, {"traceback": 6}):
    for kind in ("stream", "display_data", "execute_result", "error", "status", "unheard_of"):
        kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
kernel.iopub_socket.send_multipart([b"not", b"a", b"message"])
kernel.iopub_socket.send_multipart([b"topic", b"<IDS|MSG>", b"no signature", b"{}", b"{}", b"{}", b"{}"])
print("still here")
"""


def test_a_flood_of_messages_is_stopped(notebook: Notebook) -> None:
    result = notebook(FLOOD)
    assert result.failed
    assert result.note is not None
    assert len("".join(map(str, result.outputs))) < (256 << 10) + 1000
    assert notebook("3").output.endswith("3\n")


def test_a_message_larger_than_can_be_taken_ends_the_kernel(notebook: Notebook) -> None:
    result = notebook(OVERSIZE)
    assert result.failed
    assert result.note is not None
    assert result.note.endswith(LOST)
    assert notebook("4").output.endswith("4\n")


def test_malformed_messages_are_passed_over(notebook: Notebook) -> None:
    result = notebook(MALFORMED)
    assert "still here" in result.output
    assert notebook("5").output == "5\n"


def test_an_error_of_the_listener_stops_the_cell_and_is_raised(shared: Notebook) -> None:
    def refuse(_: object) -> None:
        raise OSError("the store is gone")

    with pytest.raises(OSError, match="the store is gone"):
        shared("print('x', flush=True); import time; time.sleep(600)", on_output=refuse)
    assert shared("6").output == "6\n"


def test_closing_ends_a_cell_under_way(tmp_path) -> None:
    interpreter = open_interpreter(tmp_path, rules=QUICK)
    cell = Notebook(interpreter, "s").begin("print('begun', flush=True)\nwhile True: pass")
    interpreter.close()
    result = cell.ended()
    assert result.failed
    assert "the session was ended" in (result.note or "")


def test_closing_ends_a_kernel_that_is_just_starting(tmp_path) -> None:
    """It is said so, whether the kernel has started by then or not; and nobody waits for ever."""
    interpreter = open_interpreter(tmp_path, rules=QUICK)
    interpreter.sandbox()
    said: list[str] = []

    def run() -> None:
        try:
            said.append(Notebook(interpreter, "s")("while True: pass").note or "")
        except InterpreterUnavailable as exc:
            said.append(exc.message)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: list((tmp_path / "interpreter").glob("w-*")))
    interpreter.close()
    thread.join(PATIENCE_S)
    assert len(said) == 1
    assert "is closed" in said[0] or "was ended" in said[0]
