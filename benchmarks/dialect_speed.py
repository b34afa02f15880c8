"""Calls under a schema against free text of the same length, in tokens per second: `dialect_speed.py VOCABULARY.gguf`.

Both go through the engine's scheduler, turn about, on a model of Qwen2.5-0.5B's shape with random weights (Q4_0) and
the vocabulary of the given file (`ggml-vocab-qwen2.gguf` of llama.cpp). What the grammar makes certain is not sampled
and is computed together. Only writing is timed, from the first token to the last.
"""

import argparse
import dataclasses
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import gguf

from _engine import CACHE, median, report
from localassist.dialects import TemplateDialect, build_dialect
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.protocols import ChatMessage, FunctionSpec, GenerationRequest, ToolChoice
from tests.models import random_weights
from tests.models.scripted import CHATML

QUESTION = [ChatMessage("user", "Go on.")]
WORD = {"type": "string", "maxLength": 12}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


ADDRESS = an_object(street=WORD, postal_code=WORD, city=WORD, country={"enum": ["Germany", "Korea", "Peru"]})
FUNCTIONS = {
    "flat": an_object(city=WORD, unit={"enum": ["celsius", "fahrenheit"]}, days={"type": "integer", "maximum": 9999}),
    "nested": an_object(
        customer=an_object(first_name=WORD, last_name=WORD), address=ADDRESS, is_gift={"type": "boolean"}
    ),
    "list": an_object(
        items={
            "type": "array",
            "minItems": 4,
            "maxItems": 4,
            "items": an_object(product=WORD, quantity={"type": "integer", "maximum": 99}),
        }
    ),
    "choices": an_object(
        tags={"type": "array", "minItems": 6, "maxItems": 6, "items": {"enum": ["urgent", "unread", "archived"]}},
        priority={"enum": ["low", "medium", "high"]},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vocabulary", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.vocabulary is None:
        print("left out: it needs VOCABULARY.gguf")
        return
    backend = LlamaBackend(model(arguments.vocabulary), LlamaOptions(context_window=4096, top_k=0, min_p=0.0))
    dialect = build_dialect(backend.facts)
    rows = []
    for name, schema in FUNCTIONS.items():
        tools = [FunctionSpec("place_order", "Places an order.", schema, strict=True)]
        ratios, shares, rates = [], [], []
        for seed in range(arguments.rounds):
            call, num_tokens, num_steps = speed(backend, dialect, tools, seed, None)
            free, _, _ = speed(backend, dialect, tools, seed, num_tokens)
            ratios.append(call / free)
            rates.append(call)
            shares.append(1 - num_steps / num_tokens)
        rows.append((name, num_tokens, median(shares), median(rates), median(ratios)))
    backend.close()
    everything = median([row[-1] for row in rows])
    report(
        "dialect_speed",
        ["function", "tokens", "not sampled", "tokens/s", "÷ free text"],
        rows,
        median_ratio=everything,
        reach=1.1,
    )
    print(f"median {everything:.2f} (reach: 1.1)")


def speed(
    backend: LlamaBackend, dialect: TemplateDialect, tools: list[FunctionSpec], seed: int, max_tokens: int | None
) -> tuple[float, int, int]:
    """Tokens per second of a call, or of free text of so many tokens; how many tokens, and in how many steps."""
    constraint = dialect.constraint(tools, ToolChoice("required", parallel=False)) if max_tokens is None else None
    request = GenerationRequest(
        dialect.render(QUESTION, tools), max_tokens or 600, 1.0, seed=seed, constraint=constraint, cache_key="same"
    )
    arrivals = []
    usage = None
    for token in backend.generate(request):
        arrivals.append(time.perf_counter())
        usage = token.usage or usage
    assert usage is not None
    num_steps = 1 + sum(later - earlier > 0.002 for earlier, later in itertools.pairwise(arrivals))
    return (usage.completion_tokens - 1) / (arrivals[-1] - arrivals[0]), usage.completion_tokens, num_steps


def model(vocabulary: Path) -> Path:
    """The shape with this vocabulary; built once."""
    path = CACHE / f"qwen05-{vocabulary.stem}.gguf"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        build(path.with_suffix(".part"), vocabulary).rename(path)
    return path


def build(path: Path, vocabulary: Path) -> Path:
    """Random weights, with the tokens of another file."""
    fields = gguf.GGUFReader(vocabulary).fields
    texts = fields["tokenizer.ggml.tokens"].contents()
    shape = dataclasses.replace(random_weights.QWEN_05B, vocabulary=len(texts))
    with tempfile.TemporaryDirectory() as folder:
        plain = random_weights.build_random(Path(folder) / "m.gguf", shape, architecture="qwen2", template=CHATML)
        reader = gguf.GGUFReader(plain)
        writer = gguf.GGUFWriter(path, "qwen2")
        for source, is_wanted in ((reader, False), (gguf.GGUFReader(vocabulary), True)):
            for name, field in source.fields.items():
                if name.startswith("tokenizer.ggml") == is_wanted and not name.startswith(("GGUF.", "general.arch")):
                    kinds = field.types
                    writer.add_key_value(name, field.contents(), kinds[0], kinds[-1] if len(kinds) > 1 else None)
        for tensor in reader.tensors:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return path


if __name__ == "__main__":
    main()
