"""Every Python example of the documentation runs as it stands, on a real model by llama.cpp."""

import re
from pathlib import Path

import pytest

from tests.models.scripted import WEATHER_ANSWER, WEATHER_CALL, build_scripted, plain

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    pytest.param(block, id=f"{page.relative_to(ROOT).as_posix()}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), start=1)
]


@pytest.mark.parametrize("source", EXAMPLES)
def test_an_example_runs(source, tmp_path, monkeypatch, capsys):
    calls = "tools=" in source
    branches = [WEATHER_CALL, WEATHER_ANSWER] if calls else [plain("Hello", " from here", ".")]
    monkeypatch.setenv("LOCALASSIST_MODEL", str(build_scripted(tmp_path / "model.gguf", branches)))
    monkeypatch.setenv("LOCALASSIST_DATA_DIR", str(tmp_path / "data"))
    namespace = {"__name__": "__example__"}
    exec(compile(source, "example", "exec"), namespace)
    client = namespace.get("client")
    if client is not None:
        client.close()
    if "print(" in source:
        assert capsys.readouterr().out.strip()
