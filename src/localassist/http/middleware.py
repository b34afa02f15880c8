"""What happens to every request before its route, in this order (each is plain ASGI and holds the next):

Identity       request id, version and timing headers on every response
ErrorBoundary  errors of everything below, as JSON                        (errors.py)
Canonical      double slashes, `/v1` or nothing, Azure's path shapes
Doorkeeper     Host and Origin, then the API key
BetaHeader     `OpenAI-Beta`: which version of the API is spoken, and that it is said where the contract asks for it
"""

import time
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localassist.errors import InvalidRequest
from localassist.http.access import Access
from localassist.http.versions import Version, version_of
from localassist.objects.base import new_id

# First segments of the paths that belong to the beta.
BETA_RESOURCES = ("/assistants", "/threads")
# The last of Azure's API versions that speak the first version; their requests need no header.
AZURE_V1 = "2024-02-15-preview"

_NO_BETA = (
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
    "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
)


class Identity:
    """Names the request and says how long it took to answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        fixed = [
            (b"openai-version", b"2020-10-01"),
            (b"openai-organization", b"localassist"),
            (b"x-request-id", new_id("req_").encode()),
        ]

        async def named_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_ms = round((time.perf_counter() - began) * 1000)
                timing = (b"openai-processing-ms", str(took_ms).encode())
                message = {**message, "headers": [*message.get("headers", ()), *fixed, timing]}
            await send(message)

        await self._app(scope, receive, named_send)


class Canonical:
    """Rewrites the path to the one the routes know; keeps the original for messages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, is_azure = canonical_path(scope["path"])
            original = scope["path"]
            scope = {**scope, "path": path, "localassist.path": original, "localassist.azure": is_azure}
            # Starlette prefers nothing of the raw path, but both should tell the same story.
            scope["raw_path"] = path.encode("utf-8", "surrogateescape")
        await self._app(scope, receive, send)


def canonical_path(path: str) -> tuple[str, bool]:
    """`//v1/threads/` → `/threads`; `/openai/deployments/d/assistants` → `/assistants`, and that it is Azure's."""
    segments = [segment for segment in path.split("/") if segment]
    is_azure = segments[:1] == ["openai"]
    if is_azure:
        segments = segments[1:]
        if segments[:1] == ["deployments"]:
            segments = segments[2:]
    if segments[:1] == ["v1"]:
        segments = segments[1:]
    return "/" + "/".join(segments), is_azure


class Doorkeeper:
    """Refuses callers that `access` does not allow."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            self._access.check_caller(headers)
            self._access.check_key(headers)
        await self._app(scope, receive, send)


class BetaHeader:
    """Reads the version of the API, and asks for it where the contract does, except on Azure's paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            version = version_of(Headers(scope=scope).getlist("openai-beta"))
            if version is None and scope["localassist.azure"]:
                version = _azure_version(scope["query_string"])
            if version is None and _is_beta_path(scope["path"]):
                raise InvalidRequest(_NO_BETA, code="invalid_beta")
            scope = {**scope, "localassist.version": version or "v2"}
        await self._app(scope, receive, send)


def _azure_version(query_string: bytes) -> Version:
    """What Azure's `api-version` stands for: dates up to the last with the first version, and all later ones."""
    (given, *_) = parse_qs(query_string.decode("latin-1")).get("api-version", [""])
    return "v1" if "" < given <= AZURE_V1 else "v2"


def _is_beta_path(path: str) -> bool:
    return any(path == resource or path.startswith(f"{resource}/") for resource in BETA_RESOURCES)
