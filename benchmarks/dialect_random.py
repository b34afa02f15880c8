"""Whether whatever a model writes under a schema fits it: `dialect_random.py SAMPLE.jsonl`.

A model with random weights calls a function at temperature 1 whose arguments have a sampled schema: 300 schemas, three
times each. Characters that close something are made likelier, so that most calls end by themselves. Every call that
ended is held against its schema by another implementation (`jsonschema`). The sample is that of `dialect_schemas.py`.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import numpy as np
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import validator_for

from dialect_schemas import as_property, in_place
from localassist.dialects import TemplateDialect, build_dialect
from localassist.errors import InvalidRequest
from localassist.inference.backend import LlamaBackend
from localassist.inference.constraint import Matcher
from localassist.inference.options import LlamaOptions
from localassist.objects.schema_form import compilable, endless_references
from localassist.protocols import (
    CallArguments,
    ChatMessage,
    FunctionSpec,
    GenerationRequest,
    ToolChoice,
)
from tests.models.random_weights import build_random

RESULTS = Path(__file__).parent / "results" / "dialect_random.json"
CHOICE = ToolChoice("required", name="f", parallel=False)
QUESTION = [ChatMessage("user", "Go on.")]
CLOSING = {'"': 7.0, "}": 9.0, "]": 9.0, ",": 3.0, ":": 3.0}
FORMATS = FormatChecker(["date", "ipv4", "ipv6", "email", "uuid"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path, nargs="?")
    parser.add_argument("--schemas", type=int, default=300)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=2000)
    arguments = parser.parse_args()
    if arguments.sample is None:
        print("left out: it needs SAMPLE.jsonl")
        return
    rows = [json.loads(line) for line in arguments.sample.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(0).shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = build_random(Path(folder) / "random.gguf")
        backend = LlamaBackend(path, LlamaOptions(context_window=32_768, max_sequences=8, top_k=0, min_p=0.0))
        dialect = build_dialect(backend.facts)
        prefer_closing()
        chosen = list(compiled(backend, dialect, rows, arguments.schemas))
        jobs = [(name, schema, tool, seed) for name, schema, tool in chosen for seed in range(arguments.times)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda job: outcome(backend, dialect, job, arguments.max_tokens), jobs))
        backend.close()
    counts = Counter(kind for kind, _ in outcomes)
    ended = counts["valid"] + counts["invalid"]
    print(f"{len(chosen)} schemas, {len(jobs)} calls: {ended} ended by themselves ({ended / len(jobs):.1%}), ", end="")
    print(f"{counts['valid']} of them valid ({counts['valid'] / max(ended, 1):.2%})")
    faults = [
        f"{job[0]} seed {job[3]}: {said}" for job, (kind, said) in zip(jobs, outcomes, strict=True) if kind == "invalid"
    ]
    for fault in faults:
        print(f"  {fault[:300]}")
    figures = {"schemas": len(chosen), "calls": len(jobs), "ended": ended, "valid": counts["valid"], "faults": faults}
    RESULTS.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def prefer_closing() -> None:
    """Make tokens that close something likelier, before the grammar forbids what it must. Tokens are bytes."""
    tokens, biases = np.array(list(map(ord, CLOSING))), np.array(list(CLOSING.values()), np.float32)
    mask = Matcher.mask

    def biased(self: Matcher, logits: Any) -> None:
        logits[tokens] += biases
        mask(self, logits)

    Matcher.mask = biased  # type: ignore[method-assign]


def compiled(
    backend: LlamaBackend, dialect: TemplateDialect, rows: list[Any], count: int
) -> Iterator[tuple[str, Any, FunctionSpec]]:
    """The first schemas that can be enforced, each as the one argument of a function."""
    for row in rows:
        if count == 0:
            return
        schema = as_property(in_place(row["schema"]))
        if endless_references(schema):
            continue
        tool = FunctionSpec("f", None, compilable(schema), strict=True)
        constraint = dialect.constraint([tool], CHOICE)
        assert constraint is not None
        try:
            backend.check(constraint)
        except InvalidRequest:
            continue
        count -= 1
        yield row["name"], row["schema"], tool


def outcome(
    backend: LlamaBackend, dialect: TemplateDialect, job: tuple[str, Any, FunctionSpec, int], max_tokens: int
) -> tuple[str, str]:
    """One call: "valid", "invalid" with what is wrong, or "unfinished"."""
    _, schema, tool, seed = job
    request = GenerationRequest(
        dialect.render(QUESTION, []),
        max_tokens=max_tokens,
        temperature=1.0,
        seed=seed,
        constraint=dialect.constraint([tool], CHOICE),
    )
    parser, pieces, reason = dialect.parser([tool]), [], None
    for token in backend.generate(request):
        pieces += parser.feed(token.text)
        reason = token.finish_reason
    pieces += parser.finish()
    if reason != "stop":
        return "unfinished", ""
    text = "".join(piece.fragment for piece in pieces if isinstance(piece, CallArguments))
    return judged(text, schema)


def judged(text: str, schema: Any) -> tuple[str, str]:
    try:
        value = json.loads(text)["value"]
    except (ValueError, KeyError, TypeError) as error:
        return "invalid", f"{error!r}: {text[:200]}"
    kind = validator_for(schema, Draft202012Validator) if isinstance(schema, Mapping) else Draft202012Validator
    fault = next(kind(schema, format_checker=FORMATS).iter_errors(value), None)
    return ("valid", "") if fault is None else ("invalid", f"{fault.message[:150]} at {list(fault.path)}: {text[:120]}")


if __name__ == "__main__":
    main()
