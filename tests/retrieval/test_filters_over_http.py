"""Every operator of the filters, nested, from the SDK through the real search."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.retrieval.engines import Lab, open_lab

FILES: dict[str, dict[str, Any]] = {
    "a": {"year": 2020, "kind": "report", "open": True},
    "b": {"year": 2022.5, "kind": "letter", "open": False},
    "c": {"year": 2024, "kind": "report"},
    "d": {},
}


def compare(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": operator, "key": key, "value": value}


def both(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "and", "filters": list(filters)}


def either(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "or", "filters": list(filters)}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    with open_lab(tmp_path_factory.mktemp("filters"), searches=True) as lab:
        store = lab.client.vector_stores.create()
        entries = [
            {"file_id": lab.upload(f"{name}.txt", f"The heron {name}".encode()), "attributes": attributes}
            for name, attributes in FILES.items()
        ]
        lab.client.vector_stores.file_batches.create_and_poll(store.id, files=entries)
        yield lab, store.id


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, "abcd"),
        (compare("eq", "kind", "report"), "ac"),
        (compare("eq", "open", True), "a"),
        (compare("gt", "year", 2022), "bc"),
        (compare("gte", "year", 2022.5), "bc"),
        (compare("lt", "year", 2022.5), "a"),
        (compare("lte", "year", 2022.5), "ab"),
        (compare("in", "kind", ["letter", 7]), "b"),
        (both(compare("eq", "kind", "report"), compare("gt", "year", 2021)), "c"),
        (either(compare("eq", "kind", "letter"), compare("eq", "year", 2024)), "bc"),
        (
            either(both(compare("eq", "kind", "report"), compare("lt", "year", 2021)), compare("eq", "open", False)),
            "ab",
        ),
    ],
)
def test_an_operator_admits_what_it_should(filled: tuple[Lab, str], filters: Any, expected: str) -> None:
    lab, store_id = filled
    settings = {} if filters is None else {"filters": filters}
    found = lab.search(store_id, "heron", max_num_results=50, **settings)
    assert sorted(one.filename[0] for one in found) == list(expected)


@pytest.mark.parametrize(("operator", "value"), [("ne", "report"), ("nin", ["report"])])
def test_what_is_not_equal_includes_files_without_the_attribute(
    filled: tuple[Lab, str], operator: str, value: Any
) -> None:
    lab, store_id = filled
    found = lab.search(store_id, "heron", filters=compare(operator, "kind", value))
    assert sorted(one.filename[0] for one in found) == ["b", "d"]
