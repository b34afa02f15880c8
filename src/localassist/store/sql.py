"""The store of record: objects in SQLite."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from localassist.errors import Conflict, InvalidRequest, NotFound, StoreFailed
from localassist.objects.base import StoredObject
from localassist.objects.runs import Run
from localassist.protocols import Page, Slice
from localassist.store import queries
from localassist.store.chunk_store import SqliteChunkStore
from localassist.store.database import Database
from localassist.store.queries import Conditions, Position
from localassist.store.schema import prepare
from localassist.store.tables import ObjectTable, missing, table_of

ObjectT = TypeVar("ObjectT", bound=StoredObject)


class SqliteStore:
    """A `Store` in one file, made when it is missing, or in memory when `path` is None.

    Pages are exact while others insert: a cursor is a place in the order of (created_at, insertion). The places of
    the last `num_deleted_kept` deleted objects are remembered, so that a reader may delete what it has just read.
    """

    def __init__(self, path: Path | None, *, num_deleted_kept: int = 100_000) -> None:
        self._num_deleted_kept = num_deleted_kept
        if path is not None:
            _create_private(path)
        self._database = Database(path)
        try:
            prepare(self._database)
        except BaseException:
            self._database.close()
            raise

    def transaction(self) -> AbstractContextManager[None]:
        """May be nested: an inner one that fails undoes its own writes only, if the outer one catches the error."""
        return self._database.transaction()

    def chunk_store(self) -> SqliteChunkStore:
        """The chunks of file search, in the same database and the same transactions."""
        return SqliteChunkStore(self._database)

    def close(self) -> None:
        self._database.close()

    # --- one object -----------------------------------------------------------------------------------------------

    def insert(self, item: StoredObject) -> None:
        """Raises Conflict when the id is taken."""
        of = table_of(type(item))
        row = of.row(item) | {"id": item.id, "created_at": item.created_at}
        with self._database.writing() as connection:
            try:
                connection.execute(queries.insert_row(of.table), row)
            except IntegrityError as exc:
                raise Conflict(f"The {item.kind} '{item.id}' already exists.") from exc

    def find(self, kind: type[ObjectT], object_id: str) -> ObjectT | None:
        statement = queries.body_by_id(table_of(kind).table)
        with self._database.reading() as connection:
            body = connection.execute(statement, {"object_id": object_id}).scalar()
        return None if body is None else self._parsed(kind, body)

    def get(self, kind: type[ObjectT], object_id: str) -> ObjectT:
        item = self.find(kind, object_id)
        if item is None:
            raise missing(kind, object_id)
        return item

    def update(self, item: StoredObject, *, only_if_status: Collection[str] | None = None) -> bool:
        """Keeps the place in the order of creation."""
        kind = type(item)
        of = table_of(kind)
        row = of.row(item) | {"object_id": item.id}
        statement = queries.replace_row(of.table)
        if only_if_status is not None:
            statement = queries.replace_row_in_status(of.table)
            row["statuses"] = list(only_if_status)
        with self._database.writing() as connection:
            if connection.execute(statement, row).rowcount:
                return True
            if self._position(connection, of, item.id) is None:
                raise missing(kind, item.id)
            return False

    def delete(self, kind: type[StoredObject], object_id: str) -> bool:
        return self._delete(table_of(kind), {"id": object_id}) > 0

    # --- many objects ---------------------------------------------------------------------------------------------

    def delete_where(self, kind: type[StoredObject], **equals: str) -> int:
        """At least one filter must be given."""
        if not equals:
            raise TypeError(f"no filter says which of all {kind.__name__} objects to delete")
        return self._delete(table_of(kind), equals)

    def page(self, kind: type[ObjectT], page: Page, **equals: str | Collection[str]) -> Slice[ObjectT]:
        """`after` begins right after that object; `before` ends right before it, both in the requested order.

        `has_more` tells of more in the direction of travel: beyond the page's end, or, with `before` alone, ahead of
        its start. A cursor may be an object that the filters leave out or that was deleted lately.
        """
        of = table_of(kind)
        where = queries.conditions(of, equals)
        backwards = page.before is not None and page.after is None
        newest_first = (page.order == "desc") != backwards
        with self._database.reading() as connection:
            where += self._bounds(connection, kind, page)
            statement = queries.bodies(of.table, where, newest_first=newest_first).limit(page.limit + 1)
            rows = connection.execute(statement).scalars().all()
        items = [self._parsed(kind, body) for body in rows[: page.limit]]
        return Slice(items=items[::-1] if backwards else items, has_more=len(rows) > page.limit)

    def all(self, kind: type[ObjectT], **equals: str | Collection[str]) -> list[ObjectT]:
        return self._matching(kind, queries.conditions(table_of(kind), equals))

    def mentioning(self, kind: type[ObjectT], object_id: str) -> list[ObjectT]:
        """The id must be a whole string of the JSON, not a part of a text. Reads the whole table of the kind."""
        return self._matching(kind, [queries.mentions(table_of(kind).table, object_id)])

    def due(self, kind: type[ObjectT], *, at: int) -> list[ObjectT]:
        """Whatever their status."""
        return self._matching(kind, [queries.expires_by(table_of(kind), at)])

    def claim_run(self, claim: Callable[[Run], Run]) -> Run | None:
        """The oldest by insertion: a run that was queued again goes before those created since."""
        with self._database.writing() as connection:
            body = connection.execute(queries.oldest_queued(table_of(Run).table)).scalar()
            if body is None:
                return None
            claimed = claim(self._parsed(Run, body))
            self.update(claimed)
            return claimed

    # --- helpers --------------------------------------------------------------------------------------------------

    def _matching(self, kind: type[ObjectT], where: Conditions) -> list[ObjectT]:
        statement = queries.bodies(table_of(kind).table, where)
        with self._database.reading() as connection:
            rows = connection.execute(statement).scalars().all()
        return [self._parsed(kind, body) for body in rows]

    def _delete(self, of: ObjectTable, equals: dict[str, str]) -> int:
        where = queries.conditions(of, equals)
        with self._database.writing() as connection:
            connection.execute(queries.remember_deleted(of.table, where))
            num_deleted = connection.execute(queries.delete_rows(of.table, where)).rowcount
            if num_deleted:
                connection.execute(queries.forget_oldest_deleted(), {"kept": self._num_deleted_kept})
            return num_deleted

    def _bounds(self, connection: Connection, kind: type[StoredObject], page: Page) -> Conditions:
        """The cursors as conditions."""
        of = table_of(kind)
        bounds = []
        for param, cursor in (("after", page.after), ("before", page.before)):
            if cursor is None:
                continue
            position = self._position(connection, of, cursor) or self._position_of_deleted(connection, of, cursor)
            if position is None:
                raise InvalidRequest(NotFound.of(kind.kind, cursor).message, param=param)
            is_later = (param == "after") == (page.order == "asc")
            bounds.append((queries.later_than if is_later else queries.earlier_than)(of.table, position))
        return bounds

    def _position(self, connection: Connection, of: ObjectTable, object_id: str) -> Position | None:
        row = connection.execute(queries.position_by_id(of.table), {"object_id": object_id}).first()
        return None if row is None else Position(*row)

    def _position_of_deleted(self, connection: Connection, of: ObjectTable, object_id: str) -> Position | None:
        values = {"table_name": of.table.name, "object_id": object_id}
        row = connection.execute(queries.position_of_deleted(), values).first()
        return None if row is None else Position(*row)

    def _parsed(self, kind: type[ObjectT], body: str) -> ObjectT:
        try:
            return kind.model_validate_json(body)
        except ValueError as exc:
            raise StoreFailed(
                f"The database {self._database.name} holds a {kind.kind} that cannot be read. Nothing was deleted. "
                f"Restore a backup of the database, or delete the {kind.kind}: {body[:200]}"
            ) from exc


def _create_private(path: Path) -> None:
    """Make the file before SQLite does, readable by nobody else; its -wal and -shm files take the same mode."""
    try:
        path.touch(mode=0o600)
    except OSError as exc:
        raise StoreFailed(f"The database {path} cannot be created ({exc.strerror}). Check its folder.") from exc
