"""Where sandboxes are attacked."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.interpreter.sandbox import trees


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A directory that every user may search; pytest's own are for its user alone."""
    directory = Path(tempfile.mkdtemp(prefix="sandbox-"))
    directory.chmod(0o755)
    yield directory
    trees.delete(directory)
