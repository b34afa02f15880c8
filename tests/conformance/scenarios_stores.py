"""Vector stores, wherever the SDK has them, and what is attached to messages."""

import io

from tests.conformance.lab import BIRDS, NUMBERS, QUERY, Lab, Row, scenario

FISH = ("fish.md", b"# Fish\n\nThe pike hides between the reeds.\n")


@scenario(Row.STORES)
def stores_are_created_retrieved_updated_listed_and_deleted(lab: Lab) -> None:
    stores = lab.vector_stores
    made = stores.create(name="birds", expires_after={"anchor": "last_active_at", "days": 3}, metadata={"k": "v"})
    assert made.id.startswith("vs_")
    assert (made.name, made.expires_after.days, made.metadata) == ("birds", 3, {"k": "v"})
    assert stores.create().name == ""
    assert stores.retrieve(made.id).id == made.id
    assert stores.update(made.id, name="water birds", metadata={"k": "w"}).name == "water birds"
    assert made.id in [store.id for store in stores.list(limit=100)]
    gone = stores.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "vector_store.deleted")


@scenario(Row.STORES)
def files_are_put_into_a_store_and_taken_out(lab: Lab) -> None:
    store, file = lab.vector_stores.create().id, lab.upload(BIRDS)
    files = lab.vector_stores.files
    made = files.create_and_poll(file, vector_store_id=store, poll_interval_ms=20)
    assert (made.id, made.status, made.vector_store_id, made.last_error) == (file, "completed", store, None)
    assert files.retrieve(file, vector_store_id=store).status == "completed"
    uploaded = files.upload_and_poll(vector_store_id=store, file=FISH, poll_interval_ms=20)
    assert uploaded.status == "completed"
    assert [listed.id for listed in files.list(store, order="asc")] == [file, uploaded.id]
    assert [listed.id for listed in files.list(store, filter="failed")] == []
    gone = files.delete(file, vector_store_id=store)
    assert (gone.id, gone.deleted, gone.object) == (file, True, "vector_store.file.deleted")
    assert [listed.id for listed in files.list(store)] == [uploaded.id]
    assert lab.client.files.retrieve(file).id == file
    assert lab.vector_stores.retrieve(store).file_counts.completed == 1


@scenario(Row.STORES)
def files_are_put_into_a_store_in_batches(lab: Lab) -> None:
    store = lab.vector_stores.create().id
    batches = lab.vector_stores.file_batches
    named = [(f"bird{number}.txt", io.BytesIO(BIRDS[1])) for number in range(4)]
    batch = batches.upload_and_poll(vector_store_id=store, files=named, poll_interval_ms=20)
    assert (batch.status, batch.file_counts.completed, batch.file_counts.total) == ("completed", 4, 4)
    assert batches.retrieve(batch.id, vector_store_id=store).status == "completed"
    listed = [file.id for file in batches.list_files(batch.id, vector_store_id=store, limit=3)]
    assert len(listed) == len(set(listed)) == 4
    begun = batches.create(store, file_ids=[lab.upload(FISH)])
    assert begun.status in ("in_progress", "completed")
    assert batches.poll(begun.id, vector_store_id=store, poll_interval_ms=20).status == "completed"


@scenario(Row.STORES, since=(1, 40))
def how_files_are_cut_is_said_and_kept(lab: Lab) -> None:
    cut = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
    store, file = lab.vector_stores.create().id, lab.upload(BIRDS)
    made = lab.vector_stores.files.create_and_poll(file, vector_store_id=store, chunking_strategy=cut)
    assert made.chunking_strategy.static.max_chunk_size_tokens == 200
    auto = lab.vector_stores.create(file_ids=[file], chunking_strategy={"type": "auto"})
    listed = lab.vector_stores.files.poll(file, vector_store_id=auto.id)
    assert listed.chunking_strategy.static.chunk_overlap_tokens == 400


@scenario(Row.STORES, since=(1, 66))
def stores_are_searched_and_files_read_back(lab: Lab) -> None:
    store = lab.vector_stores.create().id
    files = lab.vector_stores.files
    file = files.upload_and_poll(vector_store_id=store, file=BIRDS, attributes={"kind": "bird"}).id
    files.upload_and_poll(vector_store_id=store, file=FISH, attributes={"kind": "fish"})
    found = lab.vector_stores.search(store, query=QUERY, max_num_results=1).data
    assert [(one.file_id, one.attributes) for one in found] == [(file, {"kind": "bird"})]
    fishy = {"type": "eq", "key": "kind", "value": "fish"}
    assert [one.filename for one in lab.vector_stores.search(store, query=QUERY, filters=fishy)] == ["fish.md"]
    assert "heron" in "".join(part.text for part in files.content(file, vector_store_id=store))
    assert files.update(file, vector_store_id=store, attributes={"kind": "heron"}).attributes == {"kind": "heron"}


@scenario(Row.ATTACHMENTS)
def what_a_message_brings_is_searched_and_seen_by_code(lab: Lab) -> None:
    birds, numbers = lab.upload(BIRDS), lab.upload(NUMBERS)
    attachments = [
        {"file_id": birds, "tools": [{"type": "file_search"}]},
        {"file_id": numbers, "tools": [{"type": "code_interpreter"}]},
    ]
    thread = lab.client.beta.threads.create(messages=[{"role": "user", "content": QUERY, "attachments": attachments}])
    assert thread.tool_resources.code_interpreter.file_ids == [numbers]
    (store,) = thread.tool_resources.file_search.vector_store_ids
    assert [file.id for file in lab.vector_stores.files.list(store)] == [birds]


@scenario(Row.SPELLINGS)
def attachments_by_add_to(lab: Lab) -> None:
    file = lab.upload(NUMBERS)
    made = lab.client.beta.threads.messages.create(
        lab.thread("hi"),
        role="user",
        content="look",
        attachments=[{"file_id": file, "add_to": ["code_interpreter"]}],
    )
    assert made.attachments[0].file_id == file
    thread = lab.client.beta.threads.retrieve(made.thread_id)
    assert thread.tool_resources.code_interpreter.file_ids == [file]


@scenario(Row.SPELLINGS)
def stores_made_along_with_assistants_and_threads(lab: Lab) -> None:
    file = lab.upload(BIRDS)
    along = {"file_search": {"vector_stores": [{"file_ids": [file]}]}}
    made = lab.client.beta.assistants.create(model="gpt-4-turbo", tools=[{"type": "file_search"}], tool_resources=along)
    assert made.tool_resources.file_search.vector_store_ids[0].startswith("vs_")
    thread = lab.client.beta.threads.create(tool_resources=along)
    assert thread.tool_resources.file_search.vector_store_ids[0].startswith("vs_")


@scenario(Row.SPELLINGS)
def files_are_read_back_by_the_older_name(lab: Lab) -> None:
    file = lab.upload(("a.jsonl", b'{"a": 1}\n'), "batch")
    assert lab.client.files.retrieve_content(file) == '{"a": 1}\n'
