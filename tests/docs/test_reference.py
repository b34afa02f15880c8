"""docs/reference/ says what the code does."""

import pytest

from tests.docs.scripts import ROOT, load_script

PAGES: dict[str, str] = load_script("reference").pages()


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
