"""What a Python inside a sandbox needs: its own installation, the system's libraries, a small environment."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from localassist.interpreter.sandbox import confine
from localassist.interpreter.sandbox.base import Places

SYSTEM_TREES = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/nix/store")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/mime.types",
    "/etc/localtime",
    "/etc/alternatives",
    "/etc/os-release",
    "/etc/debian_version",
)
CONFINE = Path(confine.__file__).resolve()


def python_trees() -> list[Path]:
    """The directories that hold this Python and its packages, under the names it uses for them; none inside another."""
    named = [Path(prefix) for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)]
    links = [link.parent for link in _links(Path(sys.executable))]
    wanted = sorted({*named, *(path.resolve() for path in named), *links}, key=lambda path: len(path.parts))
    trees: list[Path] = []
    for path in wanted:
        if not any(path.is_relative_to(tree) for tree in (*trees, *map(Path, SYSTEM_TREES))):
            trees.append(path)
    return trees


def _links(path: Path) -> Iterator[Path]:
    """The path and those it stands for, link by link: a virtual environment's Python is one to another."""
    yield path
    while path.is_symlink():
        path = path.parent / path.readlink()
        yield Path(os.path.normpath(path))


def inner_environment(places: Places, env: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the program: nothing of the engine's, and `env` on top."""
    return {
        "HOME": places.tmp,
        "TMPDIR": places.tmp,
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "OPENBLAS_NUM_THREADS": "2",
        "OMP_NUM_THREADS": "2",
        "MALLOC_ARENA_MAX": "2",
        **env,
    }


def confined(specification: str, argv: Sequence[str], *, script: str | Path = CONFINE) -> list[str]:
    """The command that gives up every right, then becomes `argv`."""
    return [sys.executable, "-I", "-S", str(script), specification, *argv]
