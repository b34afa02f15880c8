"""What every `BlobStore` does, and what only the directory can do."""

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.errors import InvalidRequest, StoreFailed
from localassist.protocols import BlobStore
from localassist.store.blobs import DirectoryBlobs, MemoryBlobs

CONTENT = bytes(range(256)) * 10_000  # more than one chunk


class BrokenSource(io.BytesIO):
    """Breaks off after the first chunk."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise RuntimeError("the client went away")
        return super().read(size)


@pytest.fixture(params=["directory", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return DirectoryBlobs(tmp_path / "files") if request.param == "directory" else MemoryBlobs()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file beside it that nobody may touch."""
    (tmp_path / "secret").write_text("secret")
    yield tmp_path / "files"
    assert (tmp_path / "secret").read_text() == "secret"


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [b"", b"a", CONTENT])
def test_bytes_come_back_as_they_went_in(blobs: BlobStore, content: bytes) -> None:
    assert blobs.write("file-abc", io.BytesIO(content)) == len(content)

    with blobs.open("file-abc") as file:
        assert file.read() == content
    assert blobs.size("file-abc") == len(content)


def test_writing_again_replaces(blobs: BlobStore) -> None:
    blobs.write("file-abc", io.BytesIO(b"first"))
    blobs.write("file-abc", io.BytesIO(b"second"))

    with blobs.open("file-abc") as file:
        assert file.read() == b"second"


def test_a_blob_may_be_as_large_as_the_limit(blobs: BlobStore) -> None:
    assert blobs.write("file-abc", io.BytesIO(b"12345"), max_bytes=5) == 5


def test_a_blob_over_the_limit_is_refused_and_the_old_one_stays(blobs: BlobStore) -> None:
    blobs.write("file-old", io.BytesIO(b"old"))

    for key in ("file-old", "file-new"):
        with pytest.raises(InvalidRequest, match=r"too large: the limit is 5 bytes") as invalid:
            blobs.write(key, io.BytesIO(b"123456"), max_bytes=5)
        assert invalid.value.param == "file"

    assert blobs.size("file-old") == 3
    with pytest.raises(StoreFailed):
        blobs.open("file-new")


def test_bytes_that_are_gone_are_named(blobs: BlobStore) -> None:
    with pytest.raises(StoreFailed, match=r"bytes of 'file-gone' are gone.*upload the file again"):
        blobs.open("file-gone")
    with pytest.raises(StoreFailed, match="file-gone"):
        blobs.size("file-gone")


def test_deleting_twice_is_harmless(blobs: BlobStore) -> None:
    blobs.write("file-abc", io.BytesIO(b"a"))

    blobs.delete("file-abc")
    blobs.delete("file-abc")

    with pytest.raises(StoreFailed):
        blobs.open("file-abc")


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../secret",
        "/etc/passwd",
        "file-a/../../secret",
        "file-a\n",
        "file-a\x00",
        "-rf",
        "ﬁle-a",
        "a" * 129,
    ],
)
def test_a_key_that_is_no_id_is_refused(blobs: BlobStore, folder: Path, key: str) -> None:
    for refused in (
        lambda: blobs.write(key, io.BytesIO(b"a")),
        lambda: blobs.open(key),
        lambda: blobs.size(key),
        lambda: blobs.delete(key),
    ):
        with pytest.raises(InvalidRequest, match="Invalid file id"):
            refused()


def test_a_source_that_breaks_off_leaves_nothing(folder: Path) -> None:
    blobs = DirectoryBlobs(folder)

    with pytest.raises(RuntimeError, match="went away"):
        blobs.write("file-abc", BrokenSource(CONTENT))

    assert files_in(folder) == []


def test_what_a_killed_writer_left_is_removed_at_the_next_start(folder: Path) -> None:
    blobs = DirectoryBlobs(folder)
    blobs.write("file-abc", io.BytesIO(b"a"))
    (folder / "incoming" / ".localassist-x1y2.part").write_bytes(b"half")

    DirectoryBlobs(folder)

    assert files_in(folder) == ["file-abc"]


def test_blobs_are_there_when_the_directory_is_opened_again(folder: Path) -> None:
    DirectoryBlobs(folder).write("file-abc", io.BytesIO(b"a"))

    assert DirectoryBlobs(folder).size("file-abc") == 1


def test_blobs_are_for_their_owner_alone(folder: Path) -> None:
    DirectoryBlobs(folder).write("file-abc", io.BytesIO(b"a"))

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes == {0o700, 0o600}


def test_a_file_in_place_of_the_folder_is_named(folder: Path) -> None:
    folder.write_text("not a folder")

    with pytest.raises(StoreFailed, match=f"The folder {folder} failed"):
        DirectoryBlobs(folder)
