"""What docs/compatibility.md says was decided where nothing is on record."""

from tests.compat.world import HI, World


def test_a_run_without_instructions_has_an_empty_text(world: World) -> None:
    assert world.run(world.thread(HI))["instructions"] == ""


def test_metadata_replaces_and_null_takes_it_away(world: World) -> None:
    thread = world.post("/threads", {"metadata": {"a": "1", "b": "2"}})["id"]
    assert world.post(f"/threads/{thread}", {"metadata": {"c": "3"}})["metadata"] == {"c": "3"}
    assert world.post(f"/threads/{thread}", {})["metadata"] == {"c": "3"}
    assert world.post(f"/threads/{thread}", {"metadata": None})["metadata"] == {}


def test_a_thread_without_messages_can_be_run(world: World) -> None:
    assert world.run(world.thread())["status"] == "completed"


def test_a_message_of_the_user_is_completed(world: World) -> None:
    assert [message["status"] for message in world.messages(world.thread(HI))] == ["completed"]


def test_a_thread_that_is_deleted_takes_its_run_along(world: World) -> None:
    run = world.waiting_run()
    assert world.http.delete(f"/threads/{run['thread_id']}").json()["deleted"] is True
    assert world.http.get(f"/runs/{run['id']}").status_code == 404


def test_a_batch_is_typed_as_in_the_sdks(world: World) -> None:
    batch = world.post(f"/vector_stores/{world.store()}/file_batches", {"file_ids": [world.file()]})
    assert batch["object"] == "vector_store.files_batch"
