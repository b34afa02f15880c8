"""The command line. Importing it is cheap: every command imports what it needs when it runs."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    from localassist.cli.app import app

    app(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="localassist")
