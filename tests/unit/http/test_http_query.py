"""Query strings: pages and include."""

import pytest

from localassist.errors import InvalidRequest
from localassist.http.query import RESULT_CONTENT, Query, read_include, read_page, without_result_content
from localassist.protocols import Page


def page_of(query: str, **limits: int) -> Page:
    return read_page(Query(query.encode()), **limits)


def test_defaults() -> None:
    assert page_of("") == Page(limit=20, order="desc", after=None, before=None)
    assert page_of("", default_limit=10_000, max_limit=10_000).limit == 10_000


def test_all_cursor_parameters_and_unknown_keys() -> None:
    assert page_of("limit=7&order=asc&after=msg_a&before=msg_b&color=red") == Page(7, "asc", "msg_a", "msg_b")


def test_empty_values_are_absent() -> None:
    assert page_of("after=&before=&limit=&order=") == Page()


@pytest.mark.parametrize(
    ("query", "message", "param", "code"),
    [
        (
            "limit=101",
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "limit",
            "integer_above_max_value",
        ),
        (
            "limit=0",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "limit",
            "integer_below_min_value",
        ),
        (
            "limit=-5",
            "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got -5 instead.",
            "limit",
            "integer_below_min_value",
        ),
        (
            "limit=ten",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            "limit",
            "invalid_type",
        ),
        ("order=up", "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.", "order", "invalid_value"),
    ],
)
def test_faults_have_the_contracts_words(query: str, message: str, param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        page_of(query)
    assert (caught.value.message, caught.value.param, caught.value.code) == (message, param, code)


def test_a_number_of_any_length_is_no_crash() -> None:
    with pytest.raises(InvalidRequest):
        page_of("limit=" + "9" * 5000)


def test_a_parameter_given_twice() -> None:
    with pytest.raises(InvalidRequest, match=r"^Duplicate parameter: 'limit'\. You provided multiple") as caught:
        page_of("limit=1&limit=2")
    assert caught.value.code == "duplicate_parameter"


@pytest.mark.parametrize(
    "query",
    [
        f"include[]={RESULT_CONTENT}",
        "include%5B%5D=step_details.tool_calls%5B%2A%5D.file_search.results%5B%2A%5D.content",
        f"include={RESULT_CONTENT}",
        f"include={RESULT_CONTENT}&include={RESULT_CONTENT}",
        f"include={RESULT_CONTENT},{RESULT_CONTENT}",
        f"include[0]={RESULT_CONTENT}",
    ],
)
def test_include_in_every_spelling(query: str) -> None:
    assert read_include(Query(query.encode()))


def test_include_absent_or_empty() -> None:
    assert not read_include(Query(b""))
    assert not read_include(Query(b"include[]="))


def test_include_of_something_else() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_include(Query(b"include[]=everything"))
    assert caught.value.message == f"Invalid value: 'everything'. Supported values are: '{RESULT_CONTENT}'."


def test_result_content_is_left_out_without_touching_the_original() -> None:
    result = {"file_id": "file-1", "score": 0.5, "content": [{"type": "text", "text": "secret"}]}
    call = {"id": "call_1", "type": "file_search", "file_search": {"results": [result]}}
    step = {"id": "step_1", "step_details": {"type": "tool_calls", "tool_calls": [call, {"type": "function"}]}}
    shown = without_result_content(step)
    assert shown["step_details"]["tool_calls"][0]["file_search"]["results"] == [{"file_id": "file-1", "score": 0.5}]
    assert "content" in result
    assert "secret" not in str(without_result_content({"delta": step}))


def test_a_message_step_is_as_it_was() -> None:
    step = {"step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}}}
    assert without_result_content(step) == step
