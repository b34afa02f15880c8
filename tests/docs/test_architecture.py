"""ARCHITECTURE.md is true to the code it is drawn from."""

from pathlib import Path

from localassist.runs.lifecycle import diagram

ROOT = Path(__file__).resolve().parents[2]


def test_the_lifecycle_is_drawn_as_it_is():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}\n```" in page, "run: python scripts/draw_lifecycle.py"
