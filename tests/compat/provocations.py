"""How to run into each error of the table: the answer, and the values that stand in its text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from localassist.testing import SCRIPTED_MODEL
from tests.compat.effects import completed
from tests.compat.world import HI, TOOL, World

GONE = "A" * 24
GONE_HEX = "a" * 32
KEY = "sk-right-key-of-this-test"
MODEL = {"model": SCRIPTED_MODEL}
USER = {"role": "user"}


@dataclass
class Place:
    """The world, a server beside it that asks for keys, and one whose clock can be set forward."""

    world: World
    locked_url: str
    later: "Later"


@dataclass
class Later:
    world: World
    pass_days: Callable[[int], None]


@dataclass
class Provoked:
    answer: httpx.Response
    values: dict[str, Any] = field(default_factory=dict)


Provocation = Callable[[Place], Provoked]
PROVOCATIONS: dict[str, Provocation] = {}


def provokes(situation: str) -> Callable[[Provocation], Provocation]:
    def register(function: Provocation) -> Provocation:
        PROVOCATIONS[situation] = function
        return function

    return register


# --- who asks, and for what ---------------------------------------------------------------------------------------


@provokes("no beta header")
def _no_beta(place: Place) -> Provoked:
    return Provoked(httpx.get(f"{place.world.http.base_url}assistants", trust_env=False))


@provokes("wrong key")
def _wrong_key(place: Place) -> Provoked:
    headers = {"Authorization": "Bearer not-a-real-key-at-all"}
    answer = httpx.get(f"{place.locked_url}/models", headers=headers, trust_env=False)
    return Provoked(answer, {"masked": "not-a-re*********-all"})


@provokes("no key")
def _no_key(place: Place) -> Provoked:
    return Provoked(httpx.get(f"{place.locked_url}/models", trust_env=False))


@provokes("another site's page, or another host name, without keys")
def _other_host(place: Place) -> Provoked:
    answer = place.world.http.get("/models", headers={"Host": "evil.example"})
    return Provoked(answer, {"host": "evil.example"})


@provokes("unknown route")
def _unknown_route(place: Place) -> Provoked:
    return Provoked(place.world.http.post("/nothing"), {"method": "POST", "path": "/v1/nothing"})


# --- what is not there --------------------------------------------------------------------------------------------

MISSING = {
    "assistant missing": ("/assistants/{id}", f"asst_{GONE}"),
    "thread missing": ("/threads/{id}/messages", f"thread_{GONE}"),
    "message missing": ("/threads/{thread}/messages/{id}", f"msg_{GONE}"),
    "run missing": ("/threads/{thread}/runs/{id}", f"run_{GONE}"),
    "run step missing": ("/threads/{thread}/runs/{run}/steps/{id}", f"step_{GONE}"),
    "vector store missing": ("/vector_stores/{id}", f"vs_{GONE_HEX}"),
    "file batch missing": ("/vector_stores/{store}/file_batches/{id}", f"vsfb_{GONE_HEX}"),
    "file missing in a vector store": ("/vector_stores/{store}/files/{id}", f"file-{GONE}"),
    "file missing (with `detail`)": ("/files/{id}/content", "fake_id"),
    "model missing, on models": ("/models/{id}", "x"),
    "thread_id of another kind": ("/threads/{id}", "undefined"),
    "assistant_id of another kind": ("/assistants/{id}", "undefined"),
    "run_id of another kind": ("/threads/{thread}/runs/{id}", "undefined"),
    "message_id of another kind": ("/threads/{thread}/messages/{id}", "undefined"),
    "step_id of another kind": ("/threads/{thread}/runs/{run}/steps/{id}", "undefined"),
    "vector_store_id of another kind": ("/vector_stores/{id}", "undefined"),
    "batch_id of another kind": ("/vector_stores/{store}/file_batches/{id}", "undefined"),
    "cursor missing": ("/assistants?after={id}", f"asst_{GONE}"),
}


def _getting(path: str, wrong: str) -> Provocation:
    def provoke(place: Place) -> Provoked:
        world = place.world
        run = world.run(world.thread(HI)) if "{run}" in path else {"id": "", "thread_id": ""}
        store = world.store() if "{store}" in path else ""
        ids = {"thread": run["thread_id"] or world.thread(), "run": run["id"], "store": store, "id": wrong}
        return Provoked(world.http.get(path.format(**ids)), ids)

    return provoke


PROVOCATIONS |= {situation: _getting(path, wrong) for situation, (path, wrong) in MISSING.items()}


@provokes("upload missing")
def _no_upload(place: Place) -> Provoked:
    upload = f"upload_{GONE_HEX}"
    return Provoked(place.world.http.post(f"/uploads/{upload}/cancel"), {"id": upload})


@provokes("upload_id of another kind")
def _wrong_upload(place: Place) -> Provoked:
    return Provoked(place.world.http.post("/uploads/undefined/cancel"), {"id": "undefined"})


@provokes("attached files missing")
def _no_files(place: Place) -> Provoked:
    body = USER | {"content": "x", "attachments": [{"file_id": "file-x", "tools": [{"type": "code_interpreter"}]}]}
    world = place.world
    return Provoked(world.http.post(f"/threads/{world.thread()}/messages", json=body), {"id": "file-x"})


@provokes("model missing, on objects")
def _no_model(place: Place) -> Provoked:
    return Provoked(place.world.http.post("/assistants", json={"model": "x"}), {"id": "x"})


@provokes("model to delete")
def _delete_model(place: Place) -> Provoked:
    return Provoked(place.world.http.delete(f"/models/{SCRIPTED_MODEL}"), {"id": SCRIPTED_MODEL})


# --- the state of things ------------------------------------------------------------------------------------------


def _waiting(place: Place) -> tuple[Any, str, dict[str, Any]]:
    run = place.world.waiting_run()
    return run, f"/threads/{run['thread_id']}/runs", {"thread": run["thread_id"], "run": run["id"]}


@provokes("message during a run")
def _message_during_run(place: Place) -> Provoked:
    run, _, values = _waiting(place)
    return Provoked(place.world.http.post(f"/threads/{run['thread_id']}/messages", json=HI), values)


@provokes("run during a run")
def _run_during_run(place: Place) -> Provoked:
    run, path, values = _waiting(place)
    return Provoked(place.world.http.post(path, json={"assistant_id": run["assistant_id"]}), values)


@provokes("outputs incomplete")
def _some_outputs(place: Place) -> Provoked:
    world = place.world
    run = world.run(world.thread({"role": "user", "content": "CALL TWICE"}), tools=[TOOL])
    first, second = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    body = {"tool_outputs": [{"tool_call_id": first["id"], "output": "x"}]}
    answer = world.http.post(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", json=body)
    return Provoked(answer, {"a": first["id"], "b": second["id"]})


def _ended(place: Place, action: str, body: Any = None) -> Provoked:
    world = place.world
    run = world.run(world.thread(HI))
    answer = world.http.post(f"/threads/{run['thread_id']}/runs/{run['id']}/{action}", json=body)
    return Provoked(answer, {"status": "completed"})


@provokes("outputs in another status")
def _late_outputs(place: Place) -> Provoked:
    return _ended(place, "submit_tool_outputs", {"tool_outputs": []})


@provokes("cancel after the end")
def _late_cancel(place: Place) -> Provoked:
    return _ended(place, "cancel")


@provokes("expired vector store")
def _expired_store(place: Place) -> Provoked:
    later = place.later
    expiry = {"expires_after": {"anchor": "last_active_at", "days": 1}}
    store = later.world.post("/vector_stores", expiry)["id"]
    later.pass_days(2)
    return Provoked(later.world.http.post(f"/vector_stores/{store}/search", json={"query": "x"}), {"store": store})


@provokes("upload that is not pending")
def _done_upload(place: Place) -> Provoked:
    upload = completed(place.world)["id"]
    answer = place.world.http.post(f"/uploads/{upload}/cancel")
    return Provoked(answer, {"id": upload, "status": "completed"})


# --- files --------------------------------------------------------------------------------------------------------


@provokes("file of a type that cannot be searched")
def _unsearchable(place: Place) -> Provoked:
    body = {"file_ids": [place.world.file("a.png")]}
    return Provoked(place.world.http.post("/vector_stores", json=body), {"extension": ".png"})


@provokes("download of a private purpose (with `detail`)")
def _private(place: Place) -> Provoked:
    return Provoked(place.world.http.get(f"/files/{place.world.file()}/content"), {"purpose": "assistants"})


@provokes("bad purpose (with `detail`)")
def _bad_purpose(place: Place) -> Provoked:
    given = {"purpose": "world_domination"}
    return Provoked(place.world.http.post("/files", data=given, files={"file": ("a.txt", b"x")}), given)


# --- settings and validation --------------------------------------------------------------------------------------


def _posting(path: str, body: Any, **values: Any) -> Provocation:
    def provoke(place: Place) -> Provoked:
        url = path.replace("THREAD", place.world.thread()).replace("STORE", place.world.store())
        return Provoked(place.world.http.post(url, json=body), values)

    return provoke


JSON_MODE = {"tools": [{"type": "code_interpreter"}], "response_format": {"type": "json_object"}}
LONG_KEY = "k" * 70
PROVOCATIONS |= {
    "JSON mode beside a hosted tool": _posting("/assistants", MODEL | JSON_MODE, kind="json_object"),
    "unknown key": _posting("/assistants", MODEL | {"x": 1}, key="x"),
    "missing": _posting("/threads/runs", {}, key="assistant_id"),
    "wrong enum": _posting("/assistants", MODEL | {"tools": [{"type": "retrieval"}]}, given="retrieval"),
    "wrong type": _posting("/threads", {"messages": "hi"}),
    "wrong type of two": _posting("/threads/THREAD/messages", USER | {"content": 5}),
    "string too long": _posting("/threads/THREAD/messages", USER | {"content": "x" * 256001}, length=256001),
    "empty string": _posting("/threads/THREAD/messages", USER | {"content": ""}),
    "array too long": _posting("/assistants", MODEL | {"tools": [TOOL] * 129}, length=129),
    "empty array": _posting("/threads/THREAD/messages", USER | {"content": []}),
    "integer too small": _posting("/threads/runs", {"assistant_id": "asst_x", "max_prompt_tokens": 255}, given=255),
    "decimal too large": _posting("/assistants", MODEL | {"temperature": 3}, given=3),
    "decimal too small": _posting("/assistants", MODEL | {"top_p": -0.5}, given=-0.5),
    "metadata count": _posting("/threads", {"metadata": {f"k{i}": "v" for i in range(17)}}, count=17),
    "metadata key": _posting(
        "/threads", {"metadata": {LONG_KEY: "v"}}, key=LONG_KEY, start="kkk", end="kkk", length=70
    ),
    "metadata value": _posting("/threads", {"metadata": {"k": "v" * 600}}, key="k", length=600),
    "metadata value type": _posting("/threads", {"metadata": {"k": 1}}, key="k"),
    "body that is no object": _posting("/assistants", []),
    "two forms of one thing": _posting(
        "/vector_stores/STORE/file_batches", {"file_ids": ["file-a"], "files": [{"file_id": "file-a"}]}
    ),
}


@provokes("tool choice without its tool")
def _no_tool(place: Place) -> Provoked:
    choice = {"type": "function", "function": {"name": "f"}}
    body = {"assistant_id": place.world.assistant(), "tool_choice": choice}
    return Provoked(place.world.http.post("/threads/runs", json=body), {"name": "f"})


@provokes("integer too large")
def _large_limit(place: Place) -> Provoked:
    return Provoked(place.world.http.get("/assistants?limit=101"), {"given": 101})


@provokes("repeated query key")
def _two_limits(place: Place) -> Provoked:
    return Provoked(place.world.http.get("/assistants?limit=1&limit=2"))


@provokes("body that is no JSON")
def _no_json(place: Place) -> Provoked:
    answer = place.world.http.post("/assistants", content=b'{"model": ')
    return Provoked(answer, {"reason": "Expecting value: line 1 column 11 (char 10)"})
