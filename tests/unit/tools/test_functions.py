"""Python functions as tools: the schema from hints and docstrings, and calls from the model's JSON."""

import enum
import functools
import json
import typing
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, NotRequired, Optional, TypedDict

import pytest
from pydantic import BaseModel, Field

from localassist.errors import InvalidRequest
from localassist.objects.strict_schema import check_strict_schema
from localassist.tools import PythonFunction, function_tool
from localassist.tools.functions import BadArguments, text_of


class Unit(enum.Enum):
    CELSIUS = "celsius"
    KELVIN = "kelvin"


@dataclass
class Place:
    city: str
    country: str = "NO"
    tags: list[str] = field(default_factory=list)


class Person(BaseModel):
    name: str = Field(description="Full name")
    boss: Optional["Person"] = None


class Options(TypedDict):
    depth: int
    label: NotRequired[str]


def weather(city: str, days: int = 3, unit: Literal["c", "f"] = "c") -> str:
    """Say the weather of a city.

    It is a guess.

    Args:
        city: The name of the city,
            in English.
        days (int, optional): How many days.
        unit: The unit.

    Returns:
        A sentence.
    """
    return f"{city} {days} {unit}"


def parameters(function, **options):
    return function_tool(function, **options)["function"]["parameters"]


def call(function, **arguments):
    return PythonFunction(function).bind(json.dumps(arguments))()


def test_a_function_becomes_a_strict_tool():
    assert function_tool(weather) == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Say the weather of a city.\n\nIt is a guess.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"description": "The name of the city, in English.", "type": "string"},
                    "days": {"description": "How many days. Default: 3.", "type": ["integer", "null"]},
                    "unit": {
                        "description": 'The unit. Default: "c".',
                        "enum": ["c", "f", None],
                        "type": ["string", "null"],
                    },
                },
                "required": ["city", "days", "unit"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }


def test_without_strict_the_schema_keeps_its_defaults():
    tool = function_tool(weather, strict=False, name="w", description="d")["function"]
    assert (tool["name"], tool["description"], tool["strict"]) == ("w", "d", False)
    assert tool["parameters"]["required"] == ["city"]
    assert tool["parameters"]["properties"]["days"]["default"] == 3


def everything(
    text: str,
    number: float,
    flag: bool,
    unit: Unit,
    when: date,
    maybe: int | None,
    many: list[Place],
    person: Person,
    options: Options,
    either: int | str,
    nothing: None = None,
) -> Any:
    return locals()


def test_every_supported_hint_gives_a_schema_of_the_subset():
    schema = parameters(everything)
    check_strict_schema(schema)
    assert schema["properties"]["maybe"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert schema["$defs"]["Place"]["required"] == ["city", "country", "tags"]
    assert schema["$defs"]["Person"]["properties"]["name"]["description"] == "Full name"


def test_arguments_arrive_as_the_types_of_the_hints():
    got = call(
        everything, text="t", number=1, flag=True, unit="kelvin", when="2026-08-26", maybe=None,
        many=[{"city": "Oslo", "country": None, "tags": None}],
        person={"name": "A", "boss": {"name": "B", "boss": None}},
        options={"depth": 1, "label": None}, either="x", nothing=None,
    )  # fmt: skip
    assert (got["unit"], got["when"], got["maybe"]) == (Unit.KELVIN, date(2026, 8, 26), None)
    assert got["many"] == [Place("Oslo", "NO", [])]
    assert got["person"].boss.name == "B"
    assert got["options"] == {"depth": 1}
    assert (got["number"], got["either"]) == (1.0, "x")


def test_null_for_an_optional_argument_means_its_default():
    assert call(weather, city="Oslo", days=None, unit="f") == "Oslo 3 f"
    assert call(weather, city="Oslo") == "Oslo 3 c"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{", "the arguments are not valid JSON: "),
        ("[]", "the arguments are not a JSON object"),
        ("{}", "city: this argument is required"),
        ('{"city": "Oslo", "x": 1}', "x: there is no such argument"),
        ('{"city": 5}', "city: Input should be a valid string"),
        ('{"city": "Oslo", "days": "many"}', "days: Input should be a valid integer"),
        ('{"city": "Oslo", "unit": "k"}', "unit: Input should be 'c' or 'f'"),
    ],
)
def test_bad_arguments_are_told_in_words(arguments, message):
    with pytest.raises(BadArguments) as caught:
        PythonFunction(weather).bind(arguments)
    assert str(caught.value).startswith(message)


def test_a_nested_fault_names_its_place():
    def visit(places: list[Place]) -> None: ...

    with pytest.raises(BadArguments, match=r"places\.0\.city: "):
        PythonFunction(visit).bind('{"places": [{"city": 1}]}')


def test_what_strict_cannot_express_is_a_clear_error():
    def count(words: dict[str, int]) -> None: ...

    with pytest.raises(InvalidRequest) as caught:
        function_tool(count)
    assert caught.value.message == (
        "The function 'count' cannot be a strict tool: In context=('properties', 'words'), an object with free keys "
        "cannot be made strict: name its properties. Change the type hint, or pass strict=False."
    )
    assert PythonFunction(count, strict=False).bind('{"words": {"a": 1}}')


def unhinted(x): ...
def variable(*xs: int): ...
def opaque(x: typing.Callable[[], int]): ...
def anything(x: Any): ...
def a_set(x: set[str]): ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (unhinted, "The parameter 'x' of the function 'unhinted' has no type hint."),
        (variable, "The parameter 'xs' of the function 'variable' takes any number of values"),
        (opaque, "The parameter 'x' of the function 'opaque' has a type that JSON cannot express"),
        (anything, "In context=('properties', 'x'), schema must have a 'type' key."),
        (a_set, "In context=('properties', 'x'), 'uniqueItems' is not permitted."),
        (lambda: 1, "'<lambda>' cannot be a function's name"),
    ],
)
def test_functions_that_cannot_be_tools(function, message):
    with pytest.raises(InvalidRequest) as caught:
        function_tool(function)
    assert message in caught.value.message


def test_names_of_base_classes_and_positional_only_parameters_work():
    def odd(schema: str, /, copy: int, model_config: bool) -> Any:
        return (schema, copy, model_config)

    assert call(odd, schema="s", copy=1, model_config=True) == ("s", 1, True)


def test_methods_partials_and_callable_objects_are_functions_too():
    class Adder:
        def add(self, a: int, b: int) -> int:
            """Add."""
            return a + b

        __call__ = add

    assert parameters(Adder().add)["required"] == ["a", "b"]
    assert call(Adder().add, a=1, b=2) == 3
    assert PythonFunction(Adder(), name="adder").bind('{"a": 1, "b": 2}')() == 3
    partial = PythonFunction(functools.partial(weather, days=5))
    assert partial.name == "weather"
    assert partial.bind('{"city": "Oslo", "days": null, "unit": null}')() == "Oslo 5 c"


def test_a_function_without_parameters_has_an_empty_closed_object():
    def ping() -> str: ...

    assert parameters(ping) == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def test_an_annotated_string_goes_before_the_docstring():
    def f(a: Annotated[int, "from the hint"], b: Annotated[int, Field(description="from pydantic", ge=0)]) -> None:
        """F.

        :param a: from the docstring
        :param b: from the docstring
        """

    properties = parameters(f)["properties"]
    assert properties["a"]["description"] == "from the hint"
    assert properties["b"] == {"description": "from pydantic", "minimum": 0, "type": "integer"}


def test_results_are_text_or_json():
    assert text_of("plain") == "plain"
    assert text_of({"a": [1, None]}) == '{"a":[1,null]}'
    assert text_of(Place("Oslo")) == '{"city":"Oslo","country":"NO","tags":[]}'
    assert text_of(None) == "null"
    assert text_of(object).startswith("<class")
