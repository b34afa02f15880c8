"""A directory shared with hostile code: nothing in it leads anywhere else."""

import io
import os
from pathlib import Path

import pytest

from localassist.interpreter.directory import FileRefused, LocalDirectory, copy_in, copy_out, files_below


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    path = tmp_path / "outside" / "secret.txt"
    path.write_text("secret")
    return path


def test_only_plain_visible_files_are_listed(shared: Path, secret: Path) -> None:
    (shared / "a.txt").write_text("a")
    (shared / "sub").mkdir()
    (shared / "sub" / "b.txt").write_text("b")
    (shared / ".hidden").write_text("x")
    (shared / "__pycache__").mkdir()
    (shared / "__pycache__" / "c.pyc").write_text("x")
    (shared / "link.txt").symlink_to(secret)
    (shared / "linked").symlink_to(secret.parent)
    os.mkfifo(shared / "pipe")
    assert sorted(files_below(shared, max_files=100)) == ["a.txt", "sub/b.txt"]
    assert len(files_below(shared, max_files=1)) == 1


@pytest.mark.parametrize(
    "path", ["link.txt", "linked/secret.txt", "../outside/secret.txt", "sub/../../outside/secret.txt"]
)
def test_no_way_leads_out(shared: Path, secret: Path, tmp_path: Path, path: str) -> None:
    (shared / "link.txt").symlink_to(secret)
    (shared / "linked").symlink_to(secret.parent)
    (shared / "sub").mkdir()
    if ".." in path:  # listings never contain it, and code cannot make it a name
        with pytest.raises(FileRefused):
            copy_out(shared, path.replace("..", "linked"), tmp_path / "copy", max_bytes=100)
        return
    with pytest.raises(FileRefused):
        copy_out(shared, path, tmp_path / "copy", max_bytes=100)
    assert not (tmp_path / "copy").exists()


def test_a_pipe_does_not_hold_the_engine_up(shared: Path, tmp_path: Path) -> None:
    os.mkfifo(shared / "pipe")
    with pytest.raises(FileRefused, match="not a regular file"):
        copy_out(shared, "pipe", tmp_path / "copy", max_bytes=100)


def test_a_file_that_is_too_large_is_not_read(shared: Path, tmp_path: Path) -> None:
    with (shared / "sparse").open("wb") as sparse:
        sparse.truncate(10 << 30)
    with pytest.raises(FileRefused, match="10240 MiB are more than the 1 MiB allowed"):
        copy_out(shared, "sparse", tmp_path / "copy", max_bytes=1 << 20)


def test_a_copy_has_the_bytes_and_their_digest(shared: Path, tmp_path: Path) -> None:
    (shared / "a.txt").write_bytes(b"abc")
    copied = copy_out(shared, "a.txt", tmp_path / "copy", max_bytes=100)
    assert copied == (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    assert (tmp_path / "copy").read_bytes() == b"abc"


def test_laying_in_replaces_links_and_never_follows_them(shared: Path, secret: Path) -> None:
    (shared / "a.txt").symlink_to(secret)
    copy_in(shared, ("a.txt", "file-1"), io.BytesIO(b"new"), uid=None)
    assert secret.read_text() == "secret"
    assert (shared / "a.txt").read_bytes() == (shared / "file-1").read_bytes() == b"new"
    assert not (shared / "a.txt").is_symlink()
    assert sorted(os.listdir(shared)) == ["a.txt", "file-1"]


def test_laying_in_that_fails_leaves_nothing_behind(shared: Path) -> None:
    (shared / "a.txt").mkdir()
    with pytest.raises(OSError, match="directory"):
        copy_in(shared, ("a.txt", "file-1"), io.BytesIO(b"new"), uid=None)
    assert os.listdir(shared) == ["a.txt"]


def test_a_dangling_link_counts_as_a_name_that_is_taken(shared: Path) -> None:
    (shared / "a.txt").symlink_to("nowhere")
    assert LocalDirectory(shared).has("a.txt")
    assert not LocalDirectory(shared).has("b.txt")
