"""Make the development environment: .venv with localassist (editable), its dev group and the pinned versions.

Run by the Makefile with any Python 3.11 to 3.13; it needs nothing but the standard library and a C/C++ compiler.
llama.cpp is compiled once: its wheel is kept in the user's cache, outside the repository, and found again later.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
NATIVE_PACKAGE = "llama-cpp-python"


def main() -> None:
    """Create or bring up to date the environment named on the command line (default: .venv)."""
    directory = ROOT / (sys.argv[1] if len(sys.argv) > 1 else ".venv")
    if not (directory / "bin" / "pip").exists():  # pip comes last: a half-made environment is made again
        say(f"creating {directory.name} with Python {sys.version.split()[0]}")
        create_environment(directory)
    python = str(directory / "bin" / "python")
    run(python, "-m", "pip", "install", "-qq", "--upgrade", "pip>=25.1")  # 25.1 knows --group
    wheels = build_native_wheel(python)
    say("installing localassist and its development tools")
    links = ["--find-links", str(wheels)] if wheels else []
    constraints = ["--constraint", str(CONSTRAINTS)]
    run(python, "-m", "pip", "install", "-qq", *links, *constraints, "--editable", ".[all]", "--group", "dev")


def create_environment(directory: Path) -> None:
    """An environment with pip. Debian keeps the part that does this in a package of its own."""
    try:
        venv.create(directory, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ImportError) as exc:
        shutil.rmtree(directory, ignore_errors=True)
        raise SystemExit(
            f"cannot create a virtual environment ({exc}). On Debian: apt-get install python3-venv"
        ) from exc


def build_native_wheel(python: str) -> Path | None:
    """Compile llama-cpp-python unless its wheel is already in the cache; the folder of the wheel.

    None when the cache cannot be written: pip then compiles it as part of the installation.
    """
    version = pinned_version(NATIVE_PACKAGE)
    wheels = cache_directory() / "localassist" / "wheels"
    try:
        wheels.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        say(f"{wheels} cannot be written ({exc.strerror}): llama.cpp will be compiled without keeping the result")
        return None
    pattern = f"{NATIVE_PACKAGE.replace('-', '_')}-{version}-*.whl"
    if not any(wheels.glob(pattern)):
        if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang") or "CC" in os.environ):
            say("no C compiler found: install one first (Debian: apt-get install build-essential; macOS: xcode-select)")
        say(f"building {NATIVE_PACKAGE} {version}: about five minutes, once; kept in {wheels}")
    # With a matching wheel in the folder pip takes it and builds nothing.
    options = ["-qq", "--no-deps", "--find-links", str(wheels), "--wheel-dir", str(wheels)]
    run(python, "-m", "pip", "wheel", *options, f"{NATIVE_PACKAGE}=={version}")
    return wheels


def pinned_version(package: str) -> str:
    """The version constraints.txt gives the package."""
    match = re.search(rf"^{re.escape(package)}==(\S+)", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise SystemExit(f"{CONSTRAINTS.name} has no pin for {package}; run `make lock`")
    return match[1]


def cache_directory() -> Path:
    """The user's cache directory; a home that is not known is no error here."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/tmp") / ".cache")


def run(*command: str) -> None:
    """Run a command in the repository; its failure ends the program with its exit status."""
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"failed ({done.returncode}): {' '.join(command)}")


def say(message: str) -> None:
    print(f"· {message}", flush=True)


if __name__ == "__main__":
    main()
