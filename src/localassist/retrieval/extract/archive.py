"""ZIP containers, which most document types are: opened only when they unpack to something of a sane size."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localassist.retrieval.extract.faults import invalid

MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200  # of what a large part unpacks to, to what it takes up packed
_SMALL_BYTES = 32 << 20  # below this a ratio says nothing: white space packs well
MAX_MEMBERS = 20_000


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises FileRefused for what is damaged, protected, or a bomb."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive)
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError) as exc:
        raise invalid(f"The file is damaged or cut off ({exc}). Upload it again, whole.") from exc


def _check(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise invalid("The file is protected by a password. Save it without one and upload it again.")
    unpacked = sum(member.file_size for member in members)
    bombs = [m for m in members if m.file_size > _SMALL_BYTES and m.file_size > MAX_RATIO * max(m.compress_size, 1)]
    if bombs or unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_MEMBERS:
        raise invalid(
            f"The file unpacks to {unpacked / 1e9:.1f} GB in {len(members)} parts, which looks like a zip bomb. "
            "Save the document again in its program, or split it."
        )
