"""An application over an in-memory engine with a scripted model."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from localassist.http.access import Access
from localassist.testing import Turn
from tests.unit.http.calling import Api, open_engine


@pytest.fixture
def api_of() -> Iterator[Callable[..., Api]]:
    with ExitStack() as stack:

        def build(*turns: Turn, access: Access | None = None, **settings: Any) -> Api:
            api = Api(open_engine(*turns, **settings), access)
            stack.callback(api.close)
            return api

        yield build


@pytest.fixture
def api(api_of: Callable[..., Api]) -> Api:
    return api_of()
