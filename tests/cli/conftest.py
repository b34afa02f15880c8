"""Models that answer by a script, and settings for a data directory of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.driving import serving
from tests.models.scripted import WEATHER_ANSWER, WEATHER_CALL, build_scripted, endless, plain

Settings = dict[str, object]

LONG = 60_000  # tokens, so that what is endless lasts for a test


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with hello.gguf, weather.gguf and endless.gguf."""
    folder = tmp_path_factory.mktemp("models")
    scripts = {
        "hello": [plain("Hello", " there", ", how", " are you?")],
        "weather": [WEATHER_CALL, WEATHER_ANSWER],
        "endless": [endless(" on", " and")],
    }
    for name, branches in scripts.items():
        build_scripted(folder / f"{name}.gguf", branches, context_length=LONG)
    return folder


@pytest.fixture
def alone(models: Path, tmp_path: Path) -> Settings:
    """Settings for commands that find no server."""
    return {"data_dir": tmp_path / "data", "model": models / "hello.gguf"}


@pytest.fixture(scope="session")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings for commands that find a server, which knows all three models."""
    home = tmp_path_factory.mktemp("served")
    folder = home / "data" / "models"
    folder.mkdir(parents=True)
    for path in models.glob("*.gguf"):
        (folder / path.name).write_bytes(path.read_bytes())
    settings: Settings = {"data_dir": home / "data", "model": "hello", "config_file": home / "none.toml"}
    settings |= {"context_window": LONG, "max_turn_tokens": LONG}
    with serving(settings=settings):
        yield settings


@pytest.fixture
def weather_tools(tmp_path: Path) -> Path:
    """A file with the function that weather.gguf calls."""
    path = tmp_path / "tools.json"
    path.write_text(
        '[{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", '
        '"properties": {"city": {"type": "string"}}, "required": ["city"]}}}]'
    )
    return path
