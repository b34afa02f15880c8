"""Writes the state diagram of a run into ARCHITECTURE.md, between its markers; `--check` says whether it is there."""

import re
import sys
from pathlib import Path

from localassist.runs.lifecycle import diagram

PAGE = Path(__file__).resolve().parent.parent / "ARCHITECTURE.md"
PLACE = re.compile(r"(?<=<!-- lifecycle:begin -->\n).*?(?=<!-- lifecycle:end -->)", re.DOTALL)


def with_diagram(page: str) -> str:
    """The page with today's diagram."""
    drawn = f"```mermaid\n{diagram()}\n```\n"
    return PLACE.sub(lambda _: drawn, page)


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return int(page != with_diagram(page))
    PAGE.write_text(with_diagram(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
