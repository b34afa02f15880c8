"""Output made fit to read."""

import time

import pytest

from localassist.interpreter.text import Cleaner, PathNames, format_traceback, settle, shorten

NOTHING = PathNames({})


def cleaned(*pieces: str, paths: PathNames = NOTHING) -> str:
    cleaner = Cleaner(paths)
    return "".join(cleaner.feed(piece) for piece in pieces) + cleaner.finish()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["\x1b[31mred\x1b[0m"], "red"),
        (["\x1b[3", "8;5;9mred", "\x1b", "[0m"], "red"),
        (["\x1b]0;title\x07after"], "after"),
        (["bell\x07 null\x00 tab\t line\n"], "bell null tab\t line\n"),
        (["\ud800 lone"], " lone"),
        (["ends in \x1b["], "ends in ["),
        (["\x1b[" + "1;" * 100 + "m"], ""),
    ],
)
def test_terminal_codes_go_however_they_are_cut(pieces: list[str], expected: str) -> None:
    assert cleaned(*pieces) == expected


def test_paths_are_called_by_their_names_longest_first() -> None:
    paths = PathNames({"/opt/py/": "python/", "/opt/py/site-packages/": "site-packages/", "/s/data": "/mnt/data"})
    text = "/opt/py/site-packages/a.py /opt/py/b.py /s/data/c.csv /opt/python"
    assert cleaned(text, paths=paths) == "site-packages/a.py python/b.py /mnt/data/c.csv /opt/python"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("at the end\r", "at the end"),
        ("", ""),
    ],
)
def test_a_line_is_what_stands_there_at_the_end(text: str, expected: str) -> None:
    assert settle(text) == expected


def test_a_short_text_is_left_alone_and_a_long_one_loses_its_middle() -> None:
    assert shorten("x" * 8000) == "x" * 8000
    short = shorten("a" * 5000 + "b" * 10_000)
    assert short.startswith("a" * 3000 + "\n... [7000 characters left out] ...\n")
    assert short.endswith("b" * 5000)


def test_a_traceback_ends_in_its_error_however_long_it_is() -> None:
    lines = ["Traceback (most recent call last):", *(f"  frame {i}" for i in range(5000)), "ValueError: " + "m" * 5000]
    text = format_traceback(lines, "ValueError", "m" * 5000)
    assert text.startswith("Traceback")
    assert "frame 4999" in text
    assert "\nValueError: mmm" in text
    assert len(text) < 8500


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\r", "x", "/", "\x1b[1;"])
def test_hostile_text_takes_no_longer_than_other_text(piece: str) -> None:
    text = piece * 200_000
    started = time.perf_counter()
    settle(cleaned(text, paths=PathNames({"/a/b/c/": "c/"})))
    assert time.perf_counter() - started < 20  # quadratic work would take hours
