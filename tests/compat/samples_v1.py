"""Requests of the first version of the API that use every parameter. They are sent in that version."""

from collections.abc import Iterator
from typing import Any

from localassist.testing import SCRIPTED_MODEL
from tests.compat.samples import METADATA, Pair, run_bodies, sends
from tests.compat.world import TOOL, World

TOOLS = [{"type": "code_interpreter"}, TOOL, {"type": "retrieval"}]


def assistant_body(world: World) -> dict[str, Any]:
    words = {"name": "Ada", "description": "A tutor.", "instructions": "Be kind."}
    return {"model": SCRIPTED_MODEL, **words, "tools": TOOLS, "file_ids": [world.file()], "metadata": METADATA}


def message(world: World) -> dict[str, Any]:
    return {"role": "user", "content": "Look.", "file_ids": [world.file()], "metadata": METADATA}


def seen_message(stored: Any) -> Any:
    (part,) = stored["content"]
    return stored | {"content": part["text"]["value"]}


def seen_messages(world: World, thread_id: str) -> list[Any]:
    return [seen_message(stored) for stored in world.messages(thread_id) if stored["role"] == "user"]


def seen_run(world: World, run: Any) -> Any:
    """With the settings of later versions, which the second version shows."""
    later = world.http.get(f"/threads/{run['thread_id']}/runs/{run['id']}", headers={"OpenAI-Beta": "assistants=v2"})
    return later.json() | run


@sends("POST /v1/assistants (assistants=v1)")
def _create_assistant(world: World) -> Iterator[Pair]:
    body = assistant_body(world)
    yield body, world.post("/assistants", body)


@sends("POST /v1/assistants/{assistant_id} (assistants=v1)")
def _modify_assistant(world: World) -> Iterator[Pair]:
    body = assistant_body(world)
    yield body, world.post(f"/assistants/{world.assistant()}", body)


@sends("POST /v1/assistants/{assistant_id}/files (assistants=v1)")
def _attach_file(world: World) -> Iterator[Pair]:
    body = {"file_id": world.file()}
    attached = world.post(f"/assistants/{world.assistant(tools=TOOLS)}/files", body)
    yield body, {"file_id": attached["id"]}


@sends("POST /v1/threads (assistants=v1)")
def _create_thread(world: World) -> Iterator[Pair]:
    body = {"messages": [message(world)], "metadata": METADATA}
    thread = world.post("/threads", body)
    yield body, thread | {"messages": seen_messages(world, thread["id"])}


@sends("POST /v1/threads/{thread_id} (assistants=v1)")
def _modify_thread(world: World) -> Iterator[Pair]:
    body = {"metadata": METADATA}
    yield body, world.post(f"/threads/{world.thread()}", body)


@sends("POST /v1/threads/{thread_id}/messages (assistants=v1)")
def _create_message(world: World) -> Iterator[Pair]:
    body = message(world)
    yield body, seen_message(world.post(f"/threads/{world.thread()}/messages", body))


@sends("POST /v1/threads/{thread_id}/runs (assistants=v1)")
def _create_run(world: World) -> Iterator[Pair]:
    free, with_schema = run_bodies(world)
    more = {"additional_messages": [message(world)], "reasoning_effort": "high"}
    for body in (free | {"tools": TOOLS, "tool_choice": {"type": "retrieval"}} | more, with_schema | more):
        thread = world.thread()
        run = world.post(f"/threads/{thread}/runs", body)
        world.rested(run)
        yield body, seen_run(world, run) | {"additional_messages": seen_messages(world, thread)}


@sends("POST /v1/threads/runs (assistants=v1)")
def _create_thread_and_run(world: World) -> Iterator[Pair]:
    search = {"file_search": {"vector_store_ids": [world.store()]}}
    override = {"tool_resources": {"code_interpreter": {"file_ids": [world.file()]}, **search}}
    free, with_schema = run_bodies(world)
    thread = {"thread": {"messages": [message(world)], "metadata": METADATA}}
    for body in (free | {"tools": TOOLS, "tool_choice": {"type": "retrieval"}} | override, with_schema):
        run = world.post("/threads/runs", body | thread)
        world.rested(run)
        seen = world.get(f"/threads/{run['thread_id']}") | {"messages": seen_messages(world, run["thread_id"])}
        yield body | thread, seen_run(world, run) | {"thread": seen}
