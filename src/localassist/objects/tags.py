"""Which member of a union a JSON value is, by its `type`."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel


def tag_by_type(*untyped: str) -> Callable[[Any], str | None]:
    """A discriminator that reads `type` and answers "#<type>"; a plain string answers `untyped` (one tag, or none).

    The tag of plain strings begins "#=", which keeps it out of the list of types a fault offers.
    """

    def tag_of(value: Any) -> str | None:
        if isinstance(value, BaseModel):
            return f"#{getattr(value, 'type', '')}"
        if isinstance(value, dict):
            name = value.get("type")
            return f"#{name}" if isinstance(name, str) else None
        return untyped[0] if untyped and isinstance(value, str) else None

    return tag_of
