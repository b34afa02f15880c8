"""An environment of its own for each released SDK, made on demand under `.venv-sdk/` and kept."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-sdk"
FIRST_WITH_CURRENT_HTTPX = (1, 56)  # older ones pass an argument that httpx 0.28 dropped


def parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def python_with(version: str) -> Path:
    """The interpreter of the environment that holds this version of the SDK and what it needs, nothing else."""
    home = FOLDER / version
    python, ready = home / "bin" / "python", home / ".ready"
    FOLDER.mkdir(exist_ok=True)
    with FileLock(FOLDER / f"{version}.lock"):
        if not ready.exists():
            wanted = [f"openai=={version}"]
            if parsed(version) < FIRST_WITH_CURRENT_HTTPX:
                wanted.append("httpx<0.28")
            _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
            _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *wanted)
            ready.touch()
    return python


def site_packages() -> Path:
    """Where localassist and all it needs are installed: the environment that runs the tests."""
    return Path(sysconfig.get_path("purelib"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
