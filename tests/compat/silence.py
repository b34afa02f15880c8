"""Whether a parameter changes what a model is asked: the request of a run or a chat, with one value and another."""

import re
from dataclasses import replace
from typing import Any

from localassist.protocols import GenerationRequest
from tests.compat.paths import changed, values
from tests.compat.samples import JSON, message, run_bodies
from tests.compat.world import HI, World

PLACEHOLDER = re.compile(r"\[image: [^\]]*, not visible to this model\]")
RUN_ENDPOINTS = {"POST /v1/threads/{thread_id}/runs", "POST /v1/threads/runs"}


def two_values(world: World, path: str) -> tuple[Any, Any]:
    """Two values that a parameter accepts."""
    urls = "https://example.com/a.png", "https://example.org/b.jpg"
    pictures = world.file("a.png", b"one", purpose="vision"), world.file("b.png", b"two", purpose="vision")
    found = {
        "detail": ("low", "high"),
        "url": urls,
        "file_id": pictures,
        "image_url": tuple({"url": url} for url in urls),
        "image_file": tuple({"file_id": file_id} for file_id in pictures),
        "description": ("An answer.", "Something else."),
        "user": ("ada", "bob"),
        "metadata": ({"a": "1"}, {"b": "2"}),
        "refusal": (None, "I will not."),
        "reasoning_content": (None, "Let me think."),
    }
    return found[path.rpartition(".")[2]]


def asked(world: World, name: str, path: str, value: Any) -> GenerationRequest:
    """What the model is asked when the request has this value; the names in an image's place left out."""
    body = changed(_body(world, name, path), path, value)
    assert values(body, path), path
    _send(world, name, body)
    request = world.model.requests[-1]
    prompt = PLACEHOLDER.sub("[image]", request.prompt)
    return replace(request, prompt=prompt, cache_key=None)


def _body(world: World, name: str, path: str) -> Any:
    if name == "POST /v1/chat/completions":
        image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
        content = [image] if "image" in path else [{"type": "text", "text": "Look."}]
        form = {"response_format": JSON} if path.startswith("response_format") else {}
        return {"model": "scripted", "messages": [{"role": "user", "content": content}], **form}
    if path.startswith("response_format"):
        return (run_bodies(world)[1] if name in RUN_ENDPOINTS else {"model": "scripted"}) | {"response_format": JSON}
    kind = "image_file" if "image_file" in path else "image_url"
    picture = [part for part in message(world)["content"] if part["type"] == kind]
    looking = {"role": "user", "content": picture}
    assistant = {"assistant_id": world.assistant()} if name in RUN_ENDPOINTS else {}
    return {
        "POST /v1/threads": {"messages": [looking]},
        "POST /v1/threads/{thread_id}/messages": looking,
        "POST /v1/threads/{thread_id}/runs": assistant | {"additional_messages": [looking]},
        "POST /v1/threads/runs": assistant | {"thread": {"messages": [looking]}},
    }[name]


def _send(world: World, name: str, body: Any) -> None:
    if name == "POST /v1/chat/completions":
        world.post("/chat/completions", body)
    elif name == "POST /v1/threads/runs":
        world.rested(world.post("/threads/runs", body))
    elif name == "POST /v1/threads/{thread_id}/runs":
        world.run(world.thread(), **body)
    elif name == "POST /v1/threads":
        world.run(world.post("/threads", body)["id"])
    elif name == "POST /v1/threads/{thread_id}/messages":
        thread = world.thread()
        world.post(f"/threads/{thread}/messages", body)
        world.run(thread)
    else:
        assistant = "" if name == "POST /v1/assistants" else f"/{world.assistant()}"
        made = world.post(f"/assistants{assistant}", body)
        world.run(world.thread(HI), assistant_id=made["id"])
