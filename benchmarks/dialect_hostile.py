"""What malformed and hostile schemas cost: `dialect_hostile.py`. Each goes to the API in a process of its own.

A strict function must be refused with 400 within a second, or accepted when there is nothing wrong with it; one that is
not strict must compile for a run, or be loosened, in bounded time and memory.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import openai

RESULTS = Path(__file__).parent / "results" / "dialect_hostile.json"


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def text(pattern: str) -> dict[str, Any]:
    return an_object(x={"type": "string", "pattern": pattern})


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = an_object(x=schema)
    return schema


def doubling(length: int) -> dict[str, Any]:
    """Two references to the next definition in every one: 2 ** length ways down."""
    definitions = {f"d{n}": an_object(a=reference(n + 1), b=reference(n + 1)) for n in range(length)}
    return {**an_object(x=reference(0)), "$defs": {**definitions, f"d{length}": {"type": "null"}}}


def reference(number: int) -> dict[str, str]:
    return {"$ref": f"#/$defs/d{number}"}


def wide(count: int) -> dict[str, Any]:
    return an_object(**{f"property_{n:06}": {"type": "string"} for n in range(count)})


CASES: dict[str, Callable[[], Any]] = {
    "root is a list": list,
    "properties are a number": lambda: {"type": "object", "properties": 5},
    "type is unknown": lambda: an_object(x={"type": "text"}),
    "required is a string": lambda: {**an_object(x={"type": "null"}), "required": "x"},
    "enum of nothing": lambda: an_object(x={"enum": []}),
    "pattern does not close": lambda: text("(a"),
    "pattern looks around": lambda: text("^(?=a)(?!b).*$"),
    "pattern refers back": lambda: text(r"^(a+)\1$"),
    "pattern repeats repetitions": lambda: text("((a{1,9}){1,99}){1,999}"),
    "pattern of nested stars": lambda: text("^(((a*)*)*)*$"),
    "pattern with a long counter": lambda: text("^(.{0,5000}x){1,20}$"),
    "pattern of 100,000 characters": lambda: text("a?" * 50_000),
    "unicode classes repeated": lambda: text(r"^(\p{L}|\p{N}|\w){1,9000}$"),
    "many long counters": lambda: an_object(
        **{f"p{n}": {"type": "string", "pattern": "^[a-z]{1,4000}$"} for n in range(50)}
    ),
    "reference to itself": lambda: {**an_object(x=reference(0)), "$defs": {"d0": reference(0)}},
    "object without end": lambda: {**an_object(x=reference(0)), "$defs": {"d0": an_object(y=reference(0))}},
    "references that double, 60 deep": lambda: doubling(60),
    "reference to elsewhere": lambda: an_object(x={"$ref": "http://127.0.0.1:9/x"}),
    "250 levels": lambda: nested(250),
    "45 levels": lambda: nested(45),
    "1 MB of properties": lambda: wide(30_000),
    "5,000 properties": lambda: wide(5_000),
    "1 MB of one enum": lambda: an_object(x={"enum": [f"value_{n:07}" for n in range(65_000)]}),
    "1 MB of description": lambda: an_object(x={"type": "string", "description": "x" * 1_000_000}),
    "huge counts": lambda: an_object(x={"type": "array", "items": {"type": "string"}, "minItems": 10**8}),
    "huge numbers": lambda: an_object(x={"type": "number", "multipleOf": 1e-300, "maximum": 1e17}),
}


def main() -> None:
    rows = []
    child = Child()
    for name in CASES:
        for strict in (True, False):
            row = {"case": name, "strict": strict, **child.attempt(name, strict=strict)}
            rows.append(row)
            print(f"{name:32} {'strict' if strict else 'loose':7} {row['status']:4} {row['seconds']:6.2f} s", end="")
            print(f"  processor {row['cpu_seconds']:5.2f} s, compiling {row['compile_cpu_seconds']:5.2f} s", end="")
            print(f"  {row['grown_mib']:4.0f} MiB  {row['message'][:60]}")
    child.end()
    RESULTS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    slow = [row["case"] for row in rows if row["status"] != 200 and row["seconds"] > 1]
    print(
        f"refused in more than a second: {slow or 'none'}; most memory: {max(row['grown_mib'] for row in rows):.0f} MiB"
    )


class Child:
    """A process that tries cases one after the other; it is ended and replaced when one takes longer than 60 s."""

    def __init__(self) -> None:
        self._process: Any = None

    def attempt(self, name: str, *, strict: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"status": -1, "message": "no answer in 60 s"}
        if self._process is None:
            self._begin()
        self._pipe.send((name, strict))
        try:
            if self._pipe.poll(60):
                found = self._pipe.recv()
        except EOFError:
            found["message"] = "the process ended"
        if found["status"] < 0:
            self.end()
        return {"seconds": 60.0, "cpu_seconds": 60.0, "compile_cpu_seconds": 0.0, "grown_mib": 0.0, **found}

    def _begin(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = None


def serve(pipe: Any) -> None:
    """Create an assistant with each function, then make and compile the grammar that a run would need."""
    from localassist import LocalAssist
    from localassist.inference.schema_check import check_schema

    with tempfile.TemporaryDirectory() as folder, LocalAssist(data_dir=folder) as client:
        check_schema(an_object(x={"type": "string"}))  # loads the compiler
        client.beta.assistants.create(model="gpt-4o")
        pipe.send("ready")
        while True:
            name, strict = pipe.recv()
            pipe.send(tried(client, {"name": "f", "parameters": CASES[name](), "strict": strict}))


def tried(client: Any, function: dict[str, Any]) -> dict[str, Any]:
    before, started, cpu = peak_mib(), time.perf_counter(), time.process_time()
    status, message = 200, ""
    try:
        client.beta.assistants.create(model="gpt-4o", tools=[{"type": "function", "function": function}])
    except openai.APIStatusError as error:
        status, message = error.status_code, error.message
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    compiled = compile_seconds(function) if status == 200 else 0.0
    grown = peak_mib() - before
    times = {"seconds": seconds, "cpu_seconds": cpu, "compile_cpu_seconds": compiled}
    return {"status": status, "message": message, "grown_mib": grown, **times}


def compile_seconds(function: dict[str, Any]) -> float:
    from llguidance import LLMatcher, LLTokenizer

    from localassist.dialects import build_dialect
    from localassist.protocols import FunctionSpec, ModelFacts, ToolChoice

    dialect = build_dialect(ModelFacts("m", 8192, None, "", "", frozenset()))
    tokenizer = LLTokenizer("byte")
    tool = FunctionSpec("f", None, function["parameters"], strict=function["strict"])
    started = time.process_time()
    constraint = dialect.constraint([tool], ToolChoice("required"))
    assert constraint is not None
    for grammar in filter(None, (constraint.grammar, constraint.looser)):
        matcher = LLMatcher(tokenizer, grammar.replace("@@", '"'), log_level=0)
        if not matcher.is_error():
            matcher.compute_bitmask()
            break
    return time.process_time() - started


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
