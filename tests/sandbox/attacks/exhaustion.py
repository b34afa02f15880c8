"""Code that uses up the machine: each function until it is stopped, or refused with an OSError or a MemoryError."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

MIB = 1 << 20
FOREVER_S = 600.0


class Directories:
    """The session's own, as paths."""

    def __init__(self, data: str, run: str, tmp: str) -> None:
        self.data, self.run, self.tmp = data, run, tmp


Scenario = Callable[[Directories], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


def wait() -> NoReturn:
    time.sleep(FOREVER_S)
    raise SystemExit


def fill(directory: str) -> None:
    for number in range(10**6):
        with open(f"{directory}/{number}", "wb") as file:
            file.write(bytes(20 * MIB))


@scenario
def fork_bomb(at: Directories) -> None:
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)


@scenario
def fork_bomb_of_orphans(at: Directories) -> None:
    """No process is its maker's child for long, and each leads a session of its own."""
    if os.fork():
        wait()
    while True:
        try:
            if os.fork():
                os._exit(0)
            os.setsid()
            if os.fork() == 0:
                wait()
        except OSError:
            time.sleep(0.01)


@scenario
def threads(at: Directories) -> None:
    threading.stack_size(1 << 18)
    while True:
        try:
            threading.Thread(target=wait).start()
        except RuntimeError:
            time.sleep(0.01)


@scenario
def memory_in_one_process(at: Directories) -> None:
    kept = []
    while True:
        kept.append(bytearray(10 * MIB))


@scenario
def memory_with_addresses_to_spare(at: Directories) -> None:
    kept = []
    while True:
        kept.append(bytearray(os.urandom(MIB)) * 10)


@scenario
def memory_in_many_processes(at: Directories) -> None:
    for _ in range(8):
        if os.fork() == 0:
            kept = bytearray(os.urandom(MIB)) * 100
            time.sleep(FOREVER_S if kept else 0)
    wait()


@scenario
def forks_that_share_memory(at: Directories) -> None:
    """No attack: together they seem to have twelve times what they have."""
    kept = bytearray(os.urandom(MIB)) * 100
    for _ in range(12):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
    time.sleep(3)
    print("done", len(kept) // MIB, flush=True)


@scenario
def one_huge_file(at: Directories) -> None:
    with open(at.data + "/huge", "wb") as file:
        while True:
            file.write(bytes(MIB))


@scenario
def one_huge_sparse_file(at: Directories) -> None:
    os.truncate(os.open(at.data + "/sparse", os.O_CREAT | os.O_WRONLY), 10**12)


@scenario
def many_large_files(at: Directories) -> None:
    fill(at.data)


@scenario
def deleted_files_kept_open(at: Directories) -> None:
    kept = []
    for _ in range(200):
        kept.append(open(at.data + "/deleted", "wb", 0))  # noqa: SIM115 - kept open on purpose
        os.unlink(at.data + "/deleted")
        kept[-1].write(bytes(20 * MIB))
    wait()


@scenario
def files_in_a_locked_directory(at: Directories) -> None:
    locked = at.data + "/locked"
    os.mkdir(locked)
    for number in range(10**6):
        os.chmod(locked, 0o700)
        with open(f"{locked}/{number}", "wb") as file:
            file.write(bytes(20 * MIB))
        os.chmod(locked, 0)


@scenario
def many_empty_files(at: Directories) -> None:
    for number in range(10**7):
        os.close(os.open(f"{at.data}/{number}", os.O_CREAT))


@scenario
def many_links(at: Directories) -> None:
    open(at.data + "/file", "w").close()
    for number in range(10**7):
        os.link(at.data + "/file", f"{at.data}/{number}")


@scenario
def nested_directories(at: Directories) -> None:
    os.chdir(at.data)
    for _ in range(1000):
        os.mkdir("deeper")
        os.chdir("deeper")
    wait()


@scenario
def the_run_directory(at: Directories) -> None:
    fill(at.run)


@scenario
def the_scratch_directory(at: Directories) -> None:
    fill(at.tmp)


@scenario
def shared_memory_files(at: Directories) -> None:
    fill("/dev/shm")


@scenario
def open_files_in_many_processes(at: Directories) -> None:
    kept = []
    for _ in range(16):
        if os.fork() == 0:
            try:
                while True:
                    kept.append(socket.socketpair())
            except OSError:
                wait()
    wait()


@scenario
def an_uninterruptible_loop(at: Directories) -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    print("looping", flush=True)
    while True:
        sum(range(10**8))


def work_in_peace(at: Directories) -> None:
    """What a neighbour does: it writes, and it makes processes. Where it is refused one it says so, and goes on."""
    while True:
        with open(at.data + "/beat", "w") as file:
            file.write(str(time.monotonic()))
        try:
            if os.fork() == 0:
                os._exit(0)
            os.wait()
        except BlockingIOError:
            open(at.data + "/refused", "w").close()
        time.sleep(0.02)


def main() -> None:
    name, *directories = sys.argv[1:]
    try:
        {**SCENARIOS, "work_in_peace": work_in_peace}[name](Directories(*directories))
    except (OSError, MemoryError) as exc:
        print("refused:", type(exc).__name__, getattr(exc, "errno", ""), flush=True)
        wait()
