"""What every `Interpreter` does: the one with kernels, and the double. The double is told what the code comes to."""

import threading
from collections.abc import Callable, Iterator

import pytest

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter import KernelInterpreter
from localassist.protocols import Cancellation, CellImage, CellResult, Interpreter
from localassist.testing import Hold, ScriptedCell, ScriptedInterpreter

Script = tuple[str, ScriptedCell]

PRINTS: Script = ("print('hello')", ScriptedCell(CellResult("hello\n", ("hello\n",))))
FAILS: Script = ("1 / 0", ScriptedCell(CellResult("ZeroDivisionError\n", ("ZeroDivisionError\n",), failed=True)))
SILENT: Script = ("x = 1", ScriptedCell(CellResult("")))
SHOWS: Script = (
    "print('before')\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    ScriptedCell(CellResult("before\n", ("before\n", CellImage(b"\x89PNG", "image/png")))),
)
WAITS: Script = (
    "print('begun', flush=True); import time; time.sleep(60)",
    ScriptedCell(CellResult("begun\n", ("begun\n",)), hold=Hold()),
)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelInterpreter]:
    data_dir = str(tmp_path_factory.mktemp("kernels"))
    interpreter = KernelInterpreter(Config(data_dir=data_dir))
    try:
        interpreter.sandbox()
    except InterpreterUnavailable:  # no sandbox works on this machine; the code here is ours
        interpreter = KernelInterpreter(Config(data_dir=data_dir, code_sandbox="none"))
    yield interpreter
    interpreter.close()


@pytest.fixture(params=["kernels", "scripted"])
def given(request: pytest.FixtureRequest, kernels: KernelInterpreter) -> Callable[..., Interpreter]:
    def given_cells(*scripts: Script) -> Interpreter:
        return kernels if request.param == "kernels" else ScriptedInterpreter(*(cell for _, cell in scripts))

    return given_cells


def execute(interpreter: Interpreter, script: Script, cancellation: Cancellation | None = None) -> CellResult:
    return interpreter.execute("s", script[0], files=(), cancellation=cancellation or Cancellation())


def test_text_is_shown_while_it_comes_and_is_in_the_result(given: Callable[..., Interpreter]) -> None:
    shown: list[str | CellImage] = []
    interpreter = given(PRINTS)
    result = interpreter.execute("s", PRINTS[0], files=(), cancellation=Cancellation(), on_output=shown.append)
    assert result == CellResult("hello\n", ("hello\n",))
    assert shown == ["hello\n"]


def test_a_failure_is_a_result(given: Callable[..., Interpreter]) -> None:
    result = execute(given(FAILS), FAILS)
    assert result.failed
    assert "ZeroDivisionError" in result.output


def test_silence_is_a_result(given: Callable[..., Interpreter]) -> None:
    assert execute(given(SILENT), SILENT) == CellResult("")


def test_pictures_stand_in_their_place(given: Callable[..., Interpreter]) -> None:
    result = execute(given(SHOWS), SHOWS)
    text, picture = result.outputs
    assert text == result.output == "before\n"
    assert isinstance(picture, CellImage)
    assert picture.content.startswith(b"\x89PNG")


def test_a_cancelled_cell_ends_and_says_so(given: Callable[..., Interpreter]) -> None:
    cancellation = Cancellation()
    threading.Timer(0.5, cancellation.set, ("cancelled",)).start()
    result = execute(given(WAITS), WAITS, cancellation)
    assert result.failed
    assert result.note is not None
    assert "cancelled" in result.note
    assert result.note not in result.output


def test_any_session_can_be_forgotten(given: Callable[..., Interpreter]) -> None:
    given().forget("unheard of")


def test_it_says_what_confines_the_code(given: Callable[..., Interpreter]) -> None:
    assert given().sandbox()["name"]


def test_it_can_prepare(given: Callable[..., Interpreter]) -> None:
    given().prepare()
