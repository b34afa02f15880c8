"""Whether a run searches, as `tool_choice` says: real llama.cpp, real search, models that would do otherwise."""

from collections.abc import Iterator
from typing import Any

import pytest

from localassist import LocalAssist
from localassist.config import Config
from tests.models.random_weights import build_random
from tests.models.scripted import Branch, build_scripted, calls, plain

SEARCHES = "searches"  # for two things at once
TALKS = "talks"
FILES = {"heron.txt": b"The heron waits in the water.", "crane.txt": b"The crane dances in winter."}
CONTENT: Any = ["step_details.tool_calls[*].file_search.results[*].content"]
ANSWER: Branch = plain("It", " is", " known.", marker="<tool_response>")
FORCE = {"type": "file_search"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAssist]:
    """The embedding model has random weights: what is found is found by words."""
    folder = tmp_path_factory.mktemp("choice")
    searches = calls(("file_search", {"queries": ["heron", "crane"]}))
    models = {
        SEARCHES: build_scripted(folder / "searches.gguf", [searches, ANSWER]),
        TALKS: build_scripted(folder / "talks.gguf", [plain("Hello", " there."), ANSWER]),
    }
    config = Config(
        data_dir=":memory:",
        model=SEARCHES,
        models={name: str(path) for name, path in models.items()},
        embedding_model=str(build_random(folder / "random.gguf")),
        threads=1,
    )
    with LocalAssist(config=config) as client:
        yield client


@pytest.fixture(scope="module")
def store(client: LocalAssist) -> str:
    store = client.vector_stores.create()
    ids = [client.files.create(file=one, purpose="assistants").id for one in FILES.items()]
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=ids)
    assert batch.file_counts.completed == len(FILES)
    return store.id


def answered(client: LocalAssist, store: str, model: str, **choices: Any) -> tuple[list[str], str, list[str]]:
    """The kinds of calls a run made, what it answered, and the texts it was shown."""
    assistant = client.beta.assistants.create(
        model=model, tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [store]}}
    )
    run = client.beta.threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Birds?"}]}, **choices
    )
    assert run.status == "completed", run.last_error
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc", include=CONTENT).data
    made = [call for step in steps if step.step_details.type == "tool_calls" for call in step.step_details.tool_calls]
    text = client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value
    shown = [one.content[0].text for call in made for one in call.file_search.results]
    return [call.type for call in made], text, shown


def test_each_of_several_queries_finds_its_passage(client: LocalAssist, store: str) -> None:
    made, text, shown = answered(client, store, SEARCHES)
    assert (made, text) == (["file_search"], "It is known.")
    assert {one.encode() for one in shown} == set(FILES.values())


@pytest.mark.parametrize("choice", [FORCE, "required"])
def test_a_model_that_would_talk_is_made_to_search_once(client: LocalAssist, store: str, choice: object) -> None:
    made, text, _ = answered(client, store, TALKS, tool_choice=choice)
    assert (made, text) == (["file_search"], "It is known.")


def test_a_model_that_would_search_may_not(client: LocalAssist, store: str) -> None:
    made, _, shown = answered(client, store, SEARCHES, tool_choice="none")
    assert (made, shown) == ([], [])


def test_left_to_itself_a_model_may_talk(client: LocalAssist, store: str) -> None:
    assert answered(client, store, TALKS)[:2] == ([], "Hello there.")
