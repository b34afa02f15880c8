"""What a docstring says about parameters, in the usual styles."""

import pytest

from localassist.tools.docstrings import Documentation, read_docstring


def google():
    """Do it.

    More words.

    Args:
        a: First.
        b (int): Second,
            on two lines.
        *rest: Others.

    Raises:
        ValueError: never.
    """


def numpy():
    """
    Do it.

    More words.

    Parameters
    ----------
    a : str
        First.
    b : int, optional
        Second,
        on two lines.
    rest
        Others.

    Returns
    -------
    int
        c: not a parameter
    """


def sphinx():
    """Do it.

    More words.

    :param a: First.
    :param int b: Second,
        on two lines.
    :param rest: Others.
    :returns: nothing
    """


@pytest.mark.parametrize("function", [google, numpy, sphinx])
def test_styles(function):
    described = {"a": "First.", "b": "Second, on two lines.", "rest": "Others."}
    assert read_docstring(function) == Documentation("Do it.\n\nMore words.", described)


def test_a_plain_docstring_is_all_summary():
    def plain():
        """Note: this does it.

        Twice.
        """

    def none(): ...

    assert read_docstring(plain) == Documentation("Note: this does it.\n\nTwice.", {})
    assert read_docstring(none) == Documentation("", {})
