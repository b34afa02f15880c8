"""`kill -9` of a server that ingests, finds and deletes: no acknowledged file is lost or found in part."""

from pathlib import Path

import pytest

from tests.crash.lives import open_lives
from tests.crash.search_load import endure_searching


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_ten_kills_lose_no_file(tmp_path: Path) -> None:
    with open_lives("tests.crash.search_server", str(tmp_path / "data"), log=tmp_path / "log") as lives:
        assert endure_searching(lives, 10) > 10
    assert "Traceback" not in (tmp_path / "log").read_text()
