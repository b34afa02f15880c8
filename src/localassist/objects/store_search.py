"""`POST /vector_stores/{id}/search`: the question, its filters, and the page of passages that answers it."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from localassist.objects.base import RequestBody, WireObject, contract_fault, json_type
from localassist.objects.tools import HybridSearchBody

MAX_FILTER_DEPTH = 16
MAX_FILTERS = 256
_ORDERED = ("gt", "gte", "lt", "lte")
_LISTED = ("in", "nin")
_COMPARISONS = ("eq", "ne", *_ORDERED, *_LISTED)
_COMPOUNDS = ("and", "or")


# --- filters ------------------------------------------------------------------------------------------------------


def check_filter(value: Any) -> Any:
    """A filter as it was given, if it is one: comparisons of an attribute, nested in `and` and `or`."""
    if isinstance(value, dict):
        budget = [MAX_FILTERS]
        _check_filter(value, "", 1, budget)
    return value


def _check_filter(value: Any, path: str, depth: int, budget: list[int]) -> None:
    """`path` is the place below the filter; it begins with "." or "[" where it is not empty."""
    budget[0] -= 1
    if depth > MAX_FILTER_DEPTH or budget[0] < 0:
        raise contract_fault(
            f"Invalid 'filters': at most {MAX_FILTERS} filters, nested at most {MAX_FILTER_DEPTH} deep, are accepted.",
            code="invalid_value",
            suffix=path,
        )
    if not isinstance(value, dict):
        raise _wrong_type(path, "an object", value)
    operator = value.get("type")
    if "type" not in value:
        raise _missing(f"{path}.type")
    if operator in _COMPOUNDS:
        _check_compound(value, path, depth, budget)
    elif operator in _COMPARISONS:
        _check_comparison(value, path)
    elif isinstance(operator, str):
        names = ", ".join(f"'{name}'" for name in (*_COMPARISONS, "and"))
        message = f"Invalid value: '{operator}'. Supported values are: {names}, and 'or'."
        raise contract_fault(message, code="invalid_value", suffix=f"{path}.type")
    else:
        raise _wrong_type(f"{path}.type", "a string", operator)


def _check_compound(value: dict[str, Any], path: str, depth: int, budget: list[int]) -> None:
    _check_keys(value, path, "filters")
    members = value["filters"]
    if not isinstance(members, list):
        raise _wrong_type(f"{path}.filters", "an array of objects", members)
    if not members:
        raise contract_fault(
            f"Invalid 'filters{path}.filters': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            code="empty_array",
            suffix=f"{path}.filters",
        )
    for index, member in enumerate(members):
        _check_filter(member, f"{path}.filters[{index}]", depth + 1, budget)


def _check_comparison(value: dict[str, Any], path: str) -> None:
    _check_keys(value, path, "key", "value")
    operator, key, wanted = value["type"], value["key"], value["value"]
    if not isinstance(key, str):
        raise _wrong_type(f"{path}.key", "a string", key)
    if operator in _LISTED:
        if not isinstance(wanted, list):
            raise _wrong_type(f"{path}.value", "an array", wanted)
        for index, item in enumerate(wanted):
            if not isinstance(item, str | int | float):
                raise _wrong_type(f"{path}.value[{index}]", "one of a string, a number or a boolean", item)
    elif operator in _ORDERED:
        if isinstance(wanted, bool) or not isinstance(wanted, str | int | float):
            raise _wrong_type(f"{path}.value", "one of a number or a string", wanted)
    elif not isinstance(wanted, str | int | float):
        raise _wrong_type(f"{path}.value", "one of a string, a number or a boolean", wanted)


def _check_keys(value: dict[str, Any], path: str, *names: str) -> None:
    for name in names:
        if name not in value:
            raise _missing(f"{path}.{name}")
    for name in value:
        if name not in ("type", *names):
            raise contract_fault(
                f"Unknown parameter: 'filters{path}.{name}'.", code="unknown_parameter", suffix=f"{path}.{name}"
            )


def _missing(path: str) -> PydanticCustomError:
    message = f"Missing required parameter: 'filters{path}'."
    return contract_fault(message, code="missing_required_parameter", suffix=path)


def _wrong_type(path: str, expected: str, value: Any) -> PydanticCustomError:
    message = f"Invalid type for 'filters{path}': expected {expected}, but got {json_type(value)} instead."
    return contract_fault(message, code="invalid_type", suffix=path)


Filters = Annotated[dict[str, Any], BeforeValidator(check_filter)]


# --- the request --------------------------------------------------------------------------------------------------


def _query_tag(value: Any) -> str | None:
    if isinstance(value, str):
        return "#string"
    return "#list" if isinstance(value, list) else None


NonEmpty = Annotated[str, Field(min_length=1)]
QueryBody = Annotated[
    Annotated[NonEmpty, Tag("#string")] | Annotated[Annotated[list[NonEmpty], Field(min_length=1)], Tag("#list")],
    Discriminator(_query_tag),
]


class SearchRankingBody(RequestBody):
    ranker: Literal["none", "auto", "default-2024-11-15", "default_2024_08_21"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    hybrid_search: HybridSearchBody | None = None


class SearchBody(RequestBody):
    """`POST /vector_stores/{id}/search`."""

    query: QueryBody
    rewrite_query: bool | None = None
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    filters: Filters | None = None
    ranking_options: SearchRankingBody | None = None

    def queries(self) -> list[str]:
        return [self.query] if isinstance(self.query, str) else list(self.query)


# --- the answer ---------------------------------------------------------------------------------------------------


class PassageText(WireObject):
    type: Literal["text"] = "text"
    text: str


class PassagePlace(WireObject):
    """An extension: where the passage stands in its file. `start` to `end` in characters, pages and lines from 1."""

    omit_when_none: ClassVar[frozenset[str]] = frozenset({"page", "last_page", "line", "last_line", "heading"})

    start: int
    end: int
    page: int | None = None
    last_page: int | None = None
    line: int | None = None
    last_line: int | None = None
    heading: str | None = None


class SearchResult(WireObject):
    file_id: str
    filename: str
    score: float
    attributes: dict[str, Any] = {}
    content: list[PassageText] = []
    localassist: PassagePlace


class SearchPage(WireObject):
    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str]
    data: list[SearchResult]
    has_more: bool = False
    next_page: str | None = None


class FileContentPage(WireObject):
    """`GET /vector_stores/{id}/files/{id}/content`: the text as it was extracted."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: list[PassageText]
    has_more: bool = False
    next_page: str | None = None
