"""The host as an attack finds it: secrets, other processes, services, another session; laid out anew each time."""

import ctypes
import inspect
import json
import os
import re
import secrets
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import localassist.interpreter.sandbox.confine as confine_module
from localassist.interpreter.sandbox.base import SessionDirs
from tests.sandbox.attacks.registry import ATTACKS, call
from tests.sandbox.attacks.runner import carry_out  # noqa: F401 - importing it registers every attack

# Lets any process attach, so that an attack fails for the sandbox's sake and not for the host's settings.
DECOY = """
import ctypes, time
ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0)
print(id(time), flush=True)
time.sleep(600)
"""

IPC_CREATE, IPC_REMOVE = 0o1000, 0


@dataclass(slots=True)
class Host:
    """A world, and what is watched from outside while attacks are made on it."""

    world: dict[str, Any]
    session: SessionDirs
    received: set[str] = field(default_factory=set)
    sleepers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)


@contextmanager
def lay_out(root: Path) -> Iterator[Host]:
    """A new world below `root`, an empty directory that every user may search."""
    with ExitStack() as stack:
        token, mark = secrets.token_hex(), f"intruder-{secrets.token_hex(6)}"
        session = SessionDirs.make(root / "sessions" / "own" / "data", root / "r", root / "sessions" / "own" / "tmp")
        host = Host({"token": token, "mark": mark, "engine": os.getpid(), "data": None}, session)
        host.world |= _make_files(root, token)
        host.world |= _make_processes(host, stack)
        host.world |= _make_services(host, root, stack)
        host.world |= _look_at_machine(root)
        stack.callback(_clean_up, mark, session)
        yield host


def _make_files(root: Path, token: str) -> dict[str, Any]:
    secret_dir, home, victims = root / "engine-data", root / "home", root / "engine-data" / "victims"
    for directory in (secret_dir, home, victims):
        directory.mkdir(mode=0o700)
    for path in (secret_dir / "secret", home / "secret", *(victims / attack.name for attack in ATTACKS)):
        path.write_text(token)
        path.chmod(0o600)
    other = SessionDirs.make(root / "sessions" / "other" / "data", root / "o", root / "sessions" / "other" / "tmp")
    for path in (other.data / "file", other.run / "c.json"):
        path.write_text(token)
        other.hand_over(path)
    return {
        "secret": str(secret_dir / "secret"),
        "secret_dir": str(secret_dir),
        "victims": str(victims),
        "home": str(home),
        "home_secret": str(home / "secret"),
        "other_data": str(other.data),
        "other_run": str(other.run),
        "confine": confine_module.__file__,
        "site_packages": next((path for path in sys.path if path.endswith("site-packages")), ""),
    }


def _make_processes(host: Host, stack: ExitStack) -> dict[str, Any]:
    command = [sys.executable, "-I", "-S", "-c", DECOY, "decoy-argument"]
    environment = {"SECRET": host.world["token"]}
    decoy = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    stack.callback(_end, decoy)
    assert decoy.stdout is not None
    address = int(decoy.stdout.readline())
    sources = "".join(inspect.getsource(attack.run) for attack in ATTACKS)
    for name in re.findall(r"""sleepers['"]\]\[['"](\w+)""", sources):
        host.sleepers[name] = subprocess.Popen(
            ["/bin/sleep", "600"], start_new_session=True, cwd=host.world["other_data"] if os.geteuid() == 0 else "/"
        )
        stack.callback(_end, host.sleepers[name])
    return {
        "decoy": decoy.pid,
        "decoy_address": address,
        "sleepers": {name: process.pid for name, process in host.sleepers.items()},
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _make_services(host: Host, root: Path, stack: ExitStack) -> dict[str, Any]:
    mark = host.world["mark"]
    tcp = socket.create_server(("127.0.0.1", 0))
    tcp_any = socket.create_server(("127.0.0.2", tcp.getsockname()[1]))
    unix, abstract, kernel = (socket.socket(socket.AF_UNIX) for _ in range(3))
    unix.bind(str(root / "service"))
    abstract.bind("\0" + mark)
    kernel.bind(host.world["other_run"] + "/socket")
    listeners = [tcp, tcp_any, unix, abstract, kernel]
    facts: dict[str, Any] = {}
    with suppress(OSError):
        tcp6 = socket.create_server(("::1", 0), family=socket.AF_INET6)
        facts["port6"] = tcp6.getsockname()[1]
        listeners.append(tcp6)
    for listener in listeners:
        listener.listen()
        _serve(listener, stack)
    udp, datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    datagram.bind(str(root / "datagrams"))
    _listen(host, udp, "udp", stack)
    _listen(host, datagram, "unix_datagram", stack)
    segment = call("shmget", os.getpid(), 4096, IPC_CREATE | 0o600)
    stack.callback(call, "shmctl", segment, IPC_REMOVE, None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        free_port = free.getsockname()[1]
    return facts | {
        "shm_key": os.getpid(),
        "port": tcp.getsockname()[1],
        "free_port": free_port,
        "udp_port": udp.getsockname()[1],
        "abstract": mark,
        "unix": str(root / "service"),
        "unix_datagram": str(root / "datagrams"),
    }


def _serve(listener: socket.socket, stack: ExitStack) -> None:
    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), connection:
                    connection.sendall(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    stack.callback(thread.join)
    stack.callback(_shut, listener)


def _listen(host: Host, receiver: socket.socket, name: str, stack: ExitStack) -> None:
    def listen() -> None:
        with suppress(OSError):
            while content := receiver.recv(1000):
                host.received.add(f"{name}: {content.decode()}")

    thread = threading.Thread(target=listen)
    thread.start()
    stack.callback(thread.join)
    stack.callback(_shut, receiver)


def _shut(endpoint: socket.socket) -> None:
    with suppress(OSError):
        endpoint.shutdown(socket.SHUT_RDWR)
    endpoint.close()


def _look_at_machine(root: Path) -> dict[str, Any]:
    """What this machine has, without which some attacks cannot be made."""
    disks = [entry.path for entry in os.scandir("/dev") if stat.S_ISBLK(entry.stat().st_mode)]
    number = os.stat(disks[0]).st_rdev if disks else os.makedev(7, 0)
    return {
        "disk": disks[0] if disks and os.access(disks[0], os.R_OK) else None,
        "disk_number": number,
        "has_extended_attributes": _works(lambda: os.setxattr(root / "home" / "secret", "user.t", b"1")),
        "has_mptcp": _works(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close()),
        "has_alg": _works(lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET).close()),
        "has_kmsg": _works(lambda: os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK))),
        "has_terminals": _works(lambda: [os.close(descriptor) for descriptor in os.openpty()]) and not _typing_is_off(),
        "has_io_uring": _can_call(425, 1, ctypes.create_string_buffer(120)),
        "has_fanotify": _can_call(300 if os.uname().machine == "x86_64" else 262, 0, 0),
        "has_statmount": _kernel() >= (6, 8),
        "has_ia32": os.uname().machine == "x86_64" and _runs_ia32(),
        "may_make_user_namespaces": _in_child(
            lambda: _can_call(272 if os.uname().machine == "x86_64" else 97, 0x10000000)
        ),
    }


def _typing_is_off() -> bool:
    path = Path("/proc/sys/dev/tty/legacy_tiocsti")
    return path.exists() and path.read_text().strip() == "0" and os.geteuid() != 0


def _works(deed: Any) -> bool:
    try:
        deed()
    except OSError:
        return False
    return True


def _can_call(number: int, *arguments: Any) -> bool:
    result = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments)
    if result > 2:
        os.close(result)
    return result >= 0


def _in_child(question: Any) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0 if question() else 1)
    return os.waitpid(child, 0)[1] == 0


def _runs_ia32() -> bool:
    from tests.sandbox.attacks import privileges

    return _in_child(lambda: privileges.use_the_32_bit_calls({}) > 0)


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def _clean_up(mark: str, session: SessionDirs) -> None:
    for directory in ("/tmp", "/var/tmp", "/dev/shm"):
        (Path(directory) / mark).unlink(missing_ok=True)
    end_daemons(session)


def end_daemons(session: SessionDirs) -> None:
    """Those of a control: nothing else would end them."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if str(session.data).encode() in (entry / "cmdline").read_bytes() and int(entry.name) != os.getpid():
                    os.kill(int(entry.name), signal.SIGKILL)


def seen_outside(host: Host) -> dict[str, bool]:
    """Whether each attack that is judged from outside has succeeded, some time after all were made."""
    mark, token, free_port = host.world["mark"], host.world["token"], host.world["free_port"]
    reached = _works(lambda: socket.create_connection(("127.0.0.1", free_port), timeout=2).close())
    return {
        "kill_a_process_as_a_pipes_owner": host.sleepers["kill_a_process_as_a_pipes_owner"].poll() is not None,
        "send_a_datagram": f"udp: {token}" in host.received,
        "send_to_a_datagram_service": f"unix_datagram: {token}" in host.received,
        "send_to_a_datagram_service_from_a_pair": f"unix_datagram: {token}" in host.received,
        "listen_for_the_host": reached,
        "meet_in_shared_memory_files": Path("/dev/shm", mark).exists(),
        "leave_a_file_in_tmp": Path("/tmp", mark).exists(),
        "leave_a_file_in_var_tmp": Path("/var/tmp", mark).exists(),
    }


def shows_life(session: SessionDirs, *, within_s: float) -> bool:
    """Whether a daemon of the session is alive: it writes to a file all the time."""
    sign, ends_at = session.data / "alive", time.monotonic() + within_s
    seen = set()
    while len(seen) < 2 and time.monotonic() < ends_at:
        if sign.exists():
            seen.add(sign.stat().st_mtime_ns)
        time.sleep(0.02)
    return len(seen) == 2


def falls_silent(session: SessionDirs) -> bool:
    """Whether no daemon is alive in the end; a busy machine may take a while to end one."""
    return any(not shows_life(session, within_s=1.0) for _ in range(20))


def damage(host: Host) -> list[str]:
    """What attacks have changed on the host, whatever they themselves believe."""
    changed = []
    token = host.world["token"]
    for attack in ATTACKS:
        path = Path(host.world["victims"], attack.name)
        if not path.exists() or path.read_text() != token:
            changed.append(f"{attack.name}: content")
            continue
        status = path.stat()
        if (
            status.st_mode & 0o777 != 0o600
            or status.st_uid != os.geteuid()
            or status.st_mtime < 1e9
            or os.listxattr(path)
        ):
            changed.append(f"{attack.name}: attributes")
    expected = {"secret", "victims"}
    changed += [f"made {name}" for name in sorted(set(os.listdir(host.world["secret_dir"])) - expected)]
    changed += [f"killed for {name}" for name, process in host.sleepers.items() if process.poll() is not None]
    return changed


def to_argument(host: Host, data: str) -> str:
    return json.dumps({**host.world, "data": data})
