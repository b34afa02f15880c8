"""Paths in code and in output: /mnt/data where it exists only by name, and the installation's own."""

import os
import re
import sys
import sysconfig
from collections.abc import Iterator

from localassist.interpreter.sandbox.base import VIRTUAL_DATA

_VIRTUAL = re.compile(rf"(?<![\w./-]){re.escape(VIRTUAL_DATA)}(?![\w.-])")


def map_paths(code: str, inside: str) -> str:
    """Put the real directory where code names /mnt/data. A path that code puts together from parts is missed."""
    return _VIRTUAL.sub(lambda _: inside.replace("\\", "/"), code)


def python_paths(home: str) -> Iterator[tuple[str, str]]:
    """What the installation's directories are called in output, so that no path of this machine shows.

    IPython writes `~` for `home`, the code's own, which may hold the installation as well: both may be in /tmp.
    """
    for path, name in _installation():
        yield path, name
        if path.startswith(home + os.sep):
            yield "~" + path.removeprefix(home), name


def _installation() -> Iterator[tuple[str, str]]:
    for kind in ("purelib", "platlib"):
        yield sysconfig.get_path(kind) + os.sep, "site-packages/"
    for kind in ("stdlib", "platstdlib"):
        yield sysconfig.get_path(kind) + os.sep, "lib/"
    for prefix in (sys.prefix, sys.base_prefix):
        if not prefix.startswith("/usr"):
            yield prefix + os.sep, "python/"
