"""What parameters do that are not given back: one function each, for the endpoint and the path it stands for."""

import base64
import hashlib
import json
from array import array
from collections.abc import Callable
from typing import Any

from localassist.http.compatibility.endpoints import ENDPOINTS
from localassist.objects.chat import EmbeddingBody
from localassist.objects.faults import validate
from localassist.service.embeddings import EmbeddingService
from localassist.testing import SCRIPTED_MODEL
from tests.compat.samples import JSON
from tests.compat.world import CALL_ME, FUNCTION, HI, TOOL, World
from tests.conformance.world import events_of

Effect = Callable[[World], None]
EFFECTS: dict[tuple[str, str], Effect] = {}
NAMES = {endpoint.name for endpoint in ENDPOINTS}
CHAT = "POST /v1/chat/completions"
RUN, THREAD_RUN = "POST /v1/threads/{thread_id}/runs", "POST /v1/threads/runs"
SUBMIT = "POST /v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"


def effect(name: str, *paths: str) -> Callable[[Effect], Effect]:
    assert name in NAMES, name

    def register(function: Effect) -> Effect:
        EFFECTS.update({(name, path): function for path in paths})
        return function

    return register


# --- runs ---------------------------------------------------------------------------------------------------------


@effect(RUN, "stream")
def _run_streams(world: World) -> None:
    frames = events_of(world.http, f"/threads/{world.thread(HI)}/runs", {"assistant_id": world.assistant()})
    assert [frames[0][0], frames[-1][0]] == ["thread.run.created", "done"]


@effect(THREAD_RUN, "stream")
def _thread_run_streams(world: World) -> None:
    body = {"assistant_id": world.assistant(), "thread": {"messages": [HI]}}
    assert events_of(world.http, "/threads/runs", body)[0][0] == "thread.created"


@effect(SUBMIT, "stream")
def _submit_streams(world: World) -> None:
    run = world.waiting_run()
    (waiting,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": waiting["id"], "output": "sunny"}]}
    frames = events_of(world.http, f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", outputs)
    assert [frames[0][0], frames[-2][0]] == ["thread.run.step.completed", "thread.run.completed"]


@effect(RUN, "additional_instructions")
def _instructions_are_added(world: World) -> None:
    run = world.run(world.thread(HI), instructions="Be brief.", additional_instructions="In French.")
    assert run["instructions"] == "Be brief.\n\nIn French."
    assert "In French." in world.model.requests[-1].prompt


# --- search, uploads, files ---------------------------------------------------------------------------------------


@effect("POST /v1/vector_stores/{vector_store_id}/search", "rewrite_query")
def _courtesies_are_left_out(world: World) -> None:
    body = {"query": "Could you please tell me about herons?", "rewrite_query": True}
    assert world.post(f"/vector_stores/{world.store()}/search", body)["search_query"] == ["about herons"]


@effect("POST /v1/uploads", "expires_after", "expires_after.anchor", "expires_after.seconds")
def _the_file_of_an_upload_expires(world: World) -> None:
    file = completed(world, expires_after={"anchor": "created_at", "seconds": 3600})["file"]
    assert file["expires_at"] == file["created_at"] + 3600


@effect("POST /v1/uploads/{upload_id}/complete", "part_ids")
def _parts_are_joined_in_their_order(world: World) -> None:
    upload = pending(world, purpose="vision")
    first, second = part(world, upload, b"a"), part(world, upload, b"b")
    body = {"part_ids": [second, first]}
    file = world.post(f"/uploads/{upload}/complete", body)["file"]
    assert world.http.get(f"/files/{file['id']}/content").content == b"ba"


@effect("POST /v1/uploads/{upload_id}/complete", "md5")
def _the_md5_is_compared(world: World) -> None:
    upload = pending(world)
    body = {"part_ids": [part(world, upload, b"ab")], "md5": hashlib.md5(b"xy").hexdigest()}
    answer = world.http.post(f"/uploads/{upload}/complete", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "md5")
    world.post(f"/uploads/{upload}/complete", body | {"md5": hashlib.md5(b"ab").hexdigest()})


@effect("POST /v1/uploads/{upload_id}/parts", "data")
def _a_part_is_taken(world: World) -> None:
    assert part(world, pending(world), b"ab").startswith("part_")


def pending(world: World, **settings: Any) -> str:
    """The id of a new upload of two bytes."""
    body = {"filename": "a.txt", "purpose": "assistants", "bytes": 2, "mime_type": "text/plain", **settings}
    return world.post("/uploads", body)["id"]


def part(world: World, upload: str, content: bytes) -> str:
    answer = world.http.post(f"/uploads/{upload}/parts", files={"data": ("part", content)})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def completed(world: World, **settings: Any) -> Any:
    upload = pending(world, **settings)
    return world.post(f"/uploads/{upload}/complete", {"part_ids": [part(world, upload, b"ab")]})


@effect("POST /v1/files", "file", "purpose", "expires_after[anchor]", "expires_after[seconds]")
def _a_file_is_kept(world: World) -> None:
    fields = {"purpose": "vision", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    made = world.http.post("/files", data=fields, files={"file": ("새.txt", b"hello")}).json()
    assert (made["filename"], made["purpose"], made["bytes"]) == ("새.txt", "vision", 5)
    assert made["expires_at"] == made["created_at"] + 3600
    assert world.http.get(f"/files/{made['id']}/content").content == b"hello"


@effect("POST /v1/_transfer/files/{file_id}", "file")
def _bytes_come_in(world: World) -> None:
    file_id = world.file("a.txt", b"old", purpose="vision")
    answer = world.http.post(f"/_transfer/files/{file_id}", files={"file": ("a.txt", b"old")})
    assert (answer.status_code, answer.json()["id"]) == (200, file_id)


# --- chat completions ---------------------------------------------------------------------------------------------

ASKED = {"model": SCRIPTED_MODEL, "messages": [HI]}


@effect(CHAT, "tool_choice", "tool_choice.type", "tool_choice.function", "tool_choice.function.name")
def _a_choice_constrains(world: World) -> None:
    choice = {"type": "function", "function": {"name": FUNCTION["name"]}}
    world.post("/chat/completions", ASKED | {"tools": [TOOL], "tool_choice": choice})
    constraint = world.model.requests[-1].constraint
    assert constraint is not None
    assert constraint.grammar == f"required {FUNCTION['name']}"


@effect(
    CHAT,
    "tools",
    "tools[].type",
    "tools[].function",
    "tools[].function.name",
    "tools[].function.description",
    "tools[].function.parameters",
    "tools[].function.strict",
)
def _functions_are_shown_and_called(world: World) -> None:
    body = {"model": SCRIPTED_MODEL, "messages": [{"role": "user", "content": CALL_ME}], "tools": [TOOL]}
    (choice,) = world.post("/chat/completions", body)["choices"]
    assert choice["message"]["tool_calls"][0]["function"]["name"] == FUNCTION["name"]
    assert world.model.tools[-1] == [
        (FUNCTION["name"], FUNCTION["description"], FUNCTION["parameters"], FUNCTION["strict"])
    ]


@effect(CHAT, "parallel_tool_calls")
def _one_call_a_turn(world: World) -> None:
    world.post("/chat/completions", ASKED | {"tools": [TOOL], "parallel_tool_calls": False})
    assert world.model.choices[-1].parallel is False


@effect(
    CHAT,
    "response_format",
    "response_format.type",
    "response_format.json_schema",
    "response_format.json_schema.name",
    "response_format.json_schema.schema",
    "response_format.json_schema.strict",
)
def _the_answer_has_its_form(world: World) -> None:
    world.post("/chat/completions", ASKED | {"response_format": JSON})
    asked = next(answer for answer in reversed(world.model.answers) if answer is not None)
    assert (asked.schema, asked.strict) == (JSON["json_schema"]["schema"], JSON["json_schema"]["strict"])
    nameless = {**JSON, "json_schema": {"schema": {"type": "object"}}}
    refused = world.http.post("/chat/completions", json=ASKED | {"response_format": nameless})
    assert refused.json()["error"]["param"] == "response_format.json_schema.name"


@effect(CHAT, "n")
def _there_is_one_choice(world: World) -> None:
    assert len(world.post("/chat/completions", ASKED | {"n": 1})["choices"]) == 1
    assert world.http.post("/chat/completions", json=ASKED | {"n": 2}).status_code == 400


@effect(CHAT, "stream", "stream_options", "stream_options.include_usage")
def _chunks_end_with_the_usage(world: World) -> None:
    body = ASKED | {"stream": True, "stream_options": {"include_usage": True}}
    lines = world.http.post("/chat/completions", json=body).text.strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[-2].removeprefix("data: "))["usage"]["completion_tokens"] == 2


# --- embeddings ---------------------------------------------------------------------------------------------------


class ThreeNumbers:
    """An embedding model: the same vector for any text."""

    def embed(self, texts: list[str]) -> tuple[list[list[float]], int]:
        return [[3.0, 4.0, 12.0] for _ in texts], len(texts)


def embeddings(**fields: Any) -> Any:
    body = validate(EmbeddingBody, {"model": "any", "input": ["a", "b"], **fields})
    return EmbeddingService(ThreeNumbers).create(body)  # type: ignore[arg-type]


@effect("POST /v1/embeddings", "input", "encoding_format", "dimensions")
def _texts_are_embedded(_: World) -> None:
    assert [one["embedding"] for one in embeddings()["data"]] == [[3.0, 4.0, 12.0]] * 2
    assert embeddings(dimensions=2)["data"][0]["embedding"] == [0.6, 0.8]
    coded = embeddings(encoding_format="base64")["data"][0]["embedding"]
    assert array("f", base64.b64decode(coded)).tolist() == [3.0, 4.0, 12.0]


# --- moving in -----------------------------------------------------------------------------------------------------


@effect("POST /v1/_transfer/objects", "dry_run")
def _a_dry_run_changes_nothing(world: World) -> None:
    thread_id = "thread_" + "d" * 24
    thread = {"id": thread_id, "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
    body = {"objects": [thread], "threads": []}
    assert world.http.post("/_transfer/objects?dry_run=true", json=body).status_code == 200
    assert world.http.get(f"/threads/{thread_id}").status_code == 404
    assert world.http.post("/_transfer/objects", json=body).status_code == 200
    assert world.http.get(f"/threads/{thread_id}").status_code == 200
