"""The log of a server: nobody waits for its reader, and what is dropped is counted."""

import io
import logging
import threading
from contextlib import redirect_stderr

from localassist.cli.log import log_to_stderr

logger = logging.getLogger(__name__)


class Stalled(io.StringIO):
    """A stderr that takes nothing until somebody begins to read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = threading.Event()

    def write(self, text: str) -> int:
        self.is_read.wait()
        return super().write(text)


def test_what_is_logged_is_written_in_order_with_its_level_and_traceback() -> None:
    with redirect_stderr(io.StringIO()) as stderr, log_to_stderr(logging.INFO):
        logger.debug("not shown")
        logger.info("first, %d", 1)
        try:
            raise ValueError("why")
        except ValueError:
            logger.exception("second")
    lines = stderr.getvalue().splitlines()
    assert lines[:3] == ["INFO first, 1", "ERROR second", "Traceback (most recent call last):"]
    assert lines[-1] == "ValueError: why"


def test_records_that_nobody_reads_are_dropped_and_counted() -> None:
    stderr = Stalled()
    with redirect_stderr(stderr), log_to_stderr(logging.INFO):
        for number in range(10_500):
            logger.info("record %d", number)
        stderr.is_read.set()
    lines = stderr.getvalue().splitlines()
    assert lines[0] == "INFO record 0"
    num_missing = 10_500 - (len(lines) - 1)
    assert num_missing >= 499  # one may be in the writer's hands
    assert lines[-1] == f"WARNING {num_missing} log records are missing here: whoever reads them is too slow."


def test_logging_is_as_it_was_afterwards() -> None:
    root = logging.getLogger()
    before = root.level, [*root.handlers]
    with redirect_stderr(io.StringIO()), log_to_stderr(logging.INFO):
        pass
    assert (root.level, root.handlers) == before
