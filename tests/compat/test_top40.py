"""Contract §11, the behaviours most often got wrong, where file search is needed; the others are in conformance."""

import json
from pathlib import Path
from typing import Any

import pytest

from localassist.testing import ManualClock
from tests.compat.world import World, open_world
from tests.conformance.world import events_of

DAY_S = 86400
SEARCH = {"role": "user", "content": "SEARCH the heron"}
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
MARKER = "【0:0†birds.txt】"


def ready_store(world: World) -> str:
    """A store whose one file has been read."""
    file = world.file()
    store = world.store(file)
    batch = world.post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})
    world.lab.client.vector_stores.file_batches.poll(batch["id"], vector_store_id=store)
    return store


def searching(world: World) -> dict[str, Any]:
    """A body that runs a search on a new thread."""
    resources = {"file_search": {"vector_store_ids": [ready_store(world)]}}
    assistant = world.assistant(tools=[{"type": "file_search"}], tool_resources=resources)
    return {"assistant_id": assistant, "thread": {"messages": [SEARCH]}}


@pytest.fixture(scope="module")
def events(world: World) -> list[tuple[str, Any]]:
    frames = events_of(world.http, "/threads/runs", searching(world))
    assert frames[-1] == ("done", "[DONE]")
    return [(name, json.loads(data)) for name, data in frames[:-1]]


def test_19_20_21_a_citation_comes_whole_in_one_delta_and_names_the_file(events: list[tuple[str, Any]]) -> None:
    deltas = [data["delta"]["content"][0]["text"] for name, data in events if name == "thread.message.delta"]
    (cited,) = [delta for delta in deltas if delta.get("annotations")]
    (annotation,) = cited["annotations"]
    assert (cited["value"], annotation["text"], annotation["index"]) == (MARKER, MARKER, 0)
    assert annotation["file_citation"]["quote"] == ""
    text = "".join(delta["value"] for delta in deltas)
    assert text[annotation["start_index"] : annotation["end_index"]] == MARKER


def test_20_21_the_stored_citation_has_its_quote_and_the_same_offsets(events: list[tuple[str, Any]]) -> None:
    (done,) = [data for name, data in events if name == "thread.message.completed"]
    text = done["content"][0]["text"]
    (annotation,) = text["annotations"]
    assert annotation["file_citation"]["quote"] == "The heron waits."
    assert text["value"][annotation["start_index"] : annotation["end_index"]] == annotation["text"] == MARKER


def test_24_text_before_a_call_is_a_finished_message_with_its_own_step(world: World) -> None:
    run = world.waiting_run()
    said, called = world.steps(run)
    assert [said["type"], called["type"]] == ["message_creation", "tool_calls"]
    assert [said["status"], called["status"]] == ["completed", "in_progress"]
    message = world.messages(run["thread_id"])[-1]
    assert message["id"] == said["step_details"]["message_creation"]["message_id"]
    assert (message["status"], message["content"][0]["text"]["value"]) == ("completed", "Let me see.")


def test_34_results_have_no_content_unless_it_is_asked_for(world: World) -> None:
    run = world.rested(world.post("/threads/runs", searching(world)))
    steps = f"/threads/{run['thread_id']}/runs/{run['id']}/steps"
    step = world.get(f"{steps}?order=asc&limit=1")["data"][0]
    for url, has_content in ((steps, False), (f"{steps}?include[]={CONTENT}", True)):
        listed = next(one for one in world.get(url)["data"] if one["id"] == step["id"])
        one = world.get(url.replace("/steps", f"/steps/{step['id']}"))
        for found in (listed, one):
            (result,) = found["step_details"]["tool_calls"][0]["file_search"]["results"]
            assert ("content" in result) is has_content
    assert result["content"] == [{"type": "text", "text": "The heron waits."}]


def test_34_a_stream_has_the_content_that_is_asked_for(world: World, events: list[tuple[str, Any]]) -> None:
    assistant = {"assistant_id": searching(world)["assistant_id"]}
    frames = events_of(world.http, f"/threads/{world.thread(SEARCH)}/runs?include[]={CONTENT}", assistant)
    asked = [(name, json.loads(data)) for name, data in frames[:-1]]
    for given, has_content in ((events, False), (asked, True)):
        completed = next(data for name, data in given if name == "thread.run.step.completed")
        (result,) = completed["step_details"]["tool_calls"][0]["file_search"]["results"]
        assert ("content" in result) is has_content


def test_29_chunking_is_reported_resolved(world: World) -> None:
    for strategy in ({}, {"chunking_strategy": {"type": "auto"}}):
        added = world.post(f"/vector_stores/{world.store()}/files", {"file_id": world.file(), **strategy})
        static = {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
        assert added["chunking_strategy"] == {"type": "static", "static": static}


def test_30_a_search_gives_ten_results_and_the_tool_twenty_by_default(world: World) -> None:
    world.post(f"/vector_stores/{ready_store(world)}/search", {"query": "heron"})
    assert world.lab.retriever.searches[-1][2].max_results == 10
    world.rested(world.post("/threads/runs", searching(world)))
    assert world.lab.retriever.searches[-1][2].max_results == 20


@pytest.mark.parametrize("ranker", ["none", "auto", "default-2024-11-15"])
def test_30_the_ranker_of_a_search_has_dashes(ranker: str, world: World) -> None:
    body = {"query": "heron", "ranking_options": {"ranker": ranker}}
    assert world.http.post(f"/vector_stores/{ready_store(world)}/search", json=body).status_code == 200


@pytest.mark.parametrize("ranker", ["auto", "default_2024_08_21"])
def test_30_the_ranker_of_the_tool_has_underscores_and_is_given_back_resolved(ranker: str, world: World) -> None:
    ranking = {"ranker": ranker, "score_threshold": 0.5}
    tool = {"type": "file_search", "file_search": {"ranking_options": ranking}}
    made = world.get(f"/assistants/{world.assistant(tools=[tool])}")["tools"][0]["file_search"]
    resolved = {"ranker": "default_2024_08_21", "score_threshold": 0.5, "hybrid_search": None}
    assert made["ranking_options"] == resolved
    wrong = {"type": "file_search", "file_search": {"ranking_options": ranking | {"ranker": "default-2024-11-15"}}}
    assert world.http.post("/assistants", json={"model": "scripted", "tools": [wrong]}).status_code == 400


@pytest.mark.parametrize("tool", ["code_interpreter", "file_search"])
@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_36_json_modes_exclude_hosted_tools_on_runs_as_well(tool: str, kind: str, world: World) -> None:
    form: dict[str, Any] = {"type": kind}
    if kind == "json_schema":
        form["json_schema"] = {"name": "n", "schema": {"type": "object"}}
    for path, body in (("/assistants", {"model": "scripted"}), ("/threads/runs", {"assistant_id": world.assistant()})):
        answer = world.http.post(path, json={**body, "tools": [{"type": tool}], "response_format": form})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == (
            f"Invalid tools: all tools must be of type `function` when `response_format` is of type `{kind}`."
        )


def test_37_a_thread_s_store_lives_seven_days_after_its_last_run(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_world(tmp_path, clock=clock) as world:
        attached = {"file_id": world.file(), "tools": [{"type": "file_search"}]}
        thread = world.thread({"role": "user", "content": "hi", "attachments": [attached]})
        assistant = world.assistant(tools=[{"type": "file_search"}])
        (store,) = world.get(f"/threads/{thread}")["tool_resources"]["file_search"]["vector_store_ids"]
        assert world.get(f"/vector_stores/{store}")["expires_after"] == {"anchor": "last_active_at", "days": 7}
        assert "expires_after" not in world.get(f"/vector_stores/{world.store()}")
        for _ in range(2):
            clock.advance(6 * DAY_S)
            assert world.run(thread, assistant_id=assistant)["status"] == "completed"
        clock.advance(8 * DAY_S)
        late = world.run(thread, assistant_id=assistant)
        assert (late["status"], late["last_error"]["message"]) == ("failed", f"Vector store '{store}' has expired")


def test_38_a_run_waits_for_files_of_the_thread_s_store_and_not_of_the_assistant_s(tmp_path: Path) -> None:
    with open_world(tmp_path, gated=True) as world:
        tools = [{"type": "file_search"}]
        unread = [world.store(world.file()) for _ in range(2)]
        of_store = [{"file_search": {"vector_store_ids": [store]}} for store in unread]
        first = world.assistant(tools=tools, tool_resources=of_store[0])
        assert world.run(world.thread({"role": "user", "content": "hi"}), assistant_id=first)["status"] == "completed"
        thread = world.post("/threads", {"messages": [SEARCH], "tool_resources": of_store[1]})["id"]
        run = world.post(f"/threads/{thread}/runs", {"assistant_id": world.assistant(tools=tools)})
        while run["status"] == "queued":
            run = world.get(f"/threads/{thread}/runs/{run['id']}")
        assert run["status"] == "in_progress"
        assert world.steps(run) == []
        world.lab.gate.set()
        assert world.rested(run)["status"] == "completed"
        assert world.messages(thread)[-1]["content"][0]["text"]["annotations"]
