"""Small models made by hand, built once per session, and backends on them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from tests.models.random_weights import build_random, build_recurrent, build_sliding_window
from tests.models.scripted import KOREAN, TWO_CALLS, WEATHER_ANSWER, WEATHER_CALL, build_scripted, endless, plain

OpenBackend = Callable[..., LlamaBackend]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Model files by name."""
    folder = tmp_path_factory.mktemp("models")
    scripts = {
        "weather": [WEATHER_CALL, WEATHER_ANSWER],
        "two_calls": [TWO_CALLS, WEATHER_ANSWER],
        "korean": [KOREAN],
        "endless": [endless("one", " two", " three,")],
        "short": [plain("Hello", " there", ".")],
        "silent": [plain(" ", "\n")],
    }
    built = {name: build_scripted(folder / f"{name}.gguf", branches) for name, branches in scripts.items()}
    built["special"] = build_scripted(folder / "special.gguf", [WEATHER_CALL, WEATHER_ANSWER], special_calls=True)
    built["random"] = build_random(folder / "random.gguf")
    built["sliding_window"] = build_sliding_window(folder / "sliding_window.gguf")
    built["recurrent"] = build_recurrent(folder / "recurrent.gguf")
    return built


@pytest.fixture
def open_backend(models: dict[str, Path]) -> Iterator[OpenBackend]:
    """Opens a model by name with one thread, as tests share the machine; closes what it opened."""
    opened: list[LlamaBackend] = []

    def open_one(name: str, **options: object) -> LlamaBackend:
        opened.append(LlamaBackend(models[name], LlamaOptions(**{"threads": 1, **options})))
        return opened[-1]

    yield open_one
    for backend in opened:
        backend.close()
