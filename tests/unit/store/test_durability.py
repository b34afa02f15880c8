"""What was acknowledged survives SIGKILL; what was not is there whole or not at all."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from localassist.objects.threads import Message
from localassist.store.sql import SqliteStore

from . import crash_writer

NUM_KILLS = 25


@pytest.mark.crash
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "localassist.db"
    SqliteStore(path).close()
    command = [sys.executable, crash_writer.__file__, str(path)]
    acknowledged: set[str] = set()

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        for life in range(NUM_KILLS):
            acknowledged |= killed_at_some_moment(writer, life)
            assert_pairs_are_whole(path, acknowledged)
        writer.communicate()

    assert writer.returncode == 0
    assert len(acknowledged) >= NUM_KILLS


def killed_at_some_moment(writer: "subprocess.Popen[str]", life: int) -> set[str]:
    """All that the writer acknowledged in this life."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write(f"{life}\n")
    writer.stdin.flush()
    pid = int(writer.stdout.readline())
    told = {writer.stdout.readline().strip() for _ in range(random.randint(1, 12))}
    for _ in range(random.randrange(30_000)):
        pass  # lets the writer get somewhere into its next transaction
    os.kill(pid, signal.SIGKILL)
    return told | {line.strip() for line in iter(writer.stdout.readline, "died\n")}


def assert_pairs_are_whole(path: Path, acknowledged: set[str]) -> None:
    store = SqliteStore(path)
    stored = store.all(Message)
    store.close()

    assert all(item == crash_writer.message(item.id, item.thread_id) for item in stored)
    num_by_pair = Counter(item.thread_id for item in stored)
    assert set(num_by_pair.values()) == {2}
    assert acknowledged <= num_by_pair.keys()
