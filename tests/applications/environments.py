"""An environment of its own for each application, made on demand beside those of the SDKs and kept."""

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from tests.conformance.environments import FOLDER

PYTHON_PACKAGES = {
    "langchain": ("langchain-classic==1.0.8", "langchain-community==0.4.2", "langchain-openai", "openai==2.54.0"),
    "autogen": ("autogen-ext[openai]==0.7.5", "autogen-agentchat==0.7.5", "openai==2.54.0"),
    "ag2": ("ag2[openai]==0.13.4",),
    "pyautogen": ("pyautogen==0.2.35", "openai<1.66", "httpx<0.28"),
    "semantic-kernel": ("semantic-kernel==1.45.0",),
}
NODE_PACKAGES = {"quickstart": ("openai@4.46.0",), "librechat": ("openai@5.10.1",)}


def python_for(application: str) -> Path:
    """The interpreter of an environment with the application's released packages."""
    home = FOLDER / application
    python = home / "bin" / "python"
    with _once(home) as is_ready:
        if not is_ready:
            _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
            packages = PYTHON_PACKAGES[application]
            _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *packages)
    return python


def node_folder(name: str) -> Path:
    """A folder whose `node_modules` holds the packages."""
    home = FOLDER / name
    with _once(home) as is_ready:
        if not is_ready:
            home.mkdir(exist_ok=True)
            (home / "package.json").write_text("{}", encoding="utf-8")
            _run("npm", "install", "--silent", "--no-audit", "--no-fund", *NODE_PACKAGES[name], cwd=home)
    return home


class _once:
    """Holds a folder's lock, and marks it ready when its making has succeeded."""

    def __init__(self, home: Path) -> None:
        self._ready = home / ".ready"
        self._lock = FileLock(f"{home}.lock")

    def __enter__(self) -> bool:
        FOLDER.mkdir(exist_ok=True)
        self._lock.acquire()
        return self._ready.exists()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._ready.touch()
        self._lock.release()


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=os.environ)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
