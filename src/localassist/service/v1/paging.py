"""Cursor pages of short lists that no table holds."""

from collections.abc import Sequence
from typing import TypeVar

from localassist.errors import InvalidRequest, NotFound
from localassist.objects.files import File
from localassist.objects.v1 import AssistantFile, MessageFile
from localassist.protocols import Page, Slice

FileT = TypeVar("FileT", AssistantFile, MessageFile)


def page_of(files: Sequence[FileT], page: Page) -> Slice[FileT]:
    """A page of files given oldest first, as `Store.page` makes them. Raises InvalidRequest for what is no cursor.

    A cursor that was detached meanwhile counts as first: a reader who detaches while paging goes on with what is left.
    """
    ordered = list(files) if page.order == "asc" else list(reversed(files))
    places = {file.id: place for place, file in enumerate(ordered)}
    for param, cursor in (("after", page.after), ("before", page.before)):
        if cursor is not None and not cursor.startswith(File.id_prefix):
            raise InvalidRequest(NotFound.of(File.kind, cursor).message, param=param)
    start = 0 if page.after is None else places.get(page.after, -1) + 1
    end = len(ordered) if page.before is None else places.get(page.before, 0)
    within = ordered[start:end]
    if page.before is not None and page.after is None:
        return Slice(items=within[-page.limit :], has_more=len(within) > page.limit)
    return Slice(items=within[: page.limit], has_more=len(within) > page.limit)
