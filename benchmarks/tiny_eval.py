"""Measures the bundled model on hand-written cases, greedily, alone and behind 3,000 tokens of other conversation.

    python benchmarks/tiny_eval.py                  # through the engine, as a user would
    python benchmarks/tiny_eval.py --strict         # the same, with strict functions
    python benchmarks/tiny_eval.py --driver loop    # through llama.cpp alone: nothing is enforced

The cases in `tiny_eval_cases/` are worded so that the dialogue generator cannot produce them. The tutorials' literal
prompts are a row of their own and are not part of the totals.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

REPOSITORY: Final = Path(__file__).parents[1]
CASES_DIRECTORY: Final = Path(__file__).parent / "tiny_eval_cases"
RESULTS_DIRECTORY: Final = Path(__file__).parent / "results"
MODEL_DIRECTORY: Final = REPOSITORY / "models" / "localassist-tiny"
PREFIX_TOKENS: Final = 3000
SKILLS: Final = ("function", "parallel", "result", "memory", "instruction", "decline", "python", "search", "tutorial")
_DECLINING: Final = re.compile(
    r"don't know|do not know|not told me|알지 못|모르|모릅|알려 주지 않|不知道|没有告诉|还没"
)
_NOT_FOUND: Final = re.compile(r"could not find|not find|찾을 수 없|没有找到|找不到")
_SCRIPTS: Final = {"hangul": "가-힣", "han": "一-鿿", "latin": "A-Za-z"}
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[。!?]")


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what a right answer must show."""

    id: str
    skill: str
    language: str
    messages: list[str]
    instructions: str = ""
    tools: list[Any] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    passages: list[list[str]] | None = None
    calls: list[list[Any]] | None = None
    calls_like: list[list[Any]] | None = None
    contains: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    makes: list[str] = field(default_factory=list)
    cites: int | None = None
    not_found: bool = False
    declines: bool = False
    max_sentences: int | None = None
    script: str = ""


@dataclass(slots=True)
class Outcome:
    """What the model did: calls of functions in order, calls of hosted tools, the last text, files made."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    hosted_calls: list[str] = field(default_factory=list)
    text: str = ""
    files: list[str] = field(default_factory=list)
    cited_text: list[str] = field(default_factory=list)


class Driver(Protocol):
    """A way to put a case to the model; `prefix` is other conversation, user and assistant in turn."""

    def run(self, case: Case, prefix: list[str]) -> Outcome:
        """Answer a case."""
        ...

    def num_tokens(self, text: str) -> int:
        """Count the tokens of a text."""
        ...


def read_cases() -> list[Case]:
    """Read all cases, with the definitions of their function tools put in."""
    cases = []
    for path in sorted(CASES_DIRECTORY.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if "cases" not in content:
            continue
        for row in content["cases"]:
            row["tools"] = [_tool(name, content.get("tools", {})) for name in row.get("tools", [])]
            cases.append(Case(**row))
    return cases


def _tool(name: str, functions: dict[str, Any]) -> dict[str, Any]:
    if name in functions:
        return {"type": "function", "function": functions[name]}
    return {"type": name}


def build_prefix(language: str, driver: Driver) -> list[str]:
    """Repeat hand-written talk until it fills the tokens of the second measurement."""
    talk = json.loads((CASES_DIRECTORY / "other_conversation.json").read_text(encoding="utf-8"))[language]
    prefix: list[str] = []
    total = 0
    for said, answered in itertools.cycle(talk):
        prefix += [said, answered]
        total += driver.num_tokens(said) + driver.num_tokens(answered)
        if total >= PREFIX_TOKENS:
            return prefix
    raise AssertionError("an endless cycle ended")


def faults(case: Case, outcome: Outcome) -> Iterator[str]:
    """Name everything that is wrong with an outcome; a right one yields nothing."""
    if case.calls is not None and _sorted_calls(case.calls) != _sorted_calls(outcome.calls):
        yield f"called {outcome.calls}"
    for wanted, made in itertools.zip_longest(case.calls_like or [], outcome.calls if case.calls_like else []):
        if not _resembles(wanted, made):
            yield f"wanted a call like {wanted}, got {made}"
    for text in case.contains:
        if text not in outcome.text:
            yield f"no {text!r} in {outcome.text!r}"
    yield from _faults_of_manner(case, outcome)
    if case.cites is not None and not _cites_right(case, outcome):
        yield f"wrong citation in {outcome.text!r}"
    for ending in case.makes:
        if not any(name.endswith(ending) for name in outcome.files):
            yield f"made no {ending}"
    if case.skill == "search" and "file_search" not in outcome.hosted_calls:
        yield "did not search"
    if case.skill == "python" and "python" not in outcome.hosted_calls:
        yield "ran no code"


def _faults_of_manner(case: Case, outcome: Outcome) -> Iterator[str]:
    for text in case.starts:
        if not outcome.text.startswith(text):
            yield f"does not start with {text!r}: {outcome.text!r}"
    if case.declines and (outcome.calls or not _DECLINING.search(outcome.text)):
        yield f"does not decline: {outcome.text!r} {outcome.calls}"
    if case.not_found and not _NOT_FOUND.search(outcome.text):
        yield f"does not say it is missing: {outcome.text!r}"
    if case.max_sentences is not None:
        num_sentences = max(1, len(_SENTENCE_END.findall(outcome.text)))
        if num_sentences > case.max_sentences or not outcome.text.strip():
            yield f"{num_sentences} sentences: {outcome.text!r}"
    if case.script:
        letters = {name: len(re.findall(f"[{span}]", outcome.text)) for name, span in _SCRIPTS.items()}
        if max(letters, key=lambda name: letters[name]) != case.script or not letters[case.script]:
            yield f"not in {case.script}: {outcome.text!r}"


def _sorted_calls(calls: list[Any]) -> list[str]:
    return sorted(json.dumps(list(call), sort_keys=True, ensure_ascii=False) for call in calls)


def _resembles(wanted: list[Any] | None, made: tuple[str, dict[str, Any]] | None) -> bool:
    if wanted is None or made is None:
        return False
    name, key, parts = wanted
    return (
        made[0] == name and all(part.lower() in str(made[1].get(key, "")).lower() for part in parts) and key in made[1]
    )


def _cites_right(case: Case, outcome: Outcome) -> bool:
    """Check that the one passage cited is the right one, by its index or by the text the engine says it quotes."""
    if case.passages is None or case.cites is None:
        return False
    if outcome.cited_text:
        return any(case.passages[case.cites][1] in text for text in outcome.cited_text)
    markers = re.findall(r"【\d+:(\d+)†([^】]+)】", outcome.text)
    return bool(markers) and all((int(i), name) == (case.cites, case.passages[case.cites][0]) for i, name in markers)


def measure(driver: Driver, cases: list[Case], *, with_prefix: bool) -> list[dict[str, Any]]:
    """Run all cases one after another, judge each, and print each verdict at once, lest an interrupted run is lost."""
    rows = []
    prefixes: dict[str, list[str]] = {}
    for case in cases:
        if with_prefix and case.language not in prefixes:
            prefixes[case.language] = build_prefix(case.language, driver)
        outcome = driver.run(case, prefixes.get(case.language, []))
        wrong = list(faults(case, outcome))
        where = "behind 3k" if with_prefix else "alone"
        print(f"{'wrong' if wrong else 'right'} {case.id} {where} {'; '.join(wrong)}", flush=True)
        rows.append(
            {"id": case.id, "skill": case.skill, "language": case.language, "right": not wrong, "faults": wrong}
        )
    return rows


def summarise(rows: list[dict[str, Any]]) -> dict[str, dict[str, list[int]]]:
    """Count right answers and cases by skill and language."""
    counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in rows:
        for skill in (row["skill"],) if row["skill"] == "tutorial" else (row["skill"], "all"):
            for language in (row["language"], "all"):
                counts[skill][language][0] += row["right"]
                counts[skill][language][1] += 1
    return {skill: dict(counts[skill]) for skill in (*SKILLS, "all") if skill in counts}


def table(summaries: dict[str, dict[str, dict[str, list[int]]]]) -> str:
    """Draw the figures, alone and behind other conversation side by side."""
    columns = ("en", "ko", "zh", "all")
    lines = ["| skill | " + " | ".join(f"{name} {column}" for name in summaries for column in columns) + " |"]
    lines.append("|---" * (1 + len(summaries) * len(columns)) + "|")
    for skill in next(iter(summaries.values())):
        cells = [_cell(summary.get(skill, {}).get(column)) for summary in summaries.values() for column in columns]
        lines.append(f"| {skill} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(count: list[int] | None) -> str:
    return f"{count[0]}/{count[1]}" if count else "–"


def build_driver(name: str, model_path: Path, *, strict: bool) -> Driver:
    """Build the way cases reach the model."""
    if name == "loop":
        sys.path[:0] = [str(MODEL_DIRECTORY), str(REPOSITORY / "src")]
        from loop import LoopDriver

        return LoopDriver(model_path, Outcome)
    from tiny_eval_engine import EngineDriver

    return EngineDriver(model_path, Outcome, strict=strict)


def main() -> None:
    """Measure, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODEL_DIRECTORY / "localassist-tiny.gguf")
    parser.add_argument("--driver", choices=("engine", "loop"), default="engine")
    parser.add_argument("--only", default="", help="ids that contain this text")
    parser.add_argument("--functions-only", action="store_true", help="leave out what needs a hosted tool")
    parser.add_argument("--strict", action="store_true", help="offer functions with strict: true, through the engine")
    parser.add_argument("--without-prefix", action="store_true", help="leave out the second, long measurement")
    parser.add_argument("--prefix-every", type=int, default=1, help="measure every so many cases behind the prefix")
    parser.add_argument("--note", default="", help="said in the history")
    parser.add_argument("--keep", action="store_true", help="add the figures to the history")
    arguments = parser.parse_args()
    cases = [case for case in read_cases() if arguments.only in case.id]
    if arguments.functions_only:
        cases = [case for case in cases if all(tool["type"] == "function" for tool in case.tools)]
    driver = build_driver(arguments.driver, arguments.model, strict=arguments.strict)
    started = time.monotonic()
    rows = {"alone": measure(driver, cases, with_prefix=False)}
    if not arguments.without_prefix:
        rows["behind 3k"] = measure(driver, cases[:: arguments.prefix_every], with_prefix=True)
    summaries = {name: summarise(measured) for name, measured in rows.items()}
    print(table(summaries))
    record = {
        "driver": arguments.driver,
        "model_sha256": hashlib.sha256(arguments.model.read_bytes()).hexdigest(),
        "note": arguments.note,
        "functions_only": arguments.functions_only,
        "strict": arguments.strict,
        "num_cases": len(cases),
        "elapsed_s": round(time.monotonic() - started, 1),
        "summaries": summaries,
    }
    RESULTS_DIRECTORY.mkdir(exist_ok=True)
    detail = {**record, "cases": [asdict(case) for case in cases], "rows": rows}
    variant = "_strict" if arguments.strict else "_unconstrained" if arguments.driver == "loop" else ""
    (RESULTS_DIRECTORY / f"tiny_eval{variant}.json").write_text(
        json.dumps(detail, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    if arguments.keep:
        with (RESULTS_DIRECTORY / "tiny_eval_history.jsonl").open("a", encoding="utf-8") as history:
            history.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
