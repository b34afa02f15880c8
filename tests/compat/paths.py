"""Reading and changing JSON by the paths of the table: `tools[].function.name`."""

import copy
from collections.abc import Iterator
from typing import Any


def values(data: Any, path: str) -> list[Any]:
    """The values at a path, in order; none where it leads nowhere."""
    return list(_found(data, path.split(".")))


def _found(data: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield data
        return
    name = steps[0].removesuffix("[]")
    if not isinstance(data, dict) or name not in data:
        return
    inner = data[name]
    if not steps[0].endswith("[]"):
        yield from _found(inner, steps[1:])
        return
    for item in inner if isinstance(inner, list) else ():
        yield from _found(item, steps[1:])


def changed(data: Any, path: str, value: Any) -> Any:
    """A copy with another value at every place of a path whose parent is there."""
    changed = copy.deepcopy(data)
    parent, _, name = path.rpartition(".")
    owners = values(changed, parent) if parent else [changed]
    if not name.endswith("[]"):
        owners = [owner for owner in owners if isinstance(owner, dict)]
    for owner in owners:
        owner[name] = value
    return changed


def contains(seen: Any, sent: Any) -> bool:
    """Whether all that was sent is there: an object may have more keys, an array no more items."""
    if isinstance(sent, dict):
        return isinstance(seen, dict) and all(name in seen and contains(seen[name], sent[name]) for name in sent)
    if isinstance(sent, list):
        return isinstance(seen, list) and len(seen) == len(sent) and all(map(contains, seen, sent))
    return bool(seen == sent)


def first_place(path: str) -> str:
    """The path as an error names its first place: `tools[0].type`."""
    return path.replace("[]", "[0]")
