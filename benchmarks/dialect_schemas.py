"""How many JSON schemas can be enforced, and whether they are enforced right: `dialect_schemas.py SAMPLE.jsonl`.

A line of the sample is `{"name", "schema", "tests": [{"data", "valid"}]}`. Each schema becomes one property of an
object, as a function would take it; the instances are written in the schema's order. A schema is compiled or refused;
one that is compiled is wrong when it refuses a valid instance or admits an invalid one.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer

from localassist.objects.schema_form import compilable, endless_references
from localassist.objects.schema_references import inner_schemas, target

RESULTS = Path(__file__).parent / "results" / "dialect_schemas.json"
TOKENIZER = LLTokenizer("byte")


class Verdict(NamedTuple):
    """`reason` says why a schema was refused, or which instances were judged wrongly."""

    outcome: str
    reason: str = ""
    compile_ms: float = 0.0


def main() -> None:
    if len(sys.argv) < 2:
        print("left out: it needs SAMPLE.jsonl")
        return
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if line.strip()]
    figures: dict[str, Any] = {"schemas": len(rows), "instances": sum(len(row["tests"]) for row in rows)}
    for name, form in (("llguidance alone", dict), ("localassist", compilable)):
        verdicts = {row["name"]: judge(row, form) for row in rows}
        counts = Counter(verdict.outcome for verdict in verdicts.values())
        slowest = max(verdicts.values(), key=lambda verdict: verdict.compile_ms)
        compiled = counts["right"] + counts["wrong"]
        print(f"{name:18} compiled {compiled} ({compiled / len(rows):.1%})  wrong {counts['wrong']}  ", end="")
        print(f"refused {counts['refused']}  slowest {slowest.compile_ms:.0f} ms")
        reasons = {name: f"{v.outcome}: {v.reason}" for name, v in verdicts.items() if v.outcome != "right"}
        figures[name] = {"compiled": compiled, **counts, "slowest_ms": round(slowest.compile_ms), "not_right": reasons}
    for name, reason in figures["localassist"]["not_right"].items():
        print(f"  {name:60} {reason[:140]}")
    RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def judge(row: Mapping[str, Any], form: Any) -> Verdict:
    """Compile the schema as one property of an object and try the instances."""
    schema = in_place(row["schema"])
    if form is compilable and endless_references(as_property(schema)):
        return Verdict("refused", "a reference leads back to itself without end: no finite value is valid")
    started = time.perf_counter()
    try:
        grammar = LLMatcher.grammar_from_json_schema(form(as_property(schema)))
        matcher = LLMatcher(TOKENIZER, grammar, log_level=0)
    except ValueError as error:
        return Verdict("refused", str(error))
    elapsed_ms = 1000 * (time.perf_counter() - started)
    if matcher.is_error():
        return Verdict("refused", matcher.get_error().splitlines()[0], elapsed_ms)
    wrong = [
        f"{'refused' if test['valid'] else 'admitted'} {json.dumps(test['data'])[:80]}"
        for test in row["tests"]
        if admits(matcher, {"value": ordered(test["data"], row["schema"], row["schema"])}) != test["valid"]
    ]
    return Verdict("wrong", "; ".join(wrong), elapsed_ms) if wrong else Verdict("right", "", elapsed_ms)


def as_property(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}


def in_place(schema: Any) -> Any:
    """The schema with its references pointing to where it will be; one that has an identifier needs nothing."""
    if not isinstance(schema, Mapping) or "$id" in schema:
        return schema
    return _moved({keyword: value for keyword, value in schema.items() if keyword != "id"})


def _moved(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        keyword: f"#/properties/value{value[1:]}"
        if keyword == "$ref" and isinstance(value, str) and value.startswith("#")
        else _moved(value)
        for keyword, value in schema.items()
    }


def admits(matcher: Any, value: Any) -> bool:
    """Whether the grammar takes the value's JSON text from beginning to end."""
    matcher = matcher.deep_copy()
    text = json.dumps(value, ensure_ascii=False)
    return all(matcher.consume_token(byte) for byte in text.encode()) and bool(matcher.is_accepting())


def ordered(value: Any, schema: Any, root: Any, depth: int = 0) -> Any:
    """The value with members in the order of the schema's properties, of the first alternative that it fits."""
    if not isinstance(schema, Mapping) or depth > 40:
        return value
    inner = dict(inner_schemas(schema))
    if isinstance(value, list):
        return [ordered(item, _item_schema(inner, index), root, depth + 1) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, part in _properties(value, schema, root, depth).items():
        found[name] = ordered(value[name], part, root, depth + 1)
    rest = inner.get(("additionalProperties",), {})
    return found | {name: ordered(item, rest, root, depth + 1) for name, item in value.items() if name not in found}


def _item_schema(inner: Mapping[tuple[str, ...], Any], index: int) -> Any:
    for keyword in ("prefixItems", "items"):
        if (keyword, str(index)) in inner:
            return inner[keyword, str(index)]
    return inner.get(("items",), inner.get(("additionalItems",), {}))


def _properties(value: Mapping[str, Any], schema: Any, root: Any, depth: int) -> dict[str, Any]:
    """The schemas of a value's members, in order."""
    if not isinstance(schema, Mapping) or depth > 40:
        return {}
    found: dict[str, Any] = {}
    for keyword, said in schema.items():
        if keyword == "properties":
            parts: list[Any] = []
            found |= {name: part for name, part in said.items() if name in value and name not in found}
        elif keyword in ("anyOf", "oneOf"):
            parts = [part for part in said if _fits(value, part, root)][:1]
        else:
            parts = said if keyword == "allOf" else [target(said, root)] if keyword == "$ref" else []
        for part in parts:
            more = _properties(value, part, root, depth + 1)
            found |= {name: inner for name, inner in more.items() if name not in found}
    return found


def _fits(value: Any, schema: Any, root: Any) -> bool:
    definitions = {key: root[key] for key in ("$defs", "definitions") if isinstance(root, Mapping) and key in root}
    return isinstance(schema, Mapping) and Draft202012Validator({**definitions, **schema}).is_valid(value)


if __name__ == "__main__":
    main()
