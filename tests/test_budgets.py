"""What a reviewer would otherwise repeat: sizes, who may print or read the clock, where every error may be caught."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "localassist"
FILES = {file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
TREES = {path: ast.parse(source) for path, source in FILES.items()}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
P90_FUNCTION_LINES = 30

# Handlers that may catch everything and not raise it again, and why. A handler that ends in `raise` only cleans up.
CATCH_ALLS = {
    "runs/worker.py": (1, "the run fails, the worker's thread goes on; logged with its traceback"),
    "inference/engine_thread.py": (1, "every generation under way fails, the inference thread goes on; logged"),
    "http/sse.py": (1, "a started stream can only say so with an error event; logged"),
    "tools/toolbox.py": (1, "a user's function failed: its output tells the model; logged with its traceback"),
    "retrieval/extract/child.py": (1, "a parser's error, of whatever kind: the file is reported as damaged"),
    "retrieval/extract/mail.py": (1, "an attachment cannot be read: the message says so, and is read without it"),
    "retrieval/ingest.py": (1, "the file fails, the ingestion's thread goes on; logged with its traceback"),
    "http/errors.py": (1, "the server's 500; logged with its traceback"),
}
# Besides config: who may read the environment, and who may read the clock.
ENVIRONMENT_READERS = ("config.py", "interpreter/inside")  # the kernel's process has an environment of its own
CLOCK_READERS = ("objects/base.py",)
PRINTERS = ("cli", "__main__.py", "interpreter/inside")
# The doors of the package: their public classes and functions say in a docstring what they are. Where a module offers
# one thing, the module's docstring does.
SEAMS = ("protocols", "client.py", "client", "engine.py", "service", "testing.py", "testing")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the package, with the path of its file."""
    for path, tree in TREES.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, Function))


def num_lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def uses(dotted_names: set[str], *, outside: tuple[str, ...]) -> list[str]:
    """Where one of the names is read, by attribute or by import, in files other than those named."""
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            names = {ast.unparse(node)} if isinstance(node, ast.Attribute | ast.Name) else set()
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names}
            if names & dotted_names and not is_in(path, outside):
                found.append(f"src/localassist/{path}:{node.lineno}: {', '.join(names & dotted_names)}")
    return found


def catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def test_files_stay_short() -> None:
    sizes = {path: source.count("\n") for path, source in FILES.items()}
    assert not {path: size for path, size in sizes.items() if size > MAX_FILE_LINES}


def test_functions_stay_short() -> None:
    long = [
        f"src/localassist/{path}:{f.lineno}: {f.name}" for path, f in functions() if num_lines(f) > MAX_FUNCTION_LINES
    ]
    assert not long, f"more than {MAX_FUNCTION_LINES} lines: {long}"


def test_nine_functions_in_ten_fit_on_a_screen() -> None:
    lengths = sorted(num_lines(function) for _, function in functions())
    assert lengths[len(lengths) * 9 // 10] <= P90_FUNCTION_LINES


def test_only_the_command_line_prints() -> None:
    assert not uses({"print", "sys.stdout", "sys.stderr"}, outside=PRINTERS)


def test_only_config_reads_the_environment() -> None:
    assert not uses({"os.environ", "os.getenv", "os.putenv"}, outside=ENVIRONMENT_READERS)


def test_only_the_clock_tells_the_time() -> None:
    wall_clocks = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    wall_clocks |= {f"datetime.{name}" for name in wall_clocks if name.startswith("date")}
    assert not uses(wall_clocks, outside=CLOCK_READERS), "take the clock as an argument"


def test_nothing_is_global() -> None:
    statements = [
        (path, node) for path, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.Global)
    ]
    assert not [f"src/localassist/{path}:{node.lineno}: global {', '.join(node.names)}" for path, node in statements]


def test_all_errors_are_caught_only_where_the_list_says() -> None:
    found: dict[str, list[int]] = {}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and catches_all(node):
                last = node.body[-1]
                if not (isinstance(last, ast.Raise) and last.exc is None):
                    found.setdefault(path, []).append(node.lineno)
    unlisted = {path: lines for path, lines in found.items() if len(lines) > CATCH_ALLS.get(path, (0, ""))[0]}
    assert not unlisted, f"catch the errors that are meant, or name the place in CATCH_ALLS: {unlisted}"
    assert not CATCH_ALLS.keys() - found.keys(), "CATCH_ALLS names places that catch nothing any more"


@pytest.mark.parametrize("path", sorted(path for path in FILES if is_in(path, SEAMS)))
def test_what_a_seam_offers_says_what_it_is(path: str) -> None:
    offered = [node for node in TREES[path].body if isinstance(node, ast.ClassDef | Function)]
    public = [node for node in offered if not node.name.startswith("_")]
    silent = [node.name for node in public if not ast.get_docstring(node)]
    assert len(public) == 1 or not silent, f"src/localassist/{path}: no docstring on {silent}"


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_module_says_what_it_is_for(path: str) -> None:
    assert ast.get_docstring(TREES[path]) or not FILES[path].strip(), f"src/localassist/{path} has no docstring"
