"""One engine on scripted models for all scenarios, and servers in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.access import Access
from localassist.http.server import serve_in_thread
from tests.conformance.driver import KEY, Place
from tests.conformance.models import build_models, settings


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
