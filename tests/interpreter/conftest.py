"""One interpreter with real kernels for the whole folder, confined as strongly as this machine allows."""

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from localassist.config import Config
from localassist.errors import InterpreterUnavailable
from localassist.interpreter.interpreter import KernelInterpreter, SessionRules
from localassist.protocols import Cancellation, CellImage, CellResult, SessionFile

PATIENCE_S = 60.0  # for what takes a moment, and longer where the machine is busy
QUICK = SessionRules(cell_timeout_s=PATIENCE_S, max_chars=256 << 10, num_ahead=0)


def open_interpreter(data_dir: Path | str, *, rules: SessionRules = QUICK, **settings: object) -> KernelInterpreter:
    """In the best sandbox of this machine; where there is none the code, which is ours, runs unconfined."""
    interpreter = KernelInterpreter(Config(data_dir=str(data_dir), **settings), rules=rules)
    try:
        interpreter.sandbox()
    except InterpreterUnavailable:
        settings["code_sandbox"] = "none"
        return KernelInterpreter(Config(data_dir=str(data_dir), **settings), rules=rules)
    return interpreter


def session_file(file_id: str, name: str, content: bytes) -> SessionFile:
    return SessionFile(file_id, name, len(content), lambda: io.BytesIO(content))


def wait_until(condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Notebook:
    """Cells of one session, one after the other."""

    def __init__(self, interpreter: KernelInterpreter, session: str) -> None:
        self.interpreter = interpreter
        self.session = session
        self.shown: list[str | CellImage] = []

    def __call__(
        self,
        code: str,
        *,
        files: Sequence[SessionFile] = (),
        cancellation: Cancellation | None = None,
        on_output: Callable[[str | CellImage], None] | None = None,
    ) -> CellResult:
        self.shown.clear()
        return self.interpreter.execute(
            self.session,
            code,
            files=files,
            cancellation=cancellation or Cancellation(),
            on_output=on_output or self.shown.append,
        )

    def cancelled_at_its_first_output(self, code: str) -> CellResult:
        cancellation = Cancellation()
        return self(code, cancellation=cancellation, on_output=lambda _: cancellation.set("cancelled"))

    def begin(self, code: str) -> "CellUnderWay":
        """Start a cell on a thread of its own; return when it has shown something."""
        return CellUnderWay(self, code)


class CellUnderWay:
    """Its result is there when its thread has ended."""

    def __init__(self, cell: Notebook, code: str) -> None:
        self.cancellation = Cancellation()
        self.result: CellResult | None = None
        begun = threading.Event()

        def run() -> None:
            self.result = cell(code, cancellation=self.cancellation, on_output=lambda _: begun.set())

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert begun.wait(PATIENCE_S)

    def ended(self) -> CellResult:
        """Wait for its end."""
        self._thread.join(PATIENCE_S)
        assert self.result is not None
        return self.result


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelInterpreter]:
    opened = open_interpreter(tmp_path_factory.mktemp("interpreter"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(interpreter: KernelInterpreter, request: pytest.FixtureRequest) -> Notebook:
    """A session that the tests of a module share: for those that leave no trace or names of their own."""
    return Notebook(interpreter, f"shared by {request.module.__name__}")


@pytest.fixture
def notebook(interpreter: KernelInterpreter, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A session of the test's own."""
    yield Notebook(interpreter, request.node.nodeid)
    interpreter.forget(request.node.nodeid)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., KernelInterpreter]]:
    """Opens interpreters on a data directory of the test's own."""
    all_opened: list[KernelInterpreter] = []

    def open_one(**options: object) -> KernelInterpreter:
        all_opened.append(open_interpreter(tmp_path / "data", **options))
        return all_opened[-1]

    yield open_one
    for one in all_opened:
        one.close()
