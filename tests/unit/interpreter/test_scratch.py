"""Scratch directories: locked while their engine lives, deleted by the next one when it died."""

from pathlib import Path

import pytest

from localassist.interpreter.scratch import LOCK, PREFIX, Scratch


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_what_a_dead_engine_left_is_deleted_and_what_a_live_one_uses_is_not(place: Path) -> None:
    left = place / f"{PREFIX}left"
    (left / "1" / "r").mkdir(parents=True)
    (left / LOCK).touch()
    live = Scratch()
    other = Scratch()
    assert not left.exists()
    assert set(place.iterdir()) == {live.path, other.path}
    for scratch in (live, other):
        scratch.close()
    assert not list(place.iterdir())


def test_a_directory_without_a_lock_is_not_ours_to_delete(place: Path) -> None:
    (place / f"{PREFIX}somebodys").mkdir()
    Scratch().close()
    assert (place / f"{PREFIX}somebodys").exists()


def test_what_cannot_be_deleted_is_left_and_said(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    left = place / f"{PREFIX}left"
    left.mkdir()
    (left / LOCK).symlink_to(place / "elsewhere")
    (place / "elsewhere").touch()
    Scratch().close()
    assert left.exists()
    assert str(left) in caplog.text
