"""The model object of `GET /models`."""

from typing import Literal

from localassist.objects.base import WireObject


class Model(WireObject):
    """Contract §1.10."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "localassist"
