"""Vector stores, their files and batches through the openai SDK over a port."""

from pathlib import Path
from typing import Any

import openai
import pytest

from localassist.testing import SCRIPTED_MODEL, ManualClock
from tests.retrieval.engines import Lab, open_lab

STORE = "id object created_at name description usage_bytes file_counts status expires_at last_active_at metadata"
FILE = "id object usage_bytes created_at vector_store_id status last_error chunking_strategy attributes"
BATCH = "id object created_at status vector_store_id file_counts"
DAY_S = 86400


def keys(item: Any) -> set[str]:
    return set(item.model_dump(exclude_unset=True))


def refused(call: Any, **arguments: Any) -> Any:
    with pytest.raises(openai.BadRequestError) as caught:
        call(**arguments)
    return caught.value.body


def test_an_empty_store_is_complete_at_once_and_has_the_contracts_keys(lab: Lab) -> None:
    made = lab.client.vector_stores.create()
    assert keys(made) == set(STORE.split())
    assert (made.object, made.name, made.status, made.usage_bytes, made.expires_at) == (
        "vector_store", "", "completed", 0, None,
    )  # fmt: skip
    assert made.id.startswith("vs_")
    assert made.file_counts.model_dump() == {
        "in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0,
    }  # fmt: skip
    assert lab.client.vector_stores.retrieve(made.id) == made


def test_a_store_is_changed_listed_and_deleted(lab: Lab) -> None:
    stores = lab.client.vector_stores
    made = stores.create(name="birds", metadata={"a": "b"}, expires_after={"anchor": "last_active_at", "days": 2})
    assert made.expires_at == made.last_active_at + 2 * DAY_S
    changed = stores.update(made.id, name="herons", expires_after=None)
    assert (changed.name, changed.expires_at, changed.metadata) == ("herons", None, {"a": "b"})
    assert "expires_after" not in changed.model_dump(exclude_unset=True)
    other = stores.create(name="other")
    page = stores.list(limit=1)
    assert [item.id for item in page.data] == [other.id]
    assert made.id in [item.id for item in page.get_next_page().data]
    gone = stores.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "vector_store.deleted", True)
    with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{made.id}'"):
        stores.retrieve(made.id)


def test_a_file_becomes_searchable(lab: Lab) -> None:
    store = lab.client.vector_stores.create()
    file_id = lab.upload(content="The heron waits in the water.\n왜가리가 기다린다.".encode())
    added = lab.client.vector_stores.files.create(store.id, file_id=file_id, attributes={"year": 2024, "wild": True})
    assert keys(added) == {*FILE.split(), "localassist"}
    assert (added.id, added.object, added.status, added.usage_bytes) == (
        file_id, "vector_store.file", "in_progress", 0,
    )  # fmt: skip
    assert added.chunking_strategy.to_dict() == {
        "type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
    }  # fmt: skip
    done = lab.client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    assert keys(done) == set(FILE.split())
    assert (done.status, done.last_error, done.attributes) == ("completed", None, {"year": 2024, "wild": True})
    counted = lab.client.vector_stores.retrieve(store.id)
    assert (counted.status, counted.file_counts.completed, counted.file_counts.total) == ("completed", 1, 1)
    assert counted.usage_bytes == done.usage_bytes > 0
    (found,) = lab.search(store.id, "heron water")
    assert (found.file_id, found.filename, found.attributes) == (file_id, "birds.txt", {"year": 2024, "wild": True})
    assert found.content[0].text == "The heron waits in the water.\n왜가리가 기다린다."
    assert found.localassist["start"] == 0
    assert found.localassist["line"] == 1
    (page,) = lab.client.vector_stores.files.content(file_id, vector_store_id=store.id).data
    assert page.text == "The heron waits in the water.\n왜가리가 기다린다."


def test_the_text_of_a_file_of_many_chunks_comes_back_whole(lab: Lab) -> None:
    text = "".join(f"Line {number} speaks of heron number {number * 7}.\n" for number in range(2000))
    store = lab.client.vector_stores.create()
    file = lab.client.vector_stores.files.create_and_poll(
        lab.upload(content=text.encode()),
        vector_store_id=store.id,
        chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}},
    )
    assert file.status == "completed"
    (page,) = lab.client.vector_stores.files.content(file.id, vector_store_id=store.id).data
    assert page.text == text.rstrip()


def test_files_are_paged_by_their_own_ids_and_filtered(lab: Lab) -> None:
    ids = [lab.upload(content=f"heron {number}".encode()) for number in range(3)]
    broken = lab.upload("broken.pdf", b"no PDF at all")
    store = lab.client.vector_stores.create()
    batch = lab.client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[*ids, broken])
    assert keys(batch) == set(BATCH.split())
    assert (batch.object, batch.status, batch.file_counts.completed, batch.file_counts.failed) == (
        "vector_store.files_batch", "completed", 3, 1,
    )  # fmt: skip
    first = lab.client.vector_stores.files.list(store.id, order="asc", limit=2)
    assert [item.id for item in first.data] == ids[:2]
    after = lab.client.vector_stores.files.list(store.id, order="asc", after=ids[1])
    assert [item.id for item in after.data] == [ids[2], broken]
    assert [item.id for item in lab.client.vector_stores.files.list(store.id, filter="failed")] == [broken]
    in_batch = lab.client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, order="asc")
    assert [item.id for item in in_batch] == [*ids, broken]
    assert all(keys(item) == set(FILE.split()) for item in in_batch.data)
    body = refused(lab.client.vector_stores.files.list, vector_store_id=store.id, filter="done")
    assert body["param"] == "filter"


def test_a_batch_with_settings_for_each_file(lab: Lab) -> None:
    one, other = lab.upload(content=b"one"), lab.upload(content=b"other")
    store = lab.client.vector_stores.create()
    sizes = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
    entries = [{"file_id": one, "attributes": {"n": 1}}, {"file_id": other, "chunking_strategy": sizes}]
    batch = lab.client.vector_stores.file_batches.create_and_poll(store.id, files=entries, attributes={"ignored": True})
    assert batch.file_counts.completed == 2
    files = {item.id: item for item in lab.client.vector_stores.files.list(store.id)}
    assert files[one].attributes == {"n": 1}
    assert files[other].attributes == {}
    assert files[other].chunking_strategy.to_dict() == sizes


def test_a_cancelled_batch_leaves_what_was_not_finished(gated_lab: Lab) -> None:
    ids = [gated_lab.upload(content=f"heron {number}".encode()) for number in range(3)]
    store = gated_lab.client.vector_stores.create()
    batch = gated_lab.client.vector_stores.file_batches.create(store.id, file_ids=ids)
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 3)
    assert gated_lab.client.vector_stores.retrieve(store.id).status == "in_progress"
    cancelled = gated_lab.client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 3)
    gated_lab.gate.set()
    again = gated_lab.client.vector_stores.files.create_and_poll(ids[0], vector_store_id=store.id)
    assert again.status == "completed"
    counted = gated_lab.client.vector_stores.retrieve(store.id)
    assert (counted.status, counted.file_counts.completed, counted.file_counts.cancelled) == ("completed", 1, 2)
    assert gated_lab.search(store.id, "heron")[0].file_id == ids[0]
    kept = gated_lab.client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
    assert (kept.status, kept.file_counts.cancelled) == ("cancelled", 3)


def test_a_removed_file_is_found_no_more_and_stays_uploaded(lab: Lab) -> None:
    file_id = lab.upload(content=b"the heron waits")
    store = lab.client.vector_stores.create(file_ids=[file_id])
    lab.client.vector_stores.files.poll(file_id, vector_store_id=store.id)
    assert len(lab.search(store.id, "heron")) == 1
    gone = lab.client.vector_stores.files.delete(file_id, vector_store_id=store.id)
    assert (gone.id, gone.object, gone.deleted) == (file_id, "vector_store.file.deleted", True)
    assert lab.search(store.id, "heron") == []
    assert lab.client.files.retrieve(file_id).id == file_id
    counted = lab.client.vector_stores.retrieve(store.id)
    assert (counted.file_counts.total, counted.usage_bytes) == (0, 0)
    with pytest.raises(openai.NotFoundError, match=f"No file found with id '{file_id}' in vector store '{store.id}'"):
        lab.client.vector_stores.files.retrieve(file_id, vector_store_id=store.id)


def test_a_deleted_file_leaves_every_store_assistant_and_thread(lab: Lab) -> None:
    file_id, kept = lab.upload(content=b"the heron waits"), lab.upload(content=b"the heron flies")
    stores = [lab.client.vector_stores.create(file_ids=[file_id, kept]).id for _ in range(2)]
    code = {"code_interpreter": {"file_ids": [file_id, kept]}}
    assistant = lab.client.beta.assistants.create(model=SCRIPTED_MODEL, tool_resources=code)
    thread = lab.client.beta.threads.create(tool_resources=code)
    for store_id in stores:
        for one in (file_id, kept):
            lab.client.vector_stores.files.poll(one, vector_store_id=store_id)
    lab.client.files.delete(file_id)
    for store_id in stores:
        assert [item.id for item in lab.client.vector_stores.files.list(store_id)] == [kept]
        assert [found.file_id for found in lab.search(store_id, "heron")] == [kept]
    for owner in (
        lab.client.beta.assistants.retrieve(assistant.id),
        lab.client.beta.threads.retrieve(thread.id),
    ):
        assert owner.tool_resources.code_interpreter.file_ids == [kept]


def test_changed_attributes_are_those_that_searches_show(lab: Lab) -> None:
    file_id = lab.upload(content=b"the heron waits")
    store = lab.client.vector_stores.create()
    lab.client.vector_stores.files.create_and_poll(file_id, vector_store_id=store.id, attributes={"year": 2023})
    changed = lab.client.vector_stores.files.update(file_id, vector_store_id=store.id, attributes={"year": 2024.5})
    assert changed.attributes == {"year": 2024.5}
    assert lab.search(store.id, "heron")[0].attributes == {"year": 2024.5}


# --- what is refused ----------------------------------------------------------------------------------------------


def test_files_that_cannot_be_searched_are_refused_in_the_contracts_words(lab: Lab) -> None:
    picture = lab.upload("picture.png", b"\x89PNG")
    words = (
        "Files with extensions [.png] are not supported for retrieval. "
        "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    store = lab.client.vector_stores.create()
    for call, arguments, param in (
        (lab.client.vector_stores.create, {"file_ids": [picture]}, "file_ids"),
        (lab.client.vector_stores.files.create, {"vector_store_id": store.id, "file_id": picture}, "file_id"),
        (
            lab.client.vector_stores.file_batches.create,
            {"vector_store_id": store.id, "file_ids": [picture]},
            "file_ids",
        ),
        (
            lab.client.beta.threads.create,
            {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": [picture]}]}}},
            "tool_resources.file_search.vector_stores[0].file_ids",
        ),
        (
            lab.client.beta.threads.create,
            {
                "messages": [
                    {
                        "role": "user",
                        "content": "look",
                        "attachments": [{"file_id": picture, "tools": [{"type": "file_search"}]}],
                    }
                ]
            },
            "messages[0].attachments",
        ),
    ):
        body = refused(call, **arguments)
        assert (body["message"], body["param"], body["code"]) == (words, param, "unsupported_file")


def test_missing_files_and_wrong_ids_are_refused(lab: Lab) -> None:
    store = lab.client.vector_stores.create()
    body = refused(lab.client.vector_stores.files.create, vector_store_id=store.id, file_id="file-nothing")
    assert body["message"] == "Files ['file-nothing'] are invalid: they were not found"
    body = refused(lab.client.vector_stores.retrieve, vector_store_id="store_1")
    assert (body["message"], body["code"]) == (
        "Invalid 'vector_store_id': 'store_1'. Expected an ID that begins with 'vs'.", "invalid_value",
    )  # fmt: skip
    with pytest.raises(openai.NotFoundError, match="No vector store found with id 'vs_nothing'"):
        lab.search("vs_nothing", "heron")
    with pytest.raises(openai.NotFoundError, match="No file batch found with id 'vsfb_x'"):
        lab.client.vector_stores.file_batches.retrieve("vsfb_x", vector_store_id=store.id)


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"file_ids": ["file-x"] * 501}, "file_ids", "array_above_max_length"),
        ({"expires_after": {"anchor": "created_at", "days": 1}}, "expires_after.anchor", "invalid_value"),
        ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "expires_after.days", "integer_above_max_value"),
        ({"chunking_strategy": {"type": "static"}}, "chunking_strategy.static", "missing_required_parameter"),
        ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
        ({"nome": "x"}, "nome", "unknown_parameter"),
    ],
)
def test_bodies_that_break_the_limits(lab: Lab, body: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        lab.client.post("/vector_stores", cast_to=object, body=body)
    assert (caught.value.body["param"], caught.value.body["code"]) == (param, code)


@pytest.mark.parametrize(
    ("filters", "param"),
    [
        ({"type": "like", "key": "a", "value": "b"}, "filters.type"),
        ({"type": "eq", "key": "a"}, "filters.value"),
        ({"type": "and", "filters": [{"type": "in", "key": "a", "value": 1}]}, "filters.filters[0].value"),
        ({"type": "or", "filters": []}, "filters.filters"),
        ({"type": "gt", "key": "a", "value": True}, "filters.value"),
    ],
)
def test_filters_that_are_none_are_refused_with_their_place(lab: Lab, filters: Any, param: str) -> None:
    store = lab.client.vector_stores.create()
    with pytest.raises(openai.BadRequestError) as caught:
        lab.search(store.id, "heron", filters=filters)
    assert caught.value.body["param"] == param


def test_searches_reach_the_retriever_with_their_options(lab: Lab) -> None:
    store = lab.client.vector_stores.create()
    filters = {
        "type": "or",
        "filters": [{"type": "eq", "key": "a", "value": 1}, {"type": "nin", "key": "b", "value": ["x"]}],
    }
    page = lab.client.vector_stores.search(
        store.id,
        query=["Can you tell me where herons live?", "두루미"],
        rewrite_query=True,
        max_num_results=3,
        filters=filters,
        ranking_options={"ranker": "none", "score_threshold": 0.25},
    )
    assert page.to_dict()["search_query"] == ["where herons live", "두루미"]
    assert page.to_dict()["object"] == "vector_store.search_results.page"
    store_ids, queries, options = lab.retriever.searches[-1]
    assert (store_ids, queries) == ([store.id], ["where herons live", "두루미"])
    assert (options.max_results, options.score_threshold, options.filters, options.rerank) == (3, 0.25, filters, False)


# --- expiry -------------------------------------------------------------------------------------------------------


def test_a_store_expires_after_its_last_use_and_says_so(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_lab(tmp_path, clock=clock) as lab:
        file_id = lab.upload(content=b"the heron waits")
        store = lab.client.vector_stores.create(
            file_ids=[file_id], expires_after={"anchor": "last_active_at", "days": 3}
        )
        lab.client.vector_stores.files.poll(file_id, vector_store_id=store.id)
        clock.advance(2 * DAY_S)
        assert len(lab.search(store.id, "heron")) == 1
        assert lab.client.vector_stores.retrieve(store.id).expires_at == clock.now + 3 * DAY_S
        clock.advance(3 * DAY_S)
        lab.engine.expire_due()
        expired = lab.client.vector_stores.retrieve(store.id)
        assert (expired.status, expired.usage_bytes, expired.file_counts.completed) == ("expired", 0, 1)
        assert lab.store.chunk_store().chunks_of(store.id, file_id) == []
        assert [item.id for item in lab.client.vector_stores.files.list(store.id)] == [file_id]
        for call, arguments in (
            (lab.client.vector_stores.search, {"query": "heron"}),
            (lab.client.vector_stores.files.create, {"file_id": file_id}),
            (lab.client.vector_stores.file_batches.create, {"file_ids": [file_id]}),
        ):
            body = refused(call, vector_store_id=store.id, **arguments)
            assert body["message"] == f"Vector store '{store.id}' has expired"


# --- threads, assistants, messages --------------------------------------------------------------------------------


def test_an_attachment_makes_a_store_for_the_thread_that_later_ones_join(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_lab(tmp_path, clock=clock) as lab:
        first, second = lab.upload(content=b"the heron waits"), lab.upload(content=b"the crane flies")
        both = [{"type": "file_search"}, {"type": "code_interpreter"}]
        thread = lab.client.beta.threads.create(
            messages=[{"role": "user", "content": "a", "attachments": [{"file_id": first, "tools": both}]}]
        )
        (store_id,) = thread.tool_resources.file_search.vector_store_ids
        assert thread.tool_resources.code_interpreter.file_ids == [first]
        store = lab.client.vector_stores.retrieve(store_id)
        assert (store.expires_after.days, store.expires_at) == (7, clock.now + 7 * DAY_S)
        lab.client.beta.threads.messages.create(
            thread.id,
            role="user",
            content="b",
            attachments=[{"file_id": second, "tools": [{"type": "file_search"}]}],
        )
        again = lab.client.beta.threads.retrieve(thread.id)
        assert again.tool_resources.file_search.vector_store_ids == [store_id]
        for file_id in (first, second):
            assert lab.client.vector_stores.files.poll(file_id, vector_store_id=store_id).status == "completed"
        clock.advance(8 * DAY_S)
        lab.client.beta.threads.messages.create(
            thread.id,
            role="user",
            content="c",
            attachments=[{"file_id": second, "tools": [{"type": "file_search"}]}],
        )
        (fresh,) = lab.client.beta.threads.retrieve(thread.id).tool_resources.file_search.vector_store_ids
        assert fresh != store_id
        assert lab.client.vector_stores.retrieve(store_id).status == "expired"


def test_a_thread_takes_at_most_twenty_files_for_the_code_interpreter(lab: Lab) -> None:
    ids = [lab.upload(content=str(number).encode()) for number in range(21)]
    thread = lab.client.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": ids[:20]}})
    body = refused(
        lab.client.beta.threads.messages.create,
        thread_id=thread.id,
        role="user",
        content="one more",
        attachments=[{"file_id": ids[20], "tools": [{"type": "code_interpreter"}]}],
    )
    assert body["code"] == "array_above_max_length"
    assert lab.client.beta.threads.messages.list(thread.id).data == []


def test_the_creation_helper_makes_a_store_that_expires_for_threads_only(lab: Lab) -> None:
    file_id = lab.upload(content=b"the heron waits")
    helper = {"file_search": {"vector_stores": [{"file_ids": [file_id], "metadata": {"of": "test"}}]}}
    assistant = lab.client.beta.assistants.create(
        model=SCRIPTED_MODEL, tools=[{"type": "file_search"}], tool_resources=helper
    )
    thread = lab.client.beta.threads.create(tool_resources=helper)
    for owner, days in ((assistant, None), (thread, 7)):
        (store_id,) = owner.tool_resources.file_search.vector_store_ids
        store = lab.client.vector_stores.retrieve(store_id)
        assert store.metadata == {"of": "test"}
        assert (store.expires_after and store.expires_after.days) == days
        assert lab.client.vector_stores.files.poll(file_id, vector_store_id=store_id).status == "completed"
    both = {"file_search": {"vector_store_ids": [store_id], "vector_stores": [{}]}}
    assert refused(lab.client.beta.threads.create, tool_resources=both)["code"] == "mutually_exclusive_parameters"


def test_a_deleted_store_is_named_no_more(lab: Lab) -> None:
    store = lab.client.vector_stores.create()
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    thread = lab.client.beta.threads.create(tool_resources=resources)
    lab.client.vector_stores.delete(store.id)
    assert lab.client.beta.threads.retrieve(thread.id).tool_resources.file_search.vector_store_ids == []
    with pytest.raises(openai.NotFoundError, match="No vector store found with id"):
        lab.client.beta.threads.create(tool_resources=resources)
