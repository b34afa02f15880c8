"""Exceptions to HTTP: the one table of statuses, the one shape of an error body, the one catch-all of a request."""

import logging
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localassist.errors import (
    AuthenticationFailed,
    BackendError,
    ContextLengthExceeded,
    DataDirectoryInUse,
    LocalAssistError,
    ModelLoadFailed,
    NotFound,
    PermissionRefused,
    RequestError,
)
from localassist.http.responses import json_response

logger = logging.getLogger(__name__)

# Looked up along the class hierarchy. Never 409 or 429: SDKs would send the request again.
STATUS: dict[type[Exception], int] = {
    RequestError: 400,
    NotFound: 404,
    AuthenticationFailed: 401,
    PermissionRefused: 403,
    BackendError: 500,
    ModelLoadFailed: 503,
    DataDirectoryInUse: 503,
    ContextLengthExceeded: 400,
}
_UNEXPECTED = "The server had an error while processing your request. Its log has the details."


def status_of(exc: Exception) -> int:
    """The HTTP status of an exception: that of its nearest ancestor in the table."""
    return next((STATUS[kind] for kind in type(exc).__mro__ if kind in STATUS), 500)


def error_fields(exc: Exception) -> dict[str, Any]:
    """`message`, `type`, `param` and `code` of an exception, as every error body has them."""
    if not isinstance(exc, LocalAssistError):
        return {"message": _UNEXPECTED, "type": "server_error", "param": None, "code": None}
    code = "context_length_exceeded" if isinstance(exc, ContextLengthExceeded) else getattr(exc, "code", None)
    kind = "server_error" if status_of(exc) >= 500 else "invalid_request_error"
    return {"message": exc.message, "type": kind, "param": getattr(exc, "param", None), "code": code}


def error_response(exc: Exception, scope: Scope) -> Response:
    """The response to a request that failed; the files endpoints repeat the message in `detail`."""
    error = error_fields(exc)
    body: dict[str, Any] = {"error": error}
    if scope["path"].startswith("/files"):
        body["detail"] = {"message": error["message"], "code": None}
    status = status_of(exc)
    headers = {"x-should-retry": "false"} if status >= 500 else {}
    return json_response(body, status=status, headers=headers)


async def on_known_error(request: Request, exc: Exception) -> Response:
    """An error of ours, raised by a route."""
    if status_of(exc) >= 500:
        logger.error("request failed: %s", exc, exc_info=exc, extra={"action": "request_failed"})
    return error_response(exc, request.scope)


async def on_unknown_route(request: Request, exc: Exception) -> Response:
    """No such path, or not with this method. The framework raises nothing else."""
    assert isinstance(exc, HTTPException)
    path = request.scope.get("localassist.path", request.scope["path"])
    return error_response(NotFound(f"Invalid URL ({request.method} {path})"), {"path": ""})


class ErrorBoundary:
    """Answers what the middlewares raise, and turns anything unexpected into a logged 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            logger.debug("the client went away", extra={"action": "client_disconnected"})
        except RequestError as exc:
            await error_response(exc, scope)(scope, receive, send)
        except Exception as exc:
            logger.exception("unexpected error", extra={"action": "request_failed"})
            if started:  # too late for another status: cut the connection rather than end the body as if complete
                raise
            await error_response(exc, scope)(scope, receive, send)
