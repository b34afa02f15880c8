"""How many chat templates' ways of calling tools are found, read back and enforced: `dialect_templates.py FOLDER`.

For each template: calls are written by the template itself through the dialect, the parser must read them back, and
the constraint must admit them and refuse what was not offered; with the markers as special tokens and as plain text.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from localassist.dialects import build_dialect
from localassist.protocols import ModelFacts
from tests.unit.dialects.round_trip import check_round_trip

MARKER = re.compile(r"<[^<>\s]+>|\[/?[A-Z_]{3,}\]")


def main() -> None:
    if len(sys.argv) < 2:
        print("left out: it needs FOLDER")
        return
    rows = []
    for path in sorted(Path(sys.argv[1]).glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        dialect = build_dialect(ModelFacts(path.stem, 8192, source, "<s>", "</s>", frozenset()))
        if dialect.has_call_syntax:
            kind = "arguments one by one" if dialect.syntax.parameters else "JSON arguments"
        else:
            kind = "not readable: prompted" if "tool_calls" in source else "no calls: prompted"
        markers = frozenset(MARKER.findall("".join(dialect.syntax.literals)))
        faults = check_round_trip(source, frozenset()) + check_round_trip(source, markers)
        rows.append((path.stem, kind, dialect.syntax.head, faults))
        print(f"{path.stem:50} {kind:24} {'ok' if not faults else faults[0]:10} {dialect.syntax.head!r}")
    counts = Counter(kind if not faults else f"{kind}, faulty" for _, kind, _, faults in rows)
    good = sum(not faults and kind != "not readable: prompted" for _, kind, _, faults in rows)
    print(f"\n{good} of {len(rows)} found and proved (reach: 66 of 70); {dict(counts)}")
    figures = {
        "templates": len(rows),
        "found_and_proved": good,
        "by_outcome": dict(counts),
        "rows": [dict(zip(("template", "kind", "head", "faults"), row, strict=True)) for row in rows],
    }
    target = Path(__file__).parent / "results" / "dialect_templates.json"
    target.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
