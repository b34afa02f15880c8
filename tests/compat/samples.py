"""Requests that use every parameter, and what the objects they make give back, in the shape of the request."""

from collections.abc import Callable, Iterator
from typing import Any

from localassist.http.compatibility.endpoints import ENDPOINTS
from localassist.testing import SCRIPTED_MODEL
from tests.compat.world import FUNCTION, HI, TOOL, World

CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
WEIGHTS = {"embedding_weight": 2.0, "text_weight": 0.5}
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.25, "hybrid_search": WEIGHTS}
SEARCH = {"type": "file_search", "file_search": {"max_num_results": 7, "ranking_options": RANKING}}
TOOLS = [{"type": "code_interpreter"}, TOOL, SEARCH]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
JSON = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "description": "An answer.", "schema": SCHEMA, "strict": True},
}
METADATA = {"topic": "birds"}
SAMPLING = {"temperature": 0.5, "top_p": 0.75}

Pair = tuple[dict[str, Any], Any]
Sender = Callable[[World], Iterator[Pair]]
SENDERS: dict[str, Sender] = {}


def sends(name: str) -> Callable[[Sender], Sender]:
    assert name in {endpoint.name for endpoint in ENDPOINTS}, name

    def register(sender: Sender) -> Sender:
        SENDERS[name] = sender
        return sender

    return register


# --- parts of requests --------------------------------------------------------------------------------------------


def assistant_bodies(world: World) -> list[dict[str, Any]]:
    """Both ways to name a vector store, and both kinds of response format."""
    words = {"name": "Ada", "description": "A tutor.", "instructions": "Be kind."}
    code = {"code_interpreter": {"file_ids": [world.file()]}}
    common = {"model": SCRIPTED_MODEL, **words, **SAMPLING, "metadata": METADATA, "reasoning_effort": "low"}
    search = {"file_search": {"vector_store_ids": [world.store()]}}
    first = {**common, "tools": TOOLS, "tool_resources": code | search, "response_format": {"type": "text"}}
    return [first, {**common, "tools": [TOOL], "response_format": JSON}]


def new_stores(world: World) -> dict[str, Any]:
    helper = {"file_ids": [world.file()], "chunking_strategy": CHUNKING, "metadata": METADATA}
    return {"file_search": {"vector_stores": [helper]}}


def message(world: World) -> dict[str, Any]:
    images = [
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "image_file", "image_file": {"file_id": world.file("a.png", purpose="vision"), "detail": "high"}},
    ]
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    return {
        "role": "user",
        "content": [{"type": "text", "text": "Look."}, *images],
        "attachments": [{"file_id": world.file(), "tools": tools}],
        "metadata": METADATA,
    }


def thread_body(world: World) -> dict[str, Any]:
    code = {"code_interpreter": {"file_ids": [world.file()]}}
    parts = [{"type": "text", "text": "hi"}]
    return {
        "messages": [{"role": "user", "content": parts}],
        "tool_resources": code | new_stores(world),
        "metadata": METADATA,
    }


def run_bodies(world: World) -> list[dict[str, Any]]:
    """With tools of all kinds and one forced; with a schema and the last messages."""
    settings = {"model": SCRIPTED_MODEL, "instructions": "Be brief.", **SAMPLING, "metadata": METADATA}
    budgets = {"max_prompt_tokens": 5000, "max_completion_tokens": 300, "parallel_tool_calls": False}
    last = {"truncation_strategy": {"type": "last_messages", "last_messages": 5}}
    choice = {"type": "function", "function": {"name": FUNCTION["name"]}}
    common = {"assistant_id": world.assistant(), **settings, **budgets, **last}
    free = {**common, "tools": TOOLS, "tool_choice": {"type": "file_search"}, "response_format": {"type": "text"}}
    return [free, {**common, "tools": [TOOL], "tool_choice": choice, "response_format": JSON}]


# --- what is given back, in the shape of the request ----------------------------------------------------------------


def seen_message(stored: Any) -> Any:
    parts = [part | {"text": part["text"]["value"]} if part["type"] == "text" else part for part in stored["content"]]
    return stored | {"content": parts}


def seen_messages(world: World, thread_id: str) -> list[Any]:
    return [seen_message(stored) for stored in world.messages(thread_id) if stored["role"] == "user"]


def seen_resources(world: World, resources: Any) -> Any:
    """With the vector stores that were made, as the helper that made them."""
    if "file_search" not in resources:
        return resources
    stores = [seen_store(world, store_id) for store_id in resources["file_search"]["vector_store_ids"]]
    return resources | {"file_search": resources["file_search"] | {"vector_stores": stores}}


def seen_store(world: World, store_id: str) -> Any:
    files = world.get(f"/vector_stores/{store_id}/files?order=asc")["data"]
    seen = world.get(f"/vector_stores/{store_id}") | {"file_ids": [file["id"] for file in files]}
    return seen | {"chunking_strategy": files[0]["chunking_strategy"]} if files else seen


def seen_thread(world: World, thread: Any) -> Any:
    resources = seen_resources(world, thread["tool_resources"])
    return thread | {"tool_resources": resources, "messages": seen_messages(world, thread["id"])}


# --- requests -----------------------------------------------------------------------------------------------------


@sends("POST /v1/assistants")
def _create_assistant(world: World) -> Iterator[Pair]:
    bodies = assistant_bodies(world)
    for body in (*bodies, bodies[1] | {"tool_resources": new_stores(world)}):
        made = world.post("/assistants", body)
        yield body, made | {"tool_resources": seen_resources(world, made["tool_resources"])}


@sends("POST /v1/assistants/{assistant_id}")
def _modify_assistant(world: World) -> Iterator[Pair]:
    for body in assistant_bodies(world):
        made = world.post(f"/assistants/{world.assistant()}", body)
        yield body, made | {"tool_resources": seen_resources(world, made["tool_resources"])}


@sends("POST /v1/threads")
def _create_thread(world: World) -> Iterator[Pair]:
    body = thread_body(world)
    with_store = body | {"tool_resources": {"file_search": {"vector_store_ids": [world.store()]}}}
    for sent in (body, with_store, {"messages": [message(world)]}):
        yield sent, seen_thread(world, world.post("/threads", sent))


@sends("POST /v1/threads/{thread_id}")
def _modify_thread(world: World) -> Iterator[Pair]:
    search = {"file_search": {"vector_store_ids": [world.store()]}}
    resources = {"code_interpreter": {"file_ids": [world.file()]}, **search}
    body = {"tool_resources": resources, "metadata": METADATA}
    yield body, world.post(f"/threads/{world.thread()}", body)


@sends("POST /v1/threads/{thread_id}/messages")
def _create_message(world: World) -> Iterator[Pair]:
    body = message(world)
    yield body, seen_message(world.post(f"/threads/{world.thread()}/messages", body))


@sends("POST /v1/threads/{thread_id}/messages/{message_id}")
def _modify_message(world: World) -> Iterator[Pair]:
    thread = world.thread(HI)
    (stored,) = world.messages(thread)
    body = {"metadata": METADATA}
    yield body, world.post(f"/threads/{thread}/messages/{stored['id']}", body)


@sends("POST /v1/threads/{thread_id}/runs")
def _create_run(world: World) -> Iterator[Pair]:
    for body in run_bodies(world):
        sent = body | {"additional_messages": [message(world)], "reasoning_effort": "high"}
        thread = world.thread()
        run = world.post(f"/threads/{thread}/runs", sent)
        world.rested(run)
        yield sent, run | {"additional_messages": seen_messages(world, thread)}


@sends("POST /v1/threads/runs")
def _create_thread_and_run(world: World) -> Iterator[Pair]:
    search = {"file_search": {"vector_store_ids": [world.store()]}}
    override = {"code_interpreter": {"file_ids": [world.file()]}, **search}
    threads = [thread_body(world), {"messages": [message(world)]}, {"tool_resources": search}]
    first, second = run_bodies(world)
    for body, thread in zip((first, second, first), threads, strict=True):
        sent = body | {"thread": thread, "tool_resources": override}
        run = world.post("/threads/runs", sent)
        world.rested(run)
        yield sent, run | {"thread": seen_thread(world, world.get(f"/threads/{run['thread_id']}"))}


@sends("POST /v1/threads/{thread_id}/runs/{run_id}")
def _modify_run(world: World) -> Iterator[Pair]:
    run = world.run(world.thread(HI))
    body = {"metadata": METADATA}
    yield body, world.post(f"/threads/{run['thread_id']}/runs/{run['id']}", body)


@sends("POST /v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs")
def _submit(world: World) -> Iterator[Pair]:
    run = world.waiting_run()
    (waiting,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    body = {"tool_outputs": [{"tool_call_id": waiting["id"], "output": "sunny"}]}
    world.rested(world.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", body))
    calls = [made for step in world.steps(run) for made in step["step_details"].get("tool_calls", ())]
    outputs = [{"tool_call_id": made["id"], "output": made["function"]["output"]} for made in calls]
    yield body, {"tool_outputs": outputs}


@sends("POST /v1/vector_stores")
def _create_store(world: World) -> Iterator[Pair]:
    expiry = {"expires_after": {"anchor": "last_active_at", "days": 3}}
    words = {"name": "Birds", "description": "What they eat.", "metadata": METADATA}
    body = {**words, **expiry, "file_ids": [world.file(), world.file()], "chunking_strategy": CHUNKING}
    yield body, seen_store(world, world.post("/vector_stores", body)["id"])


@sends("POST /v1/vector_stores/{vector_store_id}")
def _modify_store(world: World) -> Iterator[Pair]:
    expiry = {"expires_after": {"anchor": "last_active_at", "days": 3}}
    body = {"name": "Fish", "description": "What they are.", "metadata": METADATA, **expiry}
    yield body, world.post(f"/vector_stores/{world.store()}", body)


def _entry(world: World) -> dict[str, Any]:
    return {"file_id": world.file(), "chunking_strategy": CHUNKING, "attributes": {"year": 2024}}


@sends("POST /v1/vector_stores/{vector_store_id}/files")
def _add_file(world: World) -> Iterator[Pair]:
    body = _entry(world)
    added = world.post(f"/vector_stores/{world.store()}/files", body)
    yield body, added | {"file_id": added["id"]}


@sends("POST /v1/vector_stores/{vector_store_id}/files/{file_id}")
def _modify_file(world: World) -> Iterator[Pair]:
    file = world.file()
    body = {"attributes": {"year": 2025}}
    yield body, world.post(f"/vector_stores/{world.store(file)}/files/{file}", body)


@sends("POST /v1/vector_stores/{vector_store_id}/file_batches")
def _create_batch(world: World) -> Iterator[Pair]:
    shared = {"chunking_strategy": CHUNKING, "attributes": {"year": 2024}}
    for body in ({"file_ids": [world.file(), world.file()], **shared}, {"files": [_entry(world), _entry(world)]}):
        store = world.store()
        batch = world.post(f"/vector_stores/{store}/file_batches", body)
        files = world.get(f"/vector_stores/{store}/file_batches/{batch['id']}/files?order=asc")["data"]
        entries = [file | {"file_id": file["id"]} for file in files]
        common = {name: files[0][name] for name in shared}
        yield body, {"file_ids": [file["id"] for file in files], "files": entries, **common}


@sends("POST /v1/vector_stores/{vector_store_id}/search")
def _search(world: World) -> Iterator[Pair]:
    """What is asked of the retriever, in the shape of the request."""
    filters = {"type": "eq", "key": "year", "value": 2024}
    ranking = {"ranker": "none", "score_threshold": 0.5, "hybrid_search": WEIGHTS}
    body = {"query": "heron", "max_num_results": 3, "filters": filters, "ranking_options": ranking}
    world.post(f"/vector_stores/{world.store()}/search", body)
    _, (query,), options = world.lab.retriever.searches[-1]
    weights = {"embedding_weight": options.embedding_weight, "text_weight": options.text_weight}
    ranker = "auto" if options.rerank else "none"
    asked = {"ranker": ranker, "score_threshold": options.score_threshold, "hybrid_search": weights}
    seen = {"query": query, "max_num_results": options.max_results, "filters": options.filters}
    yield body, seen | {"ranking_options": asked}


@sends("POST /v1/uploads")
def _create_upload(world: World) -> Iterator[Pair]:
    body = {"filename": "a.txt", "purpose": "assistants", "bytes": 2, "mime_type": "text/plain"}
    yield body, world.post("/uploads", body)


@sends("POST /v1/chat/completions")
def _chat(world: World) -> Iterator[Pair]:
    """What is asked of the model, in the shape of the request."""
    calls = [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Look."}]},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "sunny", "tool_call_id": "call_1", "name": "get_weather"},
    ]
    sampling = {**SAMPLING, "max_completion_tokens": 17, "seed": 4, "stop": ["END"], "reasoning_effort": "low"}
    body = {"model": SCRIPTED_MODEL, "messages": messages, "tools": [TOOL], **sampling}
    answer = world.post("/chat/completions", body)
    request, effort = world.model.requests[-1], world.model.efforts[-1]
    asked = {"temperature": request.temperature, "top_p": request.top_p, "seed": request.seed}
    asked |= {"max_completion_tokens": request.max_tokens, "stop": list(request.stop), "reasoning_effort": effort}
    yield body, {"model": answer["model"], "messages": list(map(_shown, world.model.transcripts[-1])), **asked}
    older = {"model": SCRIPTED_MODEL, "messages": messages[:1], "max_tokens": 18}
    model = world.post("/chat/completions", older)["model"]
    shown = list(map(_shown, world.model.transcripts[-1]))
    yield older, {"model": model, "messages": shown, "max_tokens": world.model.requests[-1].max_tokens}


def _shown(given: Any) -> Any:
    shown = {"role": given.role, "content": given.content, "name": given.name, "tool_call_id": given.tool_call_id}
    if given.role == "user":
        shown["content"] = [{"type": "text", "text": given.content}]
    if given.tool_calls:
        functions = [{"name": made.name, "arguments": made.arguments} for made in given.tool_calls]
        ids = [made.id for made in given.tool_calls]
        calls = [{"id": i, "type": "function", "function": f} for i, f in zip(ids, functions, strict=True)]
        shown["tool_calls"] = calls
    return {name: value for name, value in shown.items() if value is not None}
