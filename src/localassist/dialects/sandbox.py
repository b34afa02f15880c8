"""Jinja for templates that came with a model file: untrusted code, so nothing it does is without bound.

Bounded are the processor time of a rendering (checked at every turn of a loop, every call, filter and piece of output),
the size of every string and list a template makes (by operator, call or filter) and of all of them together, the
numbers that set such sizes, and the output. Out of reach are the file system, imports, private attributes and changes
to the values passed in.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import wraps
from typing import Any

from jinja2 import Template, meta, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_OUTPUT_CHARS = 16_000_000
_MAX_SOURCE_CHARS = 1_000_000
MAX_SECONDS = 5.0
_MAX_MADE = 256_000_000  # characters and items in everything made during one rendering
_MAX_ITEMS = 1_000_000
_MAX_NUMBER = 100_000  # for counts and widths
_MAX_INTEGER_BITS = 256
_WIDE_FORMAT = re.compile(r"%[^a-zA-Z%]*(\d{4,}|\*)|:[^}]*\d{4,}")

_ALLOWED_FILTERS = frozenset(
    {
        "abs",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "groupby",
        "indent",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "safe",
        "select",
        "selectattr",
        "sort",
        "string",
        "sum",
        "title",
        "tojson",
        "trim",
        "truncate",
        "unique",
        "upper",
    }
)


class _Budget:
    """What one rendering may still use."""

    def __init__(self) -> None:
        self._deadline = time.thread_time() + MAX_SECONDS
        self._left = _MAX_MADE

    def check_time(self) -> None:
        if time.thread_time() > self._deadline:
            raise SecurityError(f"it takes more than {MAX_SECONDS:.0f} seconds")

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise SecurityError("it makes too many values")


_budget: ContextVar[_Budget] = ContextVar("budget")


class Generation(Extension):
    """`{% generation %}` … `{% endgeneration %}` marks what the model wrote, for training; here it does nothing."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Bounds(NodeTransformer):
    """Lets every loop and every `~` go through a filter that keeps the bounds."""

    def visit_For(self, node: nodes.For, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "__watched", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        items = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(items, "__concatenated", [], [], None, None, lineno=node.lineno)


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox: what a template may use."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
        self.filters = {name: _bounded_filter(f) for name, f in self.filters.items() if name in _ALLOWED_FILTERS}
        self.filters["tojson"] = _bounded_filter(_to_json)
        self.filters["__watched"] = _watched
        self.filters["__concatenated"] = _concatenated
        self.globals = {
            "range": _bounded_range,
            "dict": dict,
            "namespace": self.globals["namespace"],
            "raise_exception": _raise_exception,
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Bounds().visit(tree)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """A list that the template itself made may grow and shrink; nothing else may be changed."""
        if attr in ("append", "pop") and type(obj) is list:
            return True
        return super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _check_time()
        if operator == "%" and isinstance(left, str):
            _check_format(left)
        if operator == "*":
            _check_size(_size(left) * _count(right) + _size(right) * _count(left))  # before it is made
        if operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * (right if operator == "**" else 1) + right.bit_length()
            if bits > _MAX_INTEGER_BITS:
                raise SecurityError("a number is too large")
        return _checked(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        _check_time()
        owner = getattr(__obj, "__self__", None)
        _check_arguments(owner, getattr(__obj, "__name__", ""), args, kwargs)
        return _checked(super().call(__context, __obj, *args, **kwargs))


class Given(list[Any]):
    """A list that was passed in, which a template may not change."""


def given(value: Any) -> Any:
    """The value with its lists and dicts copied, as a template gets them."""
    if isinstance(value, list | tuple):
        return Given(given(item) for item in value)
    if isinstance(value, dict):
        return {key: given(item) for key, item in value.items()}
    return value


class _Within:
    """Runs a block within a new budget; any error a template can cause becomes a TemplateError."""

    def __enter__(self) -> None:
        self._token = _budget.set(_Budget())

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _budget.reset(self._token)
        if isinstance(error, _TEMPLATE_ERRORS) and not isinstance(error, TemplateError):
            raise TemplateError(f"{type(error).__name__}: {error}") from error


_TEMPLATE_ERRORS = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, MemoryError)


def compile_template(environment: BoundedEnvironment, source: str) -> Template:
    """Compile within the bounds. Raises TemplateError."""
    if len(source) > _MAX_SOURCE_CHARS:
        raise TemplateError(f"it is longer than {_MAX_SOURCE_CHARS} characters")
    with _Within():
        return environment.from_string(source)


def names_asked_for(environment: BoundedEnvironment, source: str) -> set[str]:
    """The variables a template expects to be given. Raises TemplateError."""
    with _Within():
        return meta.find_undeclared_variables(environment.parse(source))


def render(template: Template, variables: dict[str, Any]) -> str:
    """Render within the bounds. Raises TemplateError, whatever went wrong inside the template."""
    with _Within():
        pieces: list[str] = []
        size = 0
        for piece in template.generate(variables):
            _check_time()
            size += len(piece)
            if size > MAX_OUTPUT_CHARS:
                raise SecurityError(f"the output is longer than {MAX_OUTPUT_CHARS} characters")
            pieces.append(piece)
        return "".join(pieces)


def _check_time() -> None:
    _budget.get().check_time()


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _count(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _check_size(size: int) -> None:
    if size > MAX_OUTPUT_CHARS:
        raise SecurityError(f"a value is larger than {MAX_OUTPUT_CHARS}")


def _checked(value: Any) -> Any:
    """A value just made: of bounded size, and paid for."""
    size = _size(value)
    _check_size(size)
    if size > _MAX_ITEMS and not isinstance(value, str):
        raise SecurityError(f"a list has more than {_MAX_ITEMS} items")
    _budget.get().spend(size)
    return value


def _check_format(text: str) -> None:
    if _WIDE_FORMAT.search(text):
        raise SecurityError("a format asks for too many characters")


def _check_arguments(owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Before a call or a filter: no argument, and no product of them, may make a huge value."""
    values = [*args, *kwargs.values()]
    if any(isinstance(value, int | float) and abs(value) > _MAX_NUMBER for value in values):
        raise SecurityError(f"a number given to {name} is too large")
    if name in ("replace", "do_replace") and isinstance(owner, str):
        _check_size((len(owner) + 1) * max(map(_size, values), default=0))
    elif name == "join" and isinstance(owner, str) and values:
        _check_size(len(owner) * _size(values[0]) + sum(map(_size, values[0]) if _size(values[0]) else ()))
    elif name in ("format", "format_map") and isinstance(owner, str):
        _check_format(owner)
    elif name == "append":
        _budget.get().spend(1 + sum(map(_size, values)))
    elif name == "translate":
        raise SecurityError("translate is not available")


def _bounded_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    passes_first = hasattr(function, "jinja_pass_arg")

    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        _check_time()
        subject, *rest = args[1:] if passes_first else args
        name = getattr(function, "__name__", "")
        _check_arguments(subject, name, tuple(rest), kwargs)
        if name in ("do_join", "sync_do_join", "do_indent") and rest:
            _check_size(_size(subject) * (_size(rest[0]) or _count(rest[0])))
        return _checked(function(*args, **kwargs))

    return bounded


def _watched(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _check_time()
        yield item


def _concatenated(items: list[Any]) -> str:
    texts = [str(item) for item in items]
    _check_size(sum(map(len, texts)))
    return str(_checked("".join(texts)))


def _bounded_range(*limits: int) -> range:
    numbers = range(*limits)
    if len(numbers) > _MAX_NUMBER:
        raise SecurityError("a range is too long")
    return numbers


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _to_json(
    value: Any, ensure_ascii: bool = False, indent: int | None = None, separators: Any = None, sort_keys: bool = False
) -> str:
    """JSON as training data has it: characters as they are, nothing escaped for HTML."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
        default=_as_list,
    )


def _as_list(value: Any) -> list[Any]:
    """What a filter like `map` leaves, which is not made yet."""
    if not isinstance(value, Iterator):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return list(_watched(value))
