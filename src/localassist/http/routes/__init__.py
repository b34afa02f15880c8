"""One module per resource. Handlers are thin: parse, call the service, send the object."""

from fastapi import APIRouter

from localassist.http.routes import (
    assistants,
    chat,
    compat,
    embeddings,
    files,
    messages,
    models,
    overview,
    run_events,
    runs,
    search_index,
    steps,
    store_files,
    threads,
    transfer,
    uploads,
    v1_files,
    vector_stores,
)

# `runs` comes before `threads`: `/threads/runs` is no thread's id.
ROUTERS: tuple[APIRouter, ...] = (
    assistants.router,
    runs.router,
    steps.router,
    messages.router,
    v1_files.router,
    threads.router,
    files.router,
    uploads.router,
    vector_stores.router,
    store_files.router,
    search_index.router,
    models.router,
    chat.router,
    embeddings.router,
    overview.router,
    compat.router,
    run_events.router,
    transfer.router,
)
