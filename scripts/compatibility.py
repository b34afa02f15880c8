"""Writes the generated blocks of docs/compatibility.md from the table in the code. Run it after changing the table."""

import re
import sys
from collections import Counter
from pathlib import Path

from localassist.http.compatibility.endpoints import ENDPOINTS, HEADERS, NOT_SERVED
from localassist.http.compatibility.errors import ERRORS, NEVER_RAISED
from localassist.http.compatibility.table import Row, rows

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compatibility.md"
# The first segments of paths, and the heading of their parameters.
GROUPS = {
    "assistants": "Assistants",
    "threads": "Threads and messages",
    "runs": "Runs and steps",
    "files": "Files",
    "uploads": "Uploads",
    "vector_stores": "Vector stores",
    "models": "Models",
    "chat": "Chat completions",
    "embeddings": "Embeddings",
    "other": "Extensions",
}


def blocks() -> dict[str, str]:
    """Every generated block by its name."""
    return {"parameters": _parameters(), "endpoints": _endpoints(), "errors": _errors()}


def filled(page: str) -> str:
    """The page with its blocks written anew; those that others write stay. Raises ValueError without a marker."""
    for name, text in blocks().items():
        begin, end = f"<!-- begin generated: {name} -->", f"<!-- end generated: {name} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{PAGE.name} has lost the markers of the block '{name}'")
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def _table(*lines: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
    return "\n".join([head, "|" + "---|" * len(lines[0]), *body])


# --- parameters ---------------------------------------------------------------------------------------------------


def _parameters() -> str:
    every = rows()
    counts = Counter(row.status for row in every)
    said = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    parts = [
        f"{len(every)} parameters of {len(ENDPOINTS)} endpoints: {said}. What is marked (v1) holds under "
        "`OpenAI-Beta: assistants=v1`."
    ]
    exceptions = [row for row in every if row.status != "honoured"]
    parts += ["### Not honoured\n", _by_reason(exceptions), "### Headers\n", _headers()]
    parts.append("### All of them\n\nA name stands for every endpoint beside it that has the parameter.")
    for group, title in GROUPS.items():
        inside = [row for row in every if _group(row) == group]
        if inside:
            table = _by_parameter(inside)
            parts.append(f"<details>\n<summary>{title} ({len(inside)})</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(part.rstrip() for part in parts)


def _group(row: Row) -> str:
    path = row.endpoint.path
    if path.startswith("/threads") and "/runs" in path:
        return "runs"
    first = path.split("/")[1]
    return first if first in GROUPS else "other"


def _by_reason(found: list[Row]) -> str:
    """One line for each reason, with the names that parameters have in their innermost object."""
    merged: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        merged.setdefault((row.status, row.note), []).append(row)
    lines = []
    for (status, note), alike in merged.items():
        names = dict.fromkeys(f"`{row.path.rpartition('[].')[2]}`" for row in alike)
        lines.append((", ".join(names), " · ".join(dict.fromkeys(map(_short, alike))), status, note))
    return _table(("parameter", "endpoint", "status", "because"), *lines)


def _by_parameter(found: list[Row]) -> str:
    """One line for each parameter and verdict, with the endpoints it holds for."""
    merged: dict[tuple[str, str, str], list[str]] = {}
    for row in found:
        shown = row.path if row.place == "body" else f"{row.path} ({row.place})"
        merged.setdefault((shown, row.status, row.note), []).append(_short(row))
    lines = []
    for (shown, status, note), endpoints in merged.items():
        name, _, place = shown.partition(" ")
        lines.append((f"`{name}` {place}".strip(), " · ".join(endpoints), status, note))
    return _table(("parameter", "endpoint", "status", "remark"), *lines)


def _short(row: Row) -> str:
    """The endpoint without what is the same everywhere."""
    path = re.sub(r"\{\w+(:path)?\}", "…", row.endpoint.path)
    return f"`{row.endpoint.method} {path}`" + (" (v1)" if row.endpoint.version else "")


def _headers() -> str:
    return _table(("header", "status", ""), *((f"`{name}`", *said) for name, said in HEADERS.items()))


# --- endpoints ----------------------------------------------------------------------------------------------------


def _endpoints() -> str:
    contract = [endpoint for endpoint in ENDPOINTS if not endpoint.extension and not endpoint.version]
    known = {(endpoint.method, endpoint.path) for endpoint in contract}
    first = [endpoint for endpoint in ENDPOINTS if endpoint.version and (endpoint.method, endpoint.path) not in known]
    extensions = [(f"`{one.name}`", one.extension) for one in ENDPOINTS if one.extension]
    noted = [(f"`{one.name}`", one.note) for one in contract if one.note]
    unserved = [(f"`{path}`", reason) for path, reason in NOT_SERVED.items()]
    return "\n\n".join(
        (
            f"{len(contract)} endpoints of the hosted API are served, also without `/v1` and under Azure's `/openai`; "
            "[reference/routes.md](reference/routes.md) has the list.",
            _table(("with a remark", ""), *noted),
            f"The first version of the API (`OpenAI-Beta: assistants=v1`) has {len(first)} more: "
            + ", ".join(f"`{endpoint.method} /v1{endpoint.path}`" for endpoint in first)
            + ".",
            f"{len(extensions)} are extensions, which no hosted API had:",
            _table(("extension", "what it is for"), *extensions),
            "These are not served, and answer 404:",
            _table(("not served", "why"), *unserved),
        )
    )


# --- errors -------------------------------------------------------------------------------------------------------


def _errors() -> str:
    counts = Counter(error.origin for error in ERRORS)
    lines = [
        (
            error.situation,
            str(error.status),
            f"`{error.param}`" if error.param else "",
            f"`{error.code}`" if error.code else "",
            f"`` {error.message} ``",
            error.origin,
        )
        for error in ERRORS
    ]
    never = [(row.situation, row.message, row.reason) for row in NEVER_RAISED]
    return "\n\n".join(
        (
            f"{counts['recorded']} texts are those of the hosted Assistants API to the letter (recorded), "
            f"{counts['sibling']} those of its chat completions for the same fault (sibling), {counts['partly']} are "
            f"its own as far as they were on record (partly), {counts['decided']} are ours (decided). The `type` is "
            "`invalid_request_error`.",
            _table(("situation", "status", "param", "code", "message", "text"), *lines),
            "Texts of the hosted API that you will not see here:",
            _table(("situation", "text", "because"), *never),
        )
    )


def main() -> None:
    """Write the page, or with --check say whether it is stale."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = filled(page)
    if page == fresh:
        return
    if "--check" in sys.argv:
        sys.exit(f"stale: {PAGE.name}")
    PAGE.write_text(fresh, encoding="utf-8")
    print(f"written: {PAGE.name}")


if __name__ == "__main__":
    main()
