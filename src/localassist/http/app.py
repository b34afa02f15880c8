"""The ASGI application over an engine. It does not own the engine: whoever opened it closes it."""

from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from localassist.engine import Engine
from localassist.errors import LocalAssistError
from localassist.http.access import Access
from localassist.http.errors import ErrorBoundary, on_known_error, on_unknown_route
from localassist.http.middleware import BetaHeader, Canonical, Doorkeeper, Identity
from localassist.http.routes import ROUTERS
from localassist.http.sse import OpenStreams

# Chat completions hold a thread while they generate; each waits for the model anyway.
MAX_CHAT_THREADS = 64


def create_app(engine: Engine, access: Access) -> FastAPI:
    app = FastAPI(
        title="localassist",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=_middleware(access),
        exception_handlers={
            LocalAssistError: on_known_error,
            HTTPException: on_unknown_route,
        },
    )
    app.state.engine = engine
    app.state.streams = OpenStreams()
    app.state.chat_threads = ThreadPoolExecutor(MAX_CHAT_THREADS, thread_name_prefix="localassist-chat")
    for router in ROUTERS:
        app.include_router(router)
    return app


def _middleware(access: Access) -> list[Middleware]:
    """The order is described in `middleware.py`."""
    stack = [Middleware(Identity)]
    if access.allowed_origins:
        stack.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(access.allowed_origins),
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["*"],
                expose_headers=["x-request-id", "openai-poll-after-ms"],
            )
        )
    stack += [Middleware(ErrorBoundary), Middleware(Canonical)]
    if not access.in_process:
        stack.append(Middleware(Doorkeeper, access=access))
    return [*stack, Middleware(BetaHeader)]
