"""Servers for the tutorial programs: one that follows a script, and one with the model that comes with the package."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve_in_thread
from localassist.testing import SCRIPTED_MODEL, ScriptedModel
from tests.interpreter.conftest import open_interpreter
from tests.retrieval.engines import Lab, open_lab

WARNINGS = ("The Assistants API is deprecated", "deprecated$")
Scripted = Callable[..., Lab]


def pytest_itemcollected(item: pytest.Item) -> None:
    for message in WARNINGS:
        item.add_marker(pytest.mark.filterwarnings(f"ignore:{message}:DeprecationWarning"))


class Actor(ScriptedModel):
    """Plays every model there is."""

    def resolve(self, requested: str, *, param: str = "model") -> str:
        return SCRIPTED_MODEL


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Scripted]:
    """Opens a server whose model takes these turns; search and, with `runs_code`, the code interpreter are real."""
    with ExitStack() as stack:

        def open_one(*turns: Any, runs_code: bool = False) -> Lab:
            interpreter = open_interpreter(tmp_path / "code") if runs_code else None
            return stack.enter_context(
                open_lab(tmp_path / "data", searches=True, model=Actor(*turns), interpreter=interpreter)
            )

        (tmp_path / "data").mkdir()
        yield open_one


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server with the bundled model, which is not let to write or compute without end."""
    data_dir = str(tmp_path_factory.mktemp("bundled"))
    config = Config(data_dir=data_dir, seed=1, max_turn_tokens=400, code_timeout_s=10)
    with Engine.open(config) as engine, serve_in_thread(engine) as url:
        yield url
