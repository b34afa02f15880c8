"""A Python that an ordinary user can run, made from this one: the tests themselves commonly run as root.

Root's Python is often out of other users' reach (below /root), so a copy of it is made, with the few packages that the
sandbox's own code needs.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
USER_ID = 61_917  # nobody's
PACKAGES = ("annotated_types", "dotenv", "platformdirs", "pydantic", "pydantic_core", "pydantic_settings",
            "typing_extensions", "typing_inspection")  # fmt: skip
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo", "lib2to3",
    "ensurepip", "*.a",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to run a program as: the start of the command, and the environment."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]


def root() -> Person | None:
    """None where the tests do not run as root."""
    if os.geteuid() != 0:
        return None
    return Person(
        "root", (sys.executable,), {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    )


def ordinary_user(directory: Path) -> Person:
    """The user of the tests, or where that is root, one who owns `directory` and nothing else."""
    if os.geteuid() != 0:
        return Person("user", (sys.executable,), {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "HOME": str(directory)})
    python = _copied_python(directory.parent)
    os.chown(directory, USER_ID, USER_ID)
    setpriv = (
        "setpriv",
        f"--reuid={USER_ID}",
        f"--regid={USER_ID}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    )
    return Person(
        "user",
        (*setpriv, str(python)),
        {
            "PATH": os.defpath,
            "PYTHONPATH": str(python.parent.parent / "code"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LD_LIBRARY_PATH": str(python.parent.parent / "lib"),
            "HOME": str(directory),
        },
    )


@cache
def _copied_python(directory: Path) -> Path:
    """The program of a copy of this Python below `directory`: itself, its standard library, and the code under test."""
    copy = directory / "python"
    library = Path(sysconfig.get_path("stdlib"))
    (copy / "bin").mkdir(parents=True)
    program = copy / "bin" / f"python{sysconfig.get_python_version()}"
    shutil.copy(os.path.realpath(sys.executable), program)
    shutil.copytree(library, copy / "lib" / library.name, ignore=LEFT_OUT, symlinks=False)
    shared = sysconfig.get_config_var("INSTSONAME")
    for place in (sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib"):
        if shared and str(shared).startswith("libpython") and Path(place, str(shared)).is_file():
            shutil.copy(Path(place, str(shared)), copy / "lib")
    code = copy / "code"
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None, f"{name} is a dependency"
        origin = Path(found.origin or "")
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, code / name, ignore=LEFT_OUT)
        else:
            code.mkdir(exist_ok=True)
            shutil.copy(origin, code)
    shutil.copytree(ROOT / "src" / "localassist", code / "localassist", ignore=LEFT_OUT)
    (code / "tests").mkdir()
    (code / "tests" / "__init__.py").touch()
    shutil.copytree(
        ROOT / "tests" / "sandbox", code / "tests" / "sandbox", ignore=shutil.ignore_patterns("__pycache__")
    )
    os.chmod(directory, 0o755)
    return program
