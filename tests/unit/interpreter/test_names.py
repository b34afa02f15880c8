"""Names of files and paths in code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localassist.interpreter.names import MAX_NAME_BYTES, file_name, free_name, readable_path
from localassist.interpreter.paths import map_paths


@given(st.text(max_size=400), st.text(alphabet="abcdef0123456789", min_size=8, max_size=12))
def test_any_name_becomes_one_that_is_safe_in_a_directory(name: str, file_id: str) -> None:
    safe = file_name(name, f"file-{file_id}")
    assert safe
    assert "/" not in safe
    assert "\\" not in safe
    assert "\x00" not in safe
    assert not safe.startswith(".")
    assert len(safe.encode()) <= MAX_NAME_BYTES


def test_a_long_name_keeps_its_extension() -> None:
    assert file_name("ü" * 300 + ".csv", "file-1").endswith("ü.csv")


def test_a_taken_name_gets_the_end_of_the_id() -> None:
    assert free_name("a.csv", "file-123456789", {"b.csv"}) == "a.csv"
    assert free_name("a.csv", "file-123456789", {"a.csv"}) == "a-456789.csv"
    assert free_name("README", "file-123456789", {"README"}) == "README-456789"


def test_paths_that_code_chose_can_be_shown() -> None:
    assert readable_path("out/\udcff\n\x1b[0m.txt") == "out/___[0m.txt"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open('/mnt/data/a.csv')", "open('/s/1/a.csv')"),
        ('Path("/mnt/data") / name', 'Path("/s/1") / name'),
        ("f'/mnt/data/{x}'", "f'/s/1/{x}'"),
        ("!ls /mnt/data", "!ls /s/1"),
        ("'/mnt/database'", "'/mnt/database'"),
        ("'/mnt/data-old'", "'/mnt/data-old'"),
        ("'/mnt/data.csv'", "'/mnt/data.csv'"),
        ("'/other/mnt/data'", "'/other/mnt/data'"),
    ],
)
def test_mnt_data_is_mapped_where_it_is_named(code: str, expected: str) -> None:
    assert map_paths(code, "/s/1") == expected
