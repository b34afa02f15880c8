"""Where sandboxes are attacked."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.interpreter.sandbox import trees
from tests.sandbox import reports


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A directory that every user may search; pytest's own are for its user alone."""
    directory = Path(tempfile.mkdtemp(prefix="sandbox-"))
    directory.chmod(0o755)
    yield directory
    trees.delete(directory)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the attacks of each run, and name those that were not made: they are not among those that passed."""
    for subject, report in sorted(reports.told.items()):
        counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(report["counts"].items()))
        terminalreporter.write_line(f"{subject}: {counts or report['unavailable']}")
        if "control" not in subject and "outcomes" in report:
            for name, detail in reports.by_outcome(report, "not run").items():
                terminalreporter.write_line(f"  not run: {name}: {detail}")
