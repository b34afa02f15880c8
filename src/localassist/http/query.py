"""Query strings: cursor pages and `include`, with the contract's words for what is wrong. Unknown keys are ignored."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from localassist.errors import InvalidRequest
from localassist.protocols import Page

RESULT_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


class Query:
    """The parameters of one request. An empty value counts as absent."""

    def __init__(self, query_string: bytes) -> None:
        self._pairs = parse_qsl(query_string.decode("latin-1"), encoding="utf-8", errors="replace")

    def one(self, name: str) -> str | None:
        """The value of a parameter that may be given once."""
        values = [value for key, value in self._pairs if key == name]
        if len(values) > 1:
            raise InvalidRequest(
                f"Duplicate parameter: '{name}'. You provided multiple values for this parameter, whereas only one is "
                "allowed. If you are trying to provide a list of values, use the array syntax instead "
                f"e.g. '{name}[]=<value>'.",
                param=name,
                code="duplicate_parameter",
            )
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """The values of an array: `name[]=`, `name[0]=`, `name=` again and again, or joined by commas."""
        spelled = re.compile(re.escape(name) + r"(\[\d*\])?")
        given = [value for key, value in self._pairs if spelled.fullmatch(key)]
        return [item.strip() for value in given for item in value.split(",") if item.strip()]


def read_page(query: Query, *, default_limit: int = 20, max_limit: int = 100) -> Page:
    """The cursor parameters."""
    limit = _limit(query.one("limit"), default_limit, max_limit)
    return Page(limit=limit, order=_order(query.one("order")), after=query.one("after"), before=query.one("before"))


def _limit(given: str | None, default: int, maximum: int) -> int:
    if given is None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", given):
        raise InvalidRequest(
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            param="limit",
            code="invalid_type",
        )
    limit = int(given)
    if limit < 1:
        raise _limit_fault("below minimum value. Expected a value >= 1", limit, "integer_below_min_value")
    if limit > maximum:
        raise _limit_fault(f"above maximum value. Expected a value <= {maximum}", limit, "integer_above_max_value")
    return limit


def _limit_fault(fault: str, limit: int, code: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid 'limit': integer {fault}, but got {limit} instead.", param="limit", code=code)


def _order(given: str | None) -> Literal["asc", "desc"]:
    if given is None or given == "desc":
        return "desc"
    if given == "asc":
        return "asc"
    raise InvalidRequest(
        f"Invalid value: '{given}'. Supported values are: 'asc' and 'desc'.", param="order", code="invalid_value"
    )


def read_include(query: Query) -> bool:
    """Whether the text of file search results is asked for."""
    asked = query.many("include")
    for value in asked:
        if value != RESULT_CONTENT:
            raise InvalidRequest(
                f"Invalid value: '{value}'. Supported values are: '{RESULT_CONTENT}'.",
                param="include",
                code="invalid_value",
            )
    return bool(asked)


def without_result_content(data: dict[str, Any]) -> dict[str, Any]:
    """A run step, or a delta of one, without the text of its file search results. The argument is left as it is."""
    if "delta" in data:
        return data | {"delta": without_result_content(data["delta"])}
    details = data.get("step_details")
    if not details or details.get("type") != "tool_calls":
        return data
    calls = [_call_without_content(call) for call in details["tool_calls"]]
    return data | {"step_details": details | {"tool_calls": calls}}


def _call_without_content(call: dict[str, Any]) -> dict[str, Any]:
    search = call.get("file_search")
    if not search or not search.get("results"):
        return call
    results = [{key: value for key, value in result.items() if key != "content"} for result in search["results"]]
    return call | {"file_search": search | {"results": results}}


# --- as dependencies of routes ------------------------------------------------------------------------------------


async def _query_of(request: Request) -> Query:
    return Query(request.scope["query_string"])


async def _page_of(request: Request) -> Page:
    return read_page(Query(request.scope["query_string"]))


async def _files_page_of(request: Request) -> Page:
    return read_page(Query(request.scope["query_string"]), default_limit=10_000, max_limit=10_000)


async def _include_of(request: Request) -> bool:
    return read_include(Query(request.scope["query_string"]))


QueryOf = Annotated[Query, Depends(_query_of)]
PageOf = Annotated[Page, Depends(_page_of)]
FilesPageOf = Annotated[Page, Depends(_files_page_of)]
IncludeContent = Annotated[bool, Depends(_include_of)]
