"""Whether the arguments of a call fit their function's schema, checked after they were written."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import referencing
import referencing.exceptions

_MAX_PATTERN_TEXT = 256  # characters: Python's regular expressions can take for ever on longer ones
_MAX_FAULT_CHARS = 300


def find_argument_fault(schema: Mapping[str, Any], arguments: str) -> str | None:
    """What is wrong with the arguments, in a sentence for the model; None when they fit.

    A schema that is itself wrong finds no fault: nothing could ever fit it.
    """
    try:
        value = json.loads(arguments)
    except ValueError as error:
        return f"The arguments are not JSON: {error}."
    try:
        fault = next(_Validator(schema, registry=referencing.Registry()).iter_errors(value), None)
    except (jsonschema.exceptions.SchemaError, referencing.exceptions.Unresolvable, _SchemaUnusableError):
        return None
    if fault is None:
        return None
    place = "".join(f"[{part!r}]" for part in fault.absolute_path) or "the arguments"
    return f"At {place}: {fault.message[:_MAX_FAULT_CHARS]}."


class _SchemaUnusableError(Exception):
    """A pattern that Python does not read."""


def _check_pattern(_: Any, pattern: Any, text: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(text, str) or not isinstance(pattern, str) or len(text) > _MAX_PATTERN_TEXT:
        return
    if _may_take_forever(pattern):
        return
    try:
        found = re.search(pattern, text)
    except re.error as error:
        raise _SchemaUnusableError from error
    if not found:
        yield jsonschema.ValidationError(f"{text!r} does not match {pattern!r}")


def _may_take_forever(pattern: str) -> bool:
    """Whether something that repeats is repeated: `(a+)+` takes exponential time on a text that nearly matches."""
    return bool(re.search(r"[*+}][^()]*\)[*+{]|\|[^()]*\)[*+{]", pattern))


_Validator: Any = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _check_pattern})
