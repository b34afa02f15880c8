"""Writes the table of SDKs into docs/compatibility.md from what is recorded: `python -m tests.conformance.page`."""

from typing import Any

from tests.conformance.environments import ROOT
from tests.conformance.generated import runner
from tests.conformance.lab import Row
from tests.conformance.matrix import ABSENT, PASS, WITH_ASYNC, read_results

PAGE = ROOT / "docs" / "compatibility.md"
BEGIN, END = "<!-- begin generated: sdks -->", "<!-- end generated: sdks -->"


def section(results: dict[str, dict[str, str]], generated: dict[str, Any]) -> str:
    """The part of the page between its two marks."""
    reached, passed, total = generated["reached"], generated["passed"], generated["total"]
    return (
        f"{BEGIN}\n\nWritten by `python -m tests.conformance.page` from what `make test-sdk` checks; do not edit.\n\n"
        f"{table(results)}\n\n"
        "“–”: this SDK does not have it. Every version is installed in an environment of its own and drives "
        "`localassist serve` with a real index and a real kernel; openai-python with its blocking client, and "
        f"{', '.join(WITH_ASYNC)} with the async one as well.\n\n"
        f"The tests generated for {generated['sdk']} itself (assistants, threads, messages, runs, steps, vector "
        f"stores, files, uploads): {passed} of the {reached} that reach a server pass ({passed / reached:.1%}); the "
        f"other {total - reached} end in the SDK or are mocked. A proxy puts real objects where they name fixed ids; "
        f"{generated['num_mended']} send what the API refuses, which it mends ({', '.join(generated['mended'])}).\n\n"
        f"{END}"
    )


def table(results: dict[str, dict[str, str]]) -> str:
    """Markdown, one table for each language: what a version can do, with defects of the SDKs below."""
    parts = []
    for language in ("python", "node"):
        columns = {sdk.partition("-")[2]: cells for sdk, cells in results.items() if sdk.startswith(f"{language}-")}
        notes: list[str] = []
        lines = [f"| openai-{language} | {' | '.join(columns)} |", "|" + "---|" * (len(columns) + 1)]
        for row in Row:
            lines.append(f"| {row} | " + " | ".join(_cell(cells[row.name], notes) for cells in columns.values()) + " |")
        lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1))] if notes else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cell(said: str, notes: list[str]) -> str:
    if said in (PASS, ABSENT):
        return said if said == PASS else "–"
    if said not in notes:
        notes.append(said)
    return f"[{notes.index(said) + 1}]"


def written(page: str) -> str:
    """The page with a fresh section."""
    before, found, rest = page.partition(BEGIN)
    assert found, f"{BEGIN} is not in the page"
    return before + section(read_results(), runner.read_results()) + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
