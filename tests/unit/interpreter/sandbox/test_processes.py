import os
import sys
from pathlib import Path

import pytest

from localassist.interpreter.sandbox import processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: it is counted on Linux only")


def test_deleted_files_that_are_still_open_are_counted_by_file_system(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("not run: this machine has one file system only")
    before = processes.open_files([os.getpid()])
    kept = []
    for place, size_bytes in ((tmp_path, 1 << 20), (other, 2 << 20)):
        path = place / f"deleted-{os.getpid()}"
        kept.append(path.open("wb", 0))
        path.unlink()
        kept[-1].write(bytes(size_bytes))
    opened = processes.open_files([os.getpid()])
    grown = opened.deleted_bytes - before.deleted_bytes
    for file in kept:
        file.close()
    assert opened.num_open == before.num_open + 2
    assert grown[tmp_path.stat().st_dev] >= 1 << 20
    assert grown[other.stat().st_dev] >= 2 << 20


def test_a_process_that_has_ended_holds_nothing() -> None:
    assert processes.open_files([2**22 + 1]) == (0, {})
