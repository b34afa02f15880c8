"""The catalogue is complete, and its rows could be pulled."""

import re

import pytest

from localassist.catalog.pull import parse_target
from localassist.catalog.rows import CatalogRow, find_row, read_rows
from localassist.errors import InvalidRequest

ROWS = read_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_where_it_is_from(row: CatalogRow) -> None:
    assert row.page.startswith("https://")
    assert row.file.endswith(".gguf")
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", row.repository)
    assert row.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", row.sha256)
    assert row.revision == "main" or re.fullmatch(r"[0-9a-f]{40}", row.revision)
    assert row.size_bytes > 100_000_000
    assert 0 < row.bytes_per_token <= row.size_bytes
    wanted = parse_target(row.name)
    assert (wanted.repository, wanted.file, wanted.sha256) == (row.repository, row.file, row.sha256)


def test_the_catalogue_reaches_from_small_to_large_and_can_embed() -> None:
    chat = [row.parameters for row in ROWS if row.kind == "chat"]
    assert min(chat) < 1e9
    assert max(chat) >= 27e9
    assert [row.name for row in ROWS if row.kind == "embedding"]
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_names_are_found_in_any_case() -> None:
    assert find_row(ROWS[0].name.upper()) == ROWS[0]
    assert find_row("nothing") is None


def test_a_repository_and_file_are_a_target() -> None:
    wanted = parse_target("hf:owner/Repo-GGUF:sub/Model-Q4.gguf@v1", name="mine")
    assert (wanted.name, wanted.repository) == ("mine", "owner/Repo-GGUF")
    assert (wanted.file, wanted.revision) == ("sub/Model-Q4.gguf", "v1")
    assert parse_target("o/r:big-00001-of-00003.gguf").name == "big"


@pytest.mark.parametrize("target", ["nothing", "owner/repo", "owner/repo:file.bin", "a/b/c:file.gguf", "../x:y.gguf:z"])
def test_anything_else_is_refused(target: str) -> None:
    with pytest.raises(InvalidRequest, match="neither in the catalogue"):
        parse_target(target)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x" * 200])
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"cannot be a model's name|neither"):
        parse_target("owner/repo:file.gguf", name=name or "/")
