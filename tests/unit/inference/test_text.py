"""Bytes become text only as whole characters, and stop strings never get out."""

from hypothesis import given
from hypothesis import strategies as st

from localassist.inference.text import TextDecoder


def feed_all(decoder: TextDecoder, pieces: list[bytes]) -> tuple[str, bool]:
    """What comes out for the pieces, to the end or to the stop string."""
    text = ""
    for piece in pieces:
        chunk = decoder.feed(piece)
        text += chunk.text
        if chunk.stopped:
            return text, True
    return text + decoder.finish(), False


def test_a_character_in_pieces_comes_out_once_it_is_whole() -> None:
    decoder = TextDecoder()
    assert [decoder.feed(bytes([byte])).text for byte in "☀é".encode()] == ["", "", "☀", "", "é"]


def test_an_unfinished_character_at_the_end_is_replaced() -> None:
    decoder = TextDecoder()
    assert decoder.feed("☀".encode()[:2]).text == ""
    assert decoder.finish() == "�"


def test_text_that_may_begin_a_stop_string_is_held_back() -> None:
    decoder = TextDecoder(("END",))
    assert decoder.feed(b"one E").text == "one "
    assert decoder.feed(b"N").text == ""
    assert decoder.feed(b"jamin").text == "ENjamin"


def test_the_first_of_several_stop_strings_ends_the_text() -> None:
    chunk = TextDecoder(("later", "now")).feed(b"not now but later")
    assert chunk == ("not ", True)


def test_what_was_held_back_comes_out_at_the_end() -> None:
    decoder = TextDecoder(("END",))
    decoder.feed(b"EN")
    assert decoder.finish() == "EN"


def test_white_space_is_not_visible() -> None:
    decoder = TextDecoder()
    decoder.feed(b" \n")
    assert not decoder.has_visible_text
    decoder.feed(b"a")
    assert decoder.has_visible_text


@given(
    st.text("abE", max_size=30),
    st.lists(st.integers(1, 4), max_size=40),
    st.lists(st.text("abE", min_size=1, max_size=4), max_size=3),
)
def test_cuts_do_not_change_what_comes_out(text: str, sizes: list[int], stop: list[str]) -> None:
    data, pieces = text.encode(), []
    for size in [*sizes, len(text)]:
        pieces.append(data[:size])
        data = data[size:]
    out, stopped = feed_all(TextDecoder(tuple(stop)), pieces)
    if any(one in text for one in stop):
        assert stopped
        assert text.startswith(out)
        assert not any(one in out for one in stop)
    else:
        assert (out, stopped) == (text, False)
