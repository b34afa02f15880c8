"""One string argument, decoded while its call is being written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localassist.runs.code_input import StringArgument

CODE = 'print("a\\n")\n\tx = \'é 中 😀\' # \\ \\u0041 "end"'


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_the_value_comes_out_whole_however_it_is_split(size, ensure_ascii):
    text = json.dumps({"code": CODE}, ensure_ascii=ensure_ascii)
    reader = StringArgument("code")
    assert "".join(reader.feed(text[at : at + size]) for at in range(0, len(text), size)) == CODE


def test_nothing_comes_out_of_another_argument():
    reader = StringArgument("code")
    assert reader.feed('{"other": "print(1)"}') == ""


def test_what_is_written_is_out_before_the_string_ends():
    reader = StringArgument("code")
    assert reader.feed('{"code": "pri') == "pri"
    assert reader.feed("nt\\") == "nt"
    assert reader.feed("n1") == "\n1"


@given(st.text(), st.integers(1, 9))
def test_any_text_survives(text, size):
    written = json.dumps({"code": text})
    reader = StringArgument("code")
    read = "".join(reader.feed(written[at : at + size]) for at in range(0, len(written), size))
    assert read == text
