"""An environment of its own for each released SDK, made on demand under `.venv-sdk/` and kept."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".venv-sdk"
FIRST_WITH_CURRENT_HTTPX = (1, 56)  # older ones pass an argument that httpx 0.28 dropped
NODE = "22.23.3"  # of the package `node`, where the system has none or an older one: openai 7 asks for 22
OLDEST_NODE = 22


def parsed(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def python_with(version: str, *others: str, engine: bool = False) -> Path:
    """The interpreter of the environment that holds this version of the SDK, what it needs, and other packages.

    With `engine` it also finds localassist and all it needs where this interpreter has them, after its own packages,
    so that nothing is compiled again and the SDK under test stays first.
    """
    home = FOLDER / (version + ("-engine" if engine else "") + ("-tests" if others else ""))

    def make() -> None:
        wanted = [f"openai=={version}", *others]
        if parsed(version) < FIRST_WITH_CURRENT_HTTPX:
            wanted.append("httpx<0.28")
        _install(home, *wanted)
        if engine:
            shared = sysconfig.get_path("purelib")
            (own,) = home.glob("lib/python*/site-packages")
            (own / "zz-engine.pth").write_text(f"import site; site.addsitedir({shared!r})\n", encoding="utf-8")

    return _once(home, make) / "bin" / "python"


def python_holding(name: str, *packages: str) -> Path:
    """The interpreter of the environment of this name, which holds these packages."""
    home = FOLDER / name
    return _once(home, lambda: _install(home, *packages)) / "bin" / "python"


def sdk_source(version: str) -> Path:
    """The unpacked source package of this version of the SDK."""
    home = FOLDER / f"{version}-source"

    def make() -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "openai"]
        _run(*command, "--dest", str(home), f"openai=={version}")
        shutil.unpack_archive(home / f"openai-{version}.tar.gz", home, filter="data")

    return _once(home, make) / f"openai-{version}"


def node_with(version: str) -> Path:
    """The directory of packages that holds this version of the SDK for Node."""
    return _once(FOLDER / f"node-{version}", lambda: _npm(f"node-{version}", f"openai@{version}")) / "node_modules"


def node() -> str:
    """A Node that is new enough for the newest SDK."""
    found = shutil.which("node")
    if found is not None:
        asked = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        if int(asked.stdout.lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return found
    home = _once(FOLDER / f"node-of-npm-{NODE}", lambda: _npm(f"node-of-npm-{NODE}", f"node@{NODE}", scripts=True))
    return str(home / "node_modules" / "node" / "bin" / "node")


def _install(home: Path, *packages: str) -> None:
    _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
    python = str(home / "bin" / "python")
    _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *packages)


def _npm(folder: str, package: str, *, scripts: bool = False) -> None:
    assert shutil.which("npm"), "npm is not there: install Node.js with npm to drive openai-node"
    home = FOLDER / folder
    home.mkdir(exist_ok=True)
    (home / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    quiet = ["--no-audit", "--no-fund", "--loglevel=error", *([] if scripts else ["--ignore-scripts"])]
    _run("npm", "install", "--prefix", str(home), *quiet, package)


def _once(home: Path, make: Callable[[], None]) -> Path:
    """The directory, made when it is not there or was not finished."""
    FOLDER.mkdir(exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not (home / ".ready").exists():
            make()
            (home / ".ready").touch()
    return home


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
