"""Every import in the package obeys the table of layers in ARCHITECTURE.md, inside functions and for types as well.

The page is the rule: this test reads the table between its markers, so the page cannot drift from what is enforced.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "localassist"
PAGE = ROOT / "ARCHITECTURE.md"
STANDARD_LIBRARY_ONLY = {"runs/hosted_tools.py": "the training code of the bundled model imports it on its own"}


class Layer(NamedTuple):
    """A row of the table: which layers it may import, and the libraries it may import."""

    internal: frozenset[str]
    libraries: frozenset[str]


class Import(NamedTuple):
    """One import: the line, and the full dotted name."""

    line: int
    name: str


def read_table(page: str) -> dict[str, Layer]:
    """The rows between the page's layering markers, in order; "all above" stands for every row before it."""
    table = re.search(r"<!-- layering:begin -->(.*?)<!-- layering:end -->", page, re.DOTALL)
    assert table, "ARCHITECTURE.md has lost its layering markers"
    layers: dict[str, Layer] = {}
    for line in filter(lambda line: "`" in line, table[1].splitlines()):
        name, internal, libraries = (re.findall(r"`(\w+)`|(all above)", cell) for cell in line.strip("| ").split(" | "))
        allowed = layers if internal == [("", "all above")] else [word for word, _ in internal]
        layers[name[0][0]] = Layer(frozenset(allowed), frozenset(word for word, _ in libraries))
    return layers


LAYERS = read_table(PAGE.read_text(encoding="utf-8"))
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(source: str, module: str) -> Iterator[Import]:
    """Every import of a module (a dotted name; a package's ends in `.__init__`), wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*parts, node.module] if node.module else parts)
            if base == "localassist":  # `from localassist import store` imports the module store
                yield from (Import(node.lineno, f"localassist.{alias.name}") for alias in node.names)
            else:
                yield Import(node.lineno, base)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield Import(node.lineno, str(node.args[0].value))


def violations(source: str, path: str) -> list[str]:
    """What a file, by its path inside the package, imports against the table."""
    module = ".".join(["localassist", *Path(path).with_suffix("").parts])
    layer = module.split(".")[1]
    faults = []
    for line, name in imports(source, module):
        fault = judge(layer, name)
        if fault is None and path in STANDARD_LIBRARY_ONLY and name.split(".")[0] not in sys.stdlib_module_names:
            fault = f"may import the standard library only: {STANDARD_LIBRARY_ONLY[path]}"
        if fault:
            faults.append(f"src/localassist/{path}:{line}: imports {name}: {fault}")
    return faults


def judge(layer: str, name: str) -> str | None:
    """Why the layer may not import this name; None when it may."""
    top, _, rest = name.partition(".")
    if top in sys.stdlib_module_names:
        return None
    if top == "localassist":
        target = rest.split(".")[0]
        if target in ("", "__version__"):
            return None
        target = target if target in LAYERS else "__init__"  # a name that the package itself offers
        if target == layer or target in LAYERS[layer].internal:
            return None
        return f"layer `{layer}` may import only {sorted(LAYERS[layer].internal)} of localassist"
    if top in LAYERS[layer].libraries:
        return None
    homes = sorted(name for name, row in LAYERS.items() if top in row.libraries)
    return f"only {homes} may import {top}" if homes else f"no layer lists {top} as its library in ARCHITECTURE.md"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_imports_obey_the_layers(file: Path) -> None:
    path = file.relative_to(PACKAGE).as_posix()
    assert path.split("/")[0].removesuffix(".py") in LAYERS, f"{path} belongs to no layer: add a row to ARCHITECTURE.md"
    faults = violations(file.read_text(encoding="utf-8"), path)
    assert not faults, "\n".join(faults)


def test_every_layer_imports_only_layers_above_it_in_the_table() -> None:
    names = list(LAYERS)
    for place, name in enumerate(names):
        upwards = LAYERS[name].internal - set(names[:place])
        assert not upwards, f"`{name}` may import {sorted(upwards)}, which stand below it or have no row"


def test_no_module_imports_itself_over_others() -> None:
    """Also not inside functions: two modules that need each other are one, or want a third below both."""
    known = {_module_name(file): file for file in FILES}
    graph = {name: _imported_modules(name, file, known) for name, file in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail(" imports ".join(exc.args[1][::-1]))


def _module_name(file: Path) -> str:
    return ".".join(["localassist", *file.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


def _imported_modules(name: str, file: Path, known: Mapping[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & known.keys()) or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & (known.keys() - {name})


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("runs/x.py", "from localassist.store.sql import SqliteStore"),
        ("runs/x.py", "def f():\n    from localassist import inference"),
        ("runs/x.py", "if TYPE_CHECKING:\n    import localassist.http.app"),
        ("runs/x.py", "from ..store import sql"),
        ("runs/x.py", "importlib.import_module('llama_cpp')"),
        ("store/x.py", "import localassist.inference"),
        ("service/x.py", "import fastapi.responses"),
        ("service/x.py", "import unheard_of_library"),
        ("runs/hosted_tools.py", "from localassist.errors import InvalidRequest"),
    ],
)
def test_a_forbidden_import_is_reported_with_file_and_line(path: str, source: str) -> None:
    line = source.count("\n") + 1
    assert [fault.split(" ")[0] for fault in violations(source, path)] == [f"src/localassist/{path}:{line}:"]


def test_an_allowed_import_is_not_reported() -> None:
    source = "import json\nfrom localassist.errors import NotFound\nfrom . import lifecycle\nfrom .loop import RunLoop"
    assert violations(source, "runs/x.py") == []
