"""What enforcing a grammar costs per token: `dialect_mask.py SAMPLE.jsonl VOCABULARY.gguf`.

Valid instances of real schemas are written as calls of a function, token by token as the model's own tokenizer cuts
them; at every token that is not forced the mask is computed and applied to scores, as the sampler does it. Any GGUF
file with a vocabulary will do (`ggml-vocab-qwen2.gguf` of llama.cpp has 152,000 tokens and no weights).
"""

import argparse
import json
import platform
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import llama_cpp
import numpy as np

from dialect_schemas import as_property, in_place, ordered
from localassist.dialects import build_dialect
from localassist.errors import InvalidRequest
from localassist.inference import native
from localassist.inference.constraint import GrammarCompiler, Matcher
from localassist.inference.vocabulary import Vocabulary, Weights
from localassist.objects.schema_form import compilable
from localassist.protocols import Constraint, FunctionSpec, ModelFacts, ToolChoice

RESULTS = Path(__file__).parent / "results" / "dialect_mask.json"
CHOICE = ToolChoice("required", name="f", parallel=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path, nargs="?")
    parser.add_argument("vocabulary", type=Path, nargs="?")
    parser.add_argument("--schemas", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.vocabulary is None:
        print("left out: it needs SAMPLE.jsonl VOCABULARY.gguf")
        return
    rows = [json.loads(line) for line in arguments.sample.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(0).shuffle(rows)
    vocabulary = read_vocabulary(arguments.vocabulary)
    compiler = GrammarCompiler(vocabulary)
    compiler.matcher(Constraint('start: "once"'))  # reads the vocabulary, once for each model
    dialect = build_dialect(ModelFacts("m", 8192, None, "", "", vocabulary.markers))
    masks_ms: list[float] = []
    compiles_ms: list[float] = []
    num_forced = num_tokens = num_schemas = 0
    for row in rows:
        if num_schemas == arguments.schemas:
            break
        tool = FunctionSpec("f", None, compilable(as_property(in_place(row["schema"]))), strict=True)
        constraint = dialect.constraint([tool], CHOICE)
        assert constraint is not None
        started = time.thread_time()
        try:
            compiler.matcher(constraint)
        except InvalidRequest:
            continue
        compiles_ms.append(1000 * (time.thread_time() - started))
        num_schemas += 1
        for test in [test for test in row["tests"] if test["valid"]][:2]:
            value = json.dumps({"value": ordered(test["data"], row["schema"], row["schema"])}, ensure_ascii=False)
            text = f'<tool_call>\n{{"name": "f", "arguments": {value}}}\n</tool_call>'
            steps, forced = walk(compiler.matcher(constraint), vocabulary, text)
            masks_ms += steps
            num_forced += forced
            num_tokens += forced + len(steps)
    report(masks_ms, compiles_ms, vocabulary.size, num_schemas, num_forced / num_tokens)


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary alone, without weights."""
    native.initialise()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    return Vocabulary(Weights(llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)))


def walk(matcher: Matcher, vocabulary: Vocabulary, text: str) -> tuple[list[float], int]:
    """Milliseconds of processor time of every mask on the way through a text, and how many tokens needed none."""
    rest, token_ids = text.encode(), vocabulary.tokenize(text, parse_special=True)
    logits = np.zeros(vocabulary.size, np.float32)
    steps: list[float] = []
    num_forced = 0
    while True:
        for token_id in matcher.forced():
            num_forced += 1
            rest = rest[len(vocabulary.piece(token_id)) :]
            token_ids = token_ids[1:] if token_ids[:1] == [token_id] else []
        if matcher.is_complete or not rest:
            return steps, num_forced
        token_ids = token_ids or vocabulary.tokenize(rest.decode("utf-8", "replace"), parse_special=True)
        logits[:] = 0.0
        started = time.thread_time()
        matcher.mask(logits)
        steps.append(1000 * (time.thread_time() - started))
        if not np.isfinite(logits[token_ids[0]]):
            return steps, num_forced  # cut in the middle of a character
        matcher.consume(token_ids[0])
        rest = rest[len(vocabulary.piece(token_ids[0])) :]
        token_ids = token_ids[1:]


def report(masks_ms: list[float], compiles_ms: list[float], size: int, num_schemas: int, forced: float) -> None:
    """Print the figures and keep them."""
    figures: dict[str, Any] = {
        "machine": platform.processor() or platform.machine(),
        "vocabulary": size,
        "schemas": num_schemas,
        "masks": len(masks_ms),
        "mask_median_ms": statistics.median(masks_ms),
        "mask_p99_ms": float(np.percentile(masks_ms, 99)),
        "mask_max_ms": max(masks_ms),
        "forced_share": forced,
        "compile_median_ms": statistics.median(compiles_ms),
        "compile_p99_ms": float(np.percentile(compiles_ms, 99)),
    }
    for name, value in figures.items():
        print(f"{name:20} {value:.4g}" if isinstance(value, float) else f"{name:20} {value}")
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
