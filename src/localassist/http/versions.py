"""The version of the API a request speaks, by its `OpenAI-Beta` header, and the view that goes with it."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from localassist.http.bodies import EngineOf
from localassist.http.v1.view import ViewV1
from localassist.http.view import View

Version = Literal["v1", "v2"]

_TOKENS: dict[str, Version] = {"assistants=v1": "v1", "assistants=v2": "v2"}


def version_of(header_values: Iterable[str]) -> Version | None:
    """The version that is asked for; the newest of several, None of none."""
    tokens = {token.strip().lower() for value in header_values for token in value.split(",")}
    return max((version for token, version in _TOKENS.items() if token in tokens), default=None)


async def _view_of(request: Request, engine: EngineOf) -> View:
    return ViewV1(engine) if request.scope["localassist.version"] == "v1" else View(engine)


async def _only_in_v1(request: Request) -> None:
    """What the first version alone has is an unknown URL in the second."""
    if request.scope["localassist.version"] != "v1":
        raise HTTPException(404)


ViewOf = Annotated[View, Depends(_view_of)]
ONLY_IN_V1 = Depends(_only_in_v1)
