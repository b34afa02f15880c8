"""The reader's end of a generation."""

import threading

import pytest

from localassist.errors import GenerationFailed
from localassist.inference.stream import TokenStream
from localassist.protocols import GenerationUsage, Token

LAST = Token("b", "stop", GenerationUsage(1, 2))


def closing_stream() -> tuple[TokenStream, list[str]]:
    closed: list[str] = []
    return TokenStream(lambda: closed.append("closed")), closed


def test_tokens_come_out_in_order_and_end_with_the_outcome() -> None:
    stream, closed = closing_stream()
    stream.put([Token("a")])
    stream.put([LAST])
    assert list(stream) == [Token("a"), LAST]
    assert next(stream, None) is None
    assert not closed


def test_an_error_comes_after_the_tokens_before_it() -> None:
    stream, _ = closing_stream()
    stream.put([Token("a")], GenerationFailed("gone"))
    assert next(stream) == Token("a")
    with pytest.raises(GenerationFailed, match="gone"):
        next(stream)
    assert next(stream, None) is None


def test_closing_cancels_once_and_ends_the_tokens() -> None:
    stream, closed = closing_stream()
    stream.put([Token("a"), Token("b")])
    next(stream)
    stream.close()
    stream.close()
    assert list(stream) == []
    assert closed == ["closed"]


def test_closing_wakes_a_reader_that_waits() -> None:
    stream, _ = closing_stream()
    read: list[list[Token]] = []
    reader = threading.Thread(target=lambda: read.append(list(stream)))
    reader.start()
    stream.close()
    reader.join()
    assert read == [[]]


def test_a_forgotten_stream_is_closed() -> None:
    stream, closed = closing_stream()
    del stream
    assert closed == ["closed"]
