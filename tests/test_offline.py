"""Nothing leaves the machine: not on import, not while an engine runs; and importing stays light."""

import importlib
import importlib.util
import json
import pkgutil
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import localassist
from tests import conftest
from tests.models.scripted import WEATHER_ANSWER, WEATHER_CALL, build_scripted

ROOT = Path(__file__).resolve().parent.parent
HEAVY = [
    "llama_cpp",
    "llguidance",
    "openai",
    "fastapi",
    "sqlalchemy",
    "alembic",
    "torch",
    "chromadb",
    "huggingface_hub",
]

# An address of TEST-NET-1 (RFC 5737): it belongs to nobody.
ELSEWHERE = "192.0.2.1"


def test_another_host_is_refused_and_the_attempt_is_noted() -> None:
    with pytest.raises(conftest.NetworkBlocked, match=ELSEWHERE), socket.socket() as connection:
        connection.connect((ELSEWHERE, 80))
    with pytest.raises(conftest.NetworkBlocked, match=r"example\.org"):
        urllib.request.urlopen("http://example.org")
    with pytest.raises(conftest.NetworkBlocked), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"?", (ELSEWHERE, 53))
    assert conftest.blocked_hosts == [ELSEWHERE, "example.org", ELSEWHERE]
    conftest.blocked_hosts.clear()


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()


def test_importing_every_module_reaches_for_nothing() -> None:
    for module in pkgutil.walk_packages(localassist.__path__, "localassist."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    assert conftest.blocked_hosts == []


def loaded_by(code: str) -> set[str]:
    """The modules a fresh interpreter has loaded after the code."""
    report = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", report], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_no_heavy_library() -> None:
    assert not loaded_by("import localassist") & set(HEAVY)


@pytest.mark.skipif(importlib.util.find_spec("localassist.cli") is None, reason="the command line is not there yet")
def test_asking_the_command_line_for_help_loads_no_heavy_library() -> None:
    ask = "import contextlib, sys\nsys.argv[1:] = ['--help']\nfrom localassist.cli import main\n"
    assert not loaded_by(ask + "with contextlib.suppress(SystemExit): main()") & set(HEAVY)


def can_make_namespaces() -> bool:
    """Whether this kernel lets this user have a network of his own."""
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and not subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode
    )


@pytest.mark.skipif(not can_make_namespaces(), reason="this system allows no network namespace (unshare -rn)")
def test_an_assistant_works_where_loopback_is_the_only_network(tmp_path: Path) -> None:
    model = build_scripted(tmp_path / "weather.gguf", [WEATHER_CALL, WEATHER_ANSWER])
    scenario = [sys.executable, str(ROOT / "tests" / "offline_scenario.py"), str(model), str(tmp_path / "data")]
    done = subprocess.run(["unshare", "-rn", *scenario], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = "".join(WEATHER_ANSWER.chunks)
    assert json.loads(done.stdout) == {"isolated": True, "in process": answer, "over http": answer}
