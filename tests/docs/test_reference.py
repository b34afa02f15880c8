"""docs/reference/ says what the code does."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES: dict[str, str] = load_script().pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_fresh(name: str) -> None:
    path = ROOT / "docs" / "reference" / name
    assert path.is_file(), "run: python scripts/reference.py"
    assert path.read_text(encoding="utf-8") == PAGES[name], "run: python scripts/reference.py"


def test_nothing_else_is_there() -> None:
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(PAGES)


def test_every_setting_is_explained() -> None:
    rows = [line for line in PAGES["settings.md"].splitlines() if line.startswith("| `")]
    assert all(row.rpartition("| ")[2].strip() or row.split("|")[4].strip() for row in rows)
