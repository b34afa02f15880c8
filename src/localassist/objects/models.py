"""The model object of `GET /models`."""

from typing import ClassVar, Literal

from localassist.objects.base import WireObject


class ModelState(WireObject):
    """An extension: whether a model is in memory, and while it loads, how much of it is, from 0 to 1."""

    omit_when_none: ClassVar[frozenset[str]] = frozenset({"progress"})

    status: Literal["available", "loading", "loaded"]
    progress: float | None = None


class Model(WireObject):
    """Contract §1.10. `localassist` is an extension that strict clients ignore; hosted names have none."""

    omit_when_none: ClassVar[frozenset[str]] = frozenset({"localassist"})

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "localassist"
    localassist: ModelState | None = None
