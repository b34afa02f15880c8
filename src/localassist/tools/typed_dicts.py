"""Type hints as pydantic reads them: before Python 3.12 it wants `typing_extensions.TypedDict` only."""

import sys
import types
import typing
from typing import Annotated, Any, Union

import typing_extensions


def readable(hint: Any) -> Any:
    """The hint, each `typing.TypedDict` in it replaced by its twin."""
    return hint if sys.version_info >= (3, 12) else _replaced(hint, {})


def _replaced(hint: Any, twins: dict[Any, Any]) -> Any:
    if typing.is_typeddict(hint) and type(hint).__module__ == "typing":
        return twins.get(hint) or _twin(hint, twins)
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return Annotated[(_replaced(arguments[0], twins), *arguments[1:])]
    if not arguments or origin is typing.Literal:
        return hint
    replaced = tuple(_replaced(argument, twins) for argument in arguments)
    if replaced == arguments:
        return hint
    if origin in (Union, types.UnionType):
        return Union[replaced]  # noqa: UP007
    return hint.copy_with(replaced) if hasattr(hint, "copy_with") else origin[replaced]


def _twin(hint: Any, twins: dict[Any, Any]) -> Any:
    """Not for one that contains itself: pydantic says so by itself."""
    twins[hint] = hint
    fields = typing.get_type_hints(hint, include_extras=True)
    required = {
        name: (typing_extensions.Required if name in hint.__required_keys__ else typing_extensions.NotRequired)
        for name in fields
    }
    members = {name: required[name][_replaced(kind, twins)] for name, kind in fields.items()}
    twin = typing_extensions.TypedDict(hint.__name__, members)  # type: ignore[misc]
    twin.__doc__ = hint.__doc__
    twins[hint] = twin
    return twin
