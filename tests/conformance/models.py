"""The scripted models of the scenarios, as files."""

from pathlib import Path

from tests.conformance import lab
from tests.models.scripted import (
    TWO_CALLS,
    WEATHER_ANSWER,
    WEATHER_CALL,
    Branch,
    build_scripted,
    calls,
    endless,
    plain,
)

CONTEXT_WINDOW = 32_768


def _after_tools(*chunks: str) -> Branch:
    return plain(*chunks, marker="<tool_response>")


BRANCHES: dict[str, list[Branch]] = {
    lab.WEATHER: [WEATHER_CALL, WEATHER_ANSWER],
    lab.TWO_CALLS: [TWO_CALLS, WEATHER_ANSWER],
    lab.PLAIN: [plain("Hello", " there,", " my friend.")],
    lab.LONG: [plain("part0", *(f" part{i}" for i in range(1, 300)))],
    lab.ENDLESS: [endless("round ", "and about ")],
    lab.CODE: [
        calls(("python", {"code": lab.PROGRAM})),
        _after_tools("The chart", " is above, the sum in ", "[report.csv](sandbox:/mnt/data/report.csv)", "."),
    ],
    lab.CITES: [
        calls(("file_search", {"queries": [lab.QUERY]})),
        _after_tools("It waits", " at the river ", "【0:0†birds.txt】", "."),
    ],
}


def build_models(folder: Path) -> dict[str, str]:
    """Paths by name, in the form of the setting `models`; that of `BROKEN` is no model."""
    broken = folder / "broken.gguf"
    broken.write_bytes(b"GGUF and then nothing of the kind")
    paths = {
        name: build_scripted(folder / f"{name}.gguf", branches, context_length=CONTEXT_WINDOW)
        for name, branches in BRANCHES.items()
    }
    return {name: str(path) for name, path in (paths | {lab.BROKEN: broken}).items()}


def settings(models: dict[str, str]) -> dict[str, object]:
    """The configuration that the scenarios count on: endless answers last until they are cancelled."""
    return {
        "data_dir": ":memory:",
        "model": lab.WEATHER,
        "models": models,
        "context_window": CONTEXT_WINDOW,
        "max_turn_tokens": CONTEXT_WINDOW,
        "threads": 1,
    }
