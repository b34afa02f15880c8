"""One engine on scripted models for all scenarios, and servers in front of it."""

from collections.abc import Iterator

import httpx
import pytest

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.access import Access
from localassist.http.server import serve_in_thread
from tests.conformance.models import build_models, settings

pytest.register_assert_rewrite(
    *(f"tests.conformance.scenarios_{kind}" for kind in ("objects", "files", "runs", "streams"))
)
from tests.conformance.driver import KEY, Place  # noqa: E402 (the scenarios' assertions are rewritten first)

# Every SDK warns of the whole interface.
WARNINGS = ("The Assistants API is deprecated", "deprecated$", "The `.content\\(\\)` method should be used")


def pytest_itemcollected(item: pytest.Item) -> None:
    for message in WARNINGS:
        item.add_marker(pytest.mark.filterwarnings(f"ignore:{message}:DeprecationWarning"))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return build_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def scripted_engine(models: dict[str, str]) -> Iterator[Engine]:
    with Engine.open(Config(**settings(models))) as engine:
        yield engine


@pytest.fixture(scope="session")
def server(scripted_engine: Engine) -> Iterator[Place]:
    locked = Access(api_keys=(KEY,))
    with serve_in_thread(scripted_engine) as url, serve_in_thread(scripted_engine, access=locked) as locked_url:
        yield Place(url, locked_url)


@pytest.fixture
def http(server: Place) -> Iterator[httpx.Client]:
    """Plain HTTP, with the beta header and nothing else."""
    headers = {"OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=60) as client:
        yield client
