"""Every stored kind has a table, and columns are filled from attributes it has."""

import inspect

import pytest

from localassist.objects import assistants, files, runs, threads, vector_stores
from localassist.objects.base import StoredObject
from localassist.store.tables import TABLES, table_of

KINDS: list[type[StoredObject]] = [
    member
    for module in (assistants, files, runs, threads, vector_stores)
    for _, member in inspect.getmembers(module, inspect.isclass)
    if issubclass(member, StoredObject) and member is not StoredObject
]


@pytest.mark.parametrize("kind", sorted(set(KINDS), key=repr))
def test_every_kind_has_a_table_whose_columns_it_can_fill(kind: type[StoredObject]) -> None:
    of = table_of(kind)

    assert all(name in kind.model_fields or isinstance(getattr(kind, name), property) for name in of.attributes)
    assert {"seq", "id", "created_at", "body", *of.attributes} == set(of.table.c.keys())


def test_tables_have_names_of_their_own() -> None:
    assert len({of.table.name for of in TABLES.values()}) == len(TABLES)


def test_a_kind_without_a_table_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="StoredObject has no table"):
        table_of(StoredObject)
