"""The SQL: statements over one table, built once. No transactions and no words of the API here."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from localassist.store.tables import ObjectTable, deleted

Conditions = list[ColumnElement[bool]]


class Position(NamedTuple):
    """A place in the order of creation."""

    created_at: int
    seq: int


@cache
def body_by_id(table: Table) -> Select[Any]:
    return select(table.c.body).where(table.c.id == bindparam("object_id"))


@cache
def oldest_queued(table: Table) -> Select[Any]:
    return select(table.c.body).where(table.c.status == "queued").order_by(table.c.seq).limit(1)


@cache
def insert_row(table: Table) -> Insert:
    return insert(table)


@cache
def replace_row(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("object_id"))


@cache
def replace_row_in_status(table: Table) -> Update:
    return replace_row(table).where(table.c.status.in_(bindparam("statuses", expanding=True)))


def conditions(of: ObjectTable, equals: Mapping[str, str | Collection[str]]) -> Conditions:
    """Filters as SQL; a name that is no filter of the table is a programming error."""
    unknown = equals.keys() - of.filters
    if unknown:
        raise TypeError(f"{of.table.name} cannot be filtered by {sorted(unknown)}")
    columns = of.table.c
    return [
        columns[name] == wanted if isinstance(wanted, str) else columns[name].in_(list(wanted))
        for name, wanted in equals.items()
    ]


def mentions(table: Table, object_id: str) -> ColumnElement[bool]:
    """The id as a whole JSON string. LIKE would read the "_" in it as a wildcard."""
    return func.instr(table.c.body, f'"{object_id}"') > 0


def expires_by(of: ObjectTable, at: int) -> ColumnElement[bool]:
    """`expires_at` is set and not after `at`."""
    if "expires_at" not in of.attributes:
        raise TypeError(f"{of.table.name} never expire")
    return of.table.c.expires_at <= at


# --- order and pages ----------------------------------------------------------------------------------------------


@cache
def position_by_id(table: Table) -> Select[Any]:
    return select(table.c.created_at, table.c.seq).where(table.c.id == bindparam("object_id"))


@cache
def position_of_deleted() -> Select[Any]:
    return select(deleted.c.created_at, deleted.c.seq).where(
        deleted.c.table_name == bindparam("table_name"), deleted.c.id == bindparam("object_id")
    )


def later_than(table: Table, position: Position) -> ColumnElement[bool]:
    return tuple_(table.c.created_at, table.c.seq) > tuple_(literal(position.created_at), literal(position.seq))


def earlier_than(table: Table, position: Position) -> ColumnElement[bool]:
    return tuple_(table.c.created_at, table.c.seq) < tuple_(literal(position.created_at), literal(position.seq))


def bodies(table: Table, where: Conditions, *, newest_first: bool = False) -> Select[Any]:
    """Matching objects in order of creation."""
    order = (table.c.created_at, table.c.seq)
    if newest_first:
        return select(table.c.body).where(*where).order_by(*(column.desc() for column in order))
    return select(table.c.body).where(*where).order_by(*order)


# --- deleting -----------------------------------------------------------------------------------------------------


def remember_deleted(table: Table, where: Conditions) -> Insert:
    """Keep the positions of what is about to be deleted. An id that comes back and goes again replaces its mark."""
    places = select(literal(table.name), table.c.id, table.c.created_at, table.c.seq).where(*where)
    columns = ["table_name", "id", "created_at", "seq"]
    return insert(deleted).prefix_with("OR REPLACE").from_select(columns, places.order_by(table.c.seq))


@cache
def forget_oldest_deleted() -> Delete:
    """Keep the newest `kept` positions."""
    newest = select(func.max(deleted.c.number)).scalar_subquery()
    return delete(deleted).where(deleted.c.number <= newest - bindparam("kept"))


def delete_rows(table: Table, where: Conditions) -> Delete:
    return delete(table).where(*where)
