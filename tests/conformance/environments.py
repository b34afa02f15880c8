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


def python_with(version: str, *, engine: bool = False) -> Path:
    """The interpreter of the environment that holds this version of the SDK and what it needs.

    With `engine` it also finds localassist and all it needs where this interpreter has them, after its own packages,
    so that nothing is compiled again and the SDK under test stays first.
    """
    home = FOLDER / (f"{version}-engine" if engine else version)
    python, ready = home / "bin" / "python", home / ".ready"
    FOLDER.mkdir(exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not ready.exists():
            wanted = [f"openai=={version}"]
            if parsed(version) < FIRST_WITH_CURRENT_HTTPX:
                wanted.append("httpx<0.28")
            _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
            _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *wanted)
            if engine:
                shared = sysconfig.get_path("purelib")
                (own,) = home.glob("lib/python*/site-packages")
                (own / "zz-engine.pth").write_text(f"import site; site.addsitedir({shared!r})\n", encoding="utf-8")
            ready.touch()
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
