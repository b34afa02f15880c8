"""A Python function as a function tool: its schema from type hints and docstring, and calls from JSON arguments."""

import functools
import inspect
import json
import re
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import PydanticSerializationError, to_json

from localassist.errors import InvalidRequest
from localassist.objects.strict_adaptation import to_strict_schema, without_added_nulls
from localassist.objects.strict_schema import SchemaFault, check_object_schema
from localassist.tools.docstrings import read_docstring
from localassist.tools.typed_dicts import readable

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class BadArguments(ValueError):
    """The arguments do not fit the function; the message is for the model."""


class _Parameter(NamedTuple):
    """One parameter, with what reads its values."""

    name: str
    adapter: TypeAdapter[Any]
    schema: Mapping[str, Any]
    is_required: bool
    is_positional: bool


def function_tool(
    function: Callable[..., Any], *, strict: bool = True, name: str | None = None, description: str | None = None
) -> dict[str, Any]:
    """The tool to pass in `tools=[…]`. Raises InvalidRequest naming the parameter whose type cannot be described."""
    return PythonFunction(function, strict=strict, name=name, description=description).tool


class PythonFunction:
    """A function with its description for models (`tool`) and the way to call it with what they write."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        strict: bool = True,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        self.name = name or _name_of(function)
        if not _NAME.fullmatch(self.name):
            raise InvalidRequest(
                f"{self.name!r} cannot be a function's name: give one of [a-zA-Z0-9_-], up to 64 long."
            )
        self.is_async = inspect.iscoroutinefunction(inspect.unwrap(_plain(function)))
        self._function = function
        documentation = read_docstring(_plain(function))
        self._parameters, self._schema = _parameters(function, self.name, documentation.text_by_parameter)
        definition: dict[str, Any] = {"name": self.name}
        if about := description if description is not None else documentation.summary:
            definition["description"] = about
        definition["parameters"] = self._adapted() if strict else self._schema
        definition["strict"] = strict
        self.tool: dict[str, Any] = {"type": "function", "function": definition}

    def _adapted(self) -> dict[str, Any]:
        try:
            return to_strict_schema(self._schema)
        except SchemaFault as exc:
            raise InvalidRequest(
                f"The function '{self.name}' cannot be a strict tool: {exc.message} "
                "Change the type hint, or pass strict=False."
            ) from exc

    def bind(self, arguments: str) -> Callable[[], Any]:
        """The call that JSON arguments stand for, not made yet. Raises BadArguments."""
        given = _read_object(arguments)
        given = without_added_nulls(given, self._schema, self._schema)
        unknown = next((name for name in given if name not in self._schema["properties"]), None)
        if unknown is not None:
            raise BadArguments(f"{unknown}: there is no such argument")
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in self._parameters:
            if parameter.name not in given:
                if parameter.is_required:
                    raise BadArguments(f"{parameter.name}: this argument is required")
                continue
            value = _read_value(parameter, given[parameter.name])
            if parameter.is_positional:
                positional.append(value)
            else:
                named[parameter.name] = value
        return functools.partial(self._function, *positional, **named)


def text_of(result: Any) -> str:
    """A function's result as the output a model reads: text as it is, anything else as JSON."""
    if isinstance(result, str):
        return result
    try:
        return to_json(result).decode()
    except PydanticSerializationError:
        return str(result)


# --- the signature ------------------------------------------------------------------------------------------------


def _plain(function: Callable[..., Any]) -> Any:
    """The function behind a partial, or the `__call__` of an object."""
    if isinstance(function, functools.partial):
        return _plain(function.func)
    is_function = inspect.isroutine(function) or inspect.isclass(function)
    return function if is_function else type(function).__call__


def _name_of(function: Callable[..., Any]) -> str:
    inner = function.func if isinstance(function, functools.partial) else function
    return str(getattr(inner, "__name__", type(inner).__name__))


def _parameters(
    function: Callable[..., Any], name: str, texts: Mapping[str, str]
) -> tuple[list[_Parameter], dict[str, Any]]:
    """The parameters in order, and the schema of an object that has them as properties."""
    signature = inspect.signature(function)
    hints = _hints(function, name)
    adapters = {
        parameter.name: _adapter(name, parameter, hints, texts.get(parameter.name))
        for parameter in signature.parameters.values()
    }
    schemas, shared = TypeAdapter.json_schemas([(key, "validation", adapter) for key, adapter in adapters.items()])
    properties = {key: dict(schemas[key, "validation"]) for key in adapters}
    parameters = []
    for parameter in signature.parameters.values():
        is_required = parameter.default is inspect.Parameter.empty
        if not is_required:
            properties[parameter.name] |= _default(adapters[parameter.name], parameter.default)
        is_positional = parameter.kind is inspect.Parameter.POSITIONAL_ONLY
        adapter, schema = adapters[parameter.name], properties[parameter.name]
        parameters.append(_Parameter(parameter.name, adapter, schema, is_required, is_positional))
    required = [parameter.name for parameter in parameters if parameter.is_required]
    whole = {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **shared}
    return parameters, _checked(whole, name)


def _checked(schema: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        check_object_schema(schema)
    except SchemaFault as exc:
        raise InvalidRequest(f"The function '{name}' cannot be a tool: {exc.message}") from exc
    return schema


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    plain = _plain(function)
    try:
        return typing.get_type_hints(plain.__init__ if inspect.isclass(plain) else plain, include_extras=True)
    except NameError as exc:
        raise InvalidRequest(f"A type hint of the function '{name}' cannot be resolved: {exc}.") from exc


def _adapter(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any], text: str | None) -> TypeAdapter[Any]:
    where = f"The parameter '{parameter.name}' of the function '{name}'"
    if parameter.kind in _VARIABLE:
        raise InvalidRequest(f"{where} takes any number of values: a tool's parameters have to be named.")
    if parameter.name not in hints:
        raise InvalidRequest(f"{where} has no type hint.")
    hint = readable(hints[parameter.name])
    if described := _description(hint, text):
        hint = Annotated[hint, Field(description=described)]
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        adapter.json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as exc:
        reason = str(exc).split("\n", maxsplit=1)[0].strip()
        raise InvalidRequest(f"{where} has a type that JSON cannot express: {reason}") from exc
    return adapter


def _description(hint: Any, text: str | None) -> str | None:
    """A string in `Annotated` goes before the docstring; a pydantic `Field` that describes speaks for itself."""
    extras = getattr(hint, "__metadata__", ())
    if any(getattr(extra, "description", None) for extra in extras):
        return None
    return next((extra for extra in extras if isinstance(extra, str)), text)


def _default(adapter: TypeAdapter[Any], default: Any) -> dict[str, Any]:
    try:
        return {"default": json.loads(adapter.dump_json(default, warnings=False))}
    except (PydanticSerializationError, ValueError):
        return {}


# --- arguments ----------------------------------------------------------------------------------------------------


def _read_object(arguments: str) -> dict[str, Any]:
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as exc:
        raise BadArguments(f"the arguments are not valid JSON: {exc}") from exc
    if not isinstance(given, dict):
        raise BadArguments("the arguments are not a JSON object")
    return given


def _read_value(parameter: _Parameter, value: Any) -> Any:
    try:
        return parameter.adapter.validate_python(value)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False)[0]
        place = ".".join([parameter.name, *(str(step) for step in first["loc"])])
        raise BadArguments(f"{place}: {first['msg']}") from exc
