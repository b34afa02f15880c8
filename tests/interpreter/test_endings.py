"""How cells end that do not end by themselves: time, cancellation, too much output, death; and what is said of it."""

import threading
import time

import pytest

from localassist.interpreter.interpreter import KernelInterpreter, SessionRules
from localassist.protocols import Cancellation
from tests.interpreter.conftest import QUICK, Notebook, open_interpreter

LOST = "the session was restarted: variables are lost, files are kept"
KEPT = "variables and files are kept"
TIMEOUT_S = 1.5
UNINTERRUPTIBLE = "sum(range(10**12))"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory):
    rules = SessionRules(cell_timeout_s=TIMEOUT_S, num_ahead=0)
    opened = open_interpreter(tmp_path_factory.mktemp("impatient"), rules=rules)
    yield opened
    opened.close()


def cancel_after(delay_s: float) -> Cancellation:
    cancellation = Cancellation()
    threading.Timer(delay_s, cancellation.set, ("cancelled",)).start()
    return cancellation


def test_a_cell_is_interrupted_when_its_time_is_over(impatient: KernelInterpreter) -> None:
    cell = Notebook(impatient, "interrupted")
    cell("kept = 7")
    result = cell("print('begun')\nwhile True: pass")
    assert result.failed
    assert result.note == f"stopped after {TIMEOUT_S} s; {KEPT}"
    assert result.output.startswith("begun\nTraceback")
    assert "KeyboardInterrupt" in result.output
    assert "stopped after" not in result.output  # whoever shows the output adds the note
    assert "".join(map(str, cell.shown)) == "".join(map(str, result.outputs)) == result.output
    assert cell("kept").output == "7\n"


@pytest.mark.parametrize(
    "code",
    [
        UNINTERRUPTIBLE,
        "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt: pass",
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ],
    ids=["in C", "catches it", "ignores it"],
)
def test_code_that_cannot_be_interrupted_is_killed(impatient: KernelInterpreter, code: str) -> None:
    cell = Notebook(impatient, code)
    cell("gone = 7; open('stays.txt', 'w').write('x')")
    started = time.monotonic()
    result = cell(code)
    assert time.monotonic() - started < 30  # it ends at all; how fast is measured elsewhere
    assert result.failed
    assert result.note == f"stopped after {TIMEOUT_S} s; it could not be interrupted; {LOST}"
    after = cell("import os; print(os.listdir('/mnt/data')); gone")
    assert "stays.txt" in after.output
    assert "NameError" in after.output
    assert LOST not in after.output  # it was said once


def test_waiting_for_a_child_process_is_interrupted(impatient: KernelInterpreter) -> None:
    result = Notebook(impatient, "child")("import subprocess; subprocess.run(['sleep', '60'])")
    assert result.note == f"stopped after {TIMEOUT_S} s; {KEPT}"


def test_cancelling_interrupts(shared: Notebook) -> None:
    shared("here = 1")
    result = shared("import time; time.sleep(60)", cancellation=cancel_after(0.2))
    assert result.failed
    assert result.note == f"stopped because the run was cancelled; {KEPT}"
    assert shared("here").output == "1\n"


def test_cancelling_kills_what_cannot_be_interrupted(notebook: Notebook) -> None:
    notebook("1")
    result = notebook(UNINTERRUPTIBLE, cancellation=cancel_after(1))
    assert result.note == f"stopped because the run was cancelled; it could not be interrupted; {LOST}"
    assert notebook("1").output == "1\n"


def test_nothing_runs_when_it_was_cancelled_before(shared: Notebook) -> None:
    cancelled = Cancellation()
    cancelled.set("cancelled")
    result = shared("print('ran')", cancellation=cancelled)
    assert result.failed
    assert "ran\n" not in result.output


def test_a_cell_that_waits_for_its_turn_can_be_cancelled(shared: Notebook) -> None:
    first, begun = Cancellation(), threading.Event()
    other = Notebook(shared.interpreter, shared.session)
    thread = threading.Thread(
        target=lambda: shared.interpreter.execute(
            shared.session,
            "print('begun', flush=True); import time; time.sleep(60)",
            files=(),
            cancellation=first,
            on_output=lambda _: begun.set(),
        )
    )
    thread.start()
    assert begun.wait(20)
    result = other("1", cancellation=cancel_after(0.2))
    assert result.note == "cancelled before the code ran"
    first.set("enough")
    thread.join(20)
    assert not thread.is_alive()


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


def test_a_kernel_that_dies_between_cells_is_replaced_and_said_so(notebook: Notebook) -> None:
    notebook("import os, threading; threading.Timer(0.2, lambda: os._exit(1)).start()")
    time.sleep(1)
    result = notebook("2")
    assert result.output.startswith("[the code's process is gone (its process ended with status 1)")
    assert result.output.endswith(f"{LOST}]\n2\n")


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

    started = time.monotonic()
    with pytest.raises(OSError, match="the store is gone"):
        shared.interpreter.execute(
            shared.session,
            "print('x', flush=True); import time; time.sleep(60)",
            files=(),
            cancellation=Cancellation(),
            on_output=refuse,
        )
    assert time.monotonic() - started < 30
    assert shared("6").output == "6\n"


def test_closing_ends_a_cell_under_way(tmp_path) -> None:
    interpreter = open_interpreter(tmp_path, rules=QUICK)
    begun = threading.Event()
    results = []
    thread = threading.Thread(
        target=lambda: results.append(
            interpreter.execute(
                "s",
                "print('begun', flush=True)\nwhile True: pass",
                files=(),
                cancellation=Cancellation(),
                on_output=lambda _: begun.set(),
            )
        )
    )
    thread.start()
    assert begun.wait(20)
    interpreter.close()
    thread.join(20)
    assert not thread.is_alive()
    assert results[0].failed
    assert "the session was ended" in results[0].note
