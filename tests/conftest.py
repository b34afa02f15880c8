"""What holds for every test: no network but loopback, no user directories, no settings from the environment."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CONNECTING = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}  # audit event → index of the address
RESOLVING = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}  # audit event → index of the host
blocked_hosts: list[str] = []


class NetworkBlocked(RuntimeError):
    """A test tried to reach a host other than this machine."""


def is_loopback(host: Any) -> bool:
    """Whether a host as given to the socket module means this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "testserver"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False


def refuse_other_hosts(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: sees every connection and every name look-up of this process, whichever library makes it."""
    if event in CONNECTING:
        address = args[CONNECTING[event]]
        host = address[0] if isinstance(address, tuple) else None  # a string is a Unix socket's path
    elif event in RESOLVING:
        host = args[RESOLVING[event]]
    else:
        return
    if not is_loopback(host):
        blocked_hosts.append(str(host))
        raise NetworkBlocked(f"the suite is offline: a test tried to reach {host!r}")


sys.addaudithook(refuse_other_hosts)


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for variable in [name for name in os.environ if name.startswith(("OPENAI_", "LOCALASSIST_", "XDG_", "AZURE_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path / ".home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1")
    blocked_hosts.clear()
    yield
    assert not blocked_hosts, f"reached for {blocked_hosts}, though the suite is offline"
