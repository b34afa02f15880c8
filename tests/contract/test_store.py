"""What every `Store` does, run against each that is shipped."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localassist.errors import Conflict, InvalidRequest, NotFound, StoreFailed
from localassist.objects.assistants import Assistant
from localassist.objects.base import StoredObject
from localassist.objects.files import File, Upload, UploadInternal, UploadPart
from localassist.objects.runs import (
    CreatedMessage,
    MessageCreation,
    Run,
    RunStep,
    StepInternal,
    ToolCalls,
    Usage,
)
from localassist.objects.threads import ContentPart, Message, Text, TextPart, Thread
from localassist.protocols import Page, Slice, Store
from localassist.store.sql import SqliteStore

STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite_file": lambda folder: SqliteStore(folder / "localassist.db"),
    "sqlite_memory": lambda folder: SqliteStore(None),
}

on_one_store = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrations are slow beside these tests, so they run once."""
    path = tmp_path_factory.mktemp("empty") / "localassist.db"
    SqliteStore(path).close()
    return path


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> Iterator[Store]:
    shutil.copy(empty_database, tmp_path)
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def message(object_id: str, thread_id: str = "thread_a", *, created_at: int = 100, text: str = "Hello") -> Message:
    content: list[ContentPart] = [TextPart(text=Text(value=text))]
    return Message(id=object_id, created_at=created_at, thread_id=thread_id, role="user", content=content)


def run(object_id: str, status: str = "queued", *, created_at: int = 100, thread_id: str = "thread_a") -> Run:
    return Run.model_validate(
        {
            "id": object_id,
            "created_at": created_at,
            "assistant_id": "asst_a",
            "thread_id": thread_id,
            "status": status,
            "model": "tiny",
        }
    )


def ids(items: Slice[Message] | list[Message] | list[Run]) -> list[str]:
    return [item.id for item in (items.items if isinstance(items, Slice) else items)]


def fill(store: Store, count: int, thread_id: str = "thread_a") -> list[str]:
    """Messages of one second; their ids, oldest first."""
    names = [f"msg_{thread_id}_{number:04d}" for number in range(count)]
    with store.transaction():
        for name in names:
            store.insert(message(name, thread_id))
    return names


# --- one object ---------------------------------------------------------------------------------------------------

EVERY_KIND: list[StoredObject] = [
    Assistant(id="asst_1", created_at=1, model="tiny", instructions="Größe 'quoted' \x00 🦙", metadata={"a": "b"}),
    Thread(id="thread_1", created_at=2),
    message("msg_1"),
    run("run_1").model_copy(update={"expires_at": 700, "usage": Usage(prompt_tokens=3)}),
    RunStep(
        id="step_1",
        created_at=3,
        run_id="run_1",
        assistant_id="asst_1",
        thread_id="thread_1",
        type="message_creation",
        step_details=MessageCreation(message_creation=CreatedMessage(message_id="msg_1")),
    ),
    RunStep(
        id="step_2",
        created_at=3,
        run_id="run_1",
        assistant_id="asst_1",
        thread_id="thread_1",
        type="tool_calls",
        step_details=ToolCalls(),
        internal=StepInternal(pending_usage=Usage(completion_tokens=5)),
    ),
    File(id="file-1", created_at=4, purpose="assistants", filename="naïve.txt", bytes=7, expires_at=9),
    Upload(
        id="upload_1",
        created_at=5,
        bytes=7,
        filename="a.txt",
        purpose="assistants",
        expires_at=99,
        internal=UploadInternal(mime_type="text/plain", expires_after_s=3600),
    ),
    UploadPart(id="part_1", created_at=6, upload_id="upload_1"),
]


@pytest.mark.parametrize("item", EVERY_KIND, ids=lambda item: item.id)
def test_every_kind_comes_back_as_it_went_in(store: Store, item: StoredObject) -> None:
    store.insert(item)

    assert store.get(type(item), item.id) == item
    assert store.find(type(item), item.id) == item
    assert store.all(type(item)) == [item]


@pytest.mark.parametrize("item", EVERY_KIND, ids=lambda item: item.id)
def test_every_kind_can_be_replaced_and_deleted(store: Store, item: StoredObject) -> None:
    store.insert(item)

    assert store.update(item) is True
    assert store.delete(type(item), item.id) is True
    assert store.find(type(item), item.id) is None
    assert store.delete(type(item), item.id) is False


def test_an_unknown_id_is_not_found_in_the_words_of_the_contract(store: Store) -> None:
    assert store.find(Thread, "thread_x") is None
    with pytest.raises(NotFound, match=r"^No thread found with id 'thread_x'\.$") as not_found:
        store.get(Thread, "thread_x")
    assert not_found.value.param is None


def test_a_missing_file_has_its_own_words(store: Store) -> None:
    with pytest.raises(NotFound, match=r"^No such File object: file-x$") as not_found:
        store.get(File, "file-x")
    assert not_found.value.param == "id"


def test_an_id_is_looked_up_among_its_own_kind_only(store: Store) -> None:
    store.insert(Thread(id="same", created_at=1))

    assert store.find(Assistant, "same") is None


def test_a_taken_id_is_refused_and_the_first_object_stays(store: Store) -> None:
    store.insert(message("msg_1", text="first"))

    with pytest.raises(Conflict, match="msg_1"):
        store.insert(message("msg_1", text="second"))

    assert store.get(Message, "msg_1") == message("msg_1", text="first")


def test_updating_what_is_gone_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match=r"No message found with id 'msg_gone'\."):
        store.update(message("msg_gone"))
    with pytest.raises(NotFound, match=r"No run found with id 'run_gone'\."):
        store.update(run("run_gone"), only_if_status={"queued"})


def test_an_update_keeps_the_place_in_the_order(store: Store) -> None:
    names = fill(store, 3)

    store.update(message(names[0], text="edited"))

    assert ids(store.all(Message)) == names


def test_an_update_is_seen_by_filters(store: Store) -> None:
    store.insert(run("run_1"))

    store.update(run("run_1", "completed"))

    assert store.all(Run, status="queued") == []
    assert ids(store.all(Run, status="completed")) == ["run_1"]


# --- compare and set ----------------------------------------------------------------------------------------------


def test_a_conditional_update_writes_when_the_status_matches(store: Store) -> None:
    store.insert(run("run_1"))

    assert store.update(run("run_1", "in_progress"), only_if_status={"queued", "requires_action"}) is True
    assert store.get(Run, "run_1").status == "in_progress"


@pytest.mark.parametrize("expected", [["queued"], []])
def test_a_conditional_update_writes_nothing_when_it_does_not(store: Store, expected: list[str]) -> None:
    store.insert(run("run_1", "cancelling"))

    assert store.update(run("run_1", "completed"), only_if_status=expected) is False
    assert store.get(Run, "run_1").status == "cancelling"


def test_of_many_conditional_updates_at_once_one_wins(store: Store) -> None:
    store.insert(run("run_1"))
    together = threading.Barrier(8)

    def attempt(number: int) -> bool:
        together.wait()
        changed = run("run_1", "in_progress").model_copy(update={"instructions": str(number)})
        return store.update(changed, only_if_status={"queued"})

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, range(8)))

    assert won.count(True) == 1
    assert store.get(Run, "run_1").instructions == str(won.index(True))


# --- claiming runs ------------------------------------------------------------------------------------------------


def started(waiting: Run) -> Run:
    return waiting.model_copy(update={"status": "in_progress"})


def test_the_oldest_queued_run_is_claimed_and_replaced(store: Store) -> None:
    for item in (run("run_1", "completed"), run("run_2"), run("run_3")):
        store.insert(item)

    assert store.claim_run(started) == run("run_2", "in_progress")
    assert store.get(Run, "run_2").status == "in_progress"
    assert store.get(Run, "run_3").status == "queued"


def test_a_run_that_is_queued_again_goes_first(store: Store) -> None:
    store.insert(run("run_1", "requires_action"))
    store.insert(run("run_2"))

    store.update(run("run_1", "queued"))

    claimed = store.claim_run(started)
    assert claimed is not None
    assert claimed.id == "run_1"


def test_nothing_is_claimed_when_nothing_is_queued(store: Store) -> None:
    store.insert(run("run_1", "in_progress"))

    assert store.claim_run(started) is None


def test_a_claim_that_raises_leaves_the_run_queued(store: Store) -> None:
    store.insert(run("run_1"))

    def refuse(waiting: Run) -> Run:
        raise RuntimeError(waiting.id)

    with pytest.raises(RuntimeError, match="run_1"):
        store.claim_run(refuse)
    assert store.get(Run, "run_1").status == "queued"


def test_many_workers_claim_each_run_once(store: Store) -> None:
    with store.transaction():
        for number in range(40):
            store.insert(run(f"run_{number}"))

    def work(_: int) -> list[str]:
        claimed = []
        while (taken := store.claim_run(started)) is not None:
            claimed.append(taken.id)
        return claimed

    with ThreadPoolExecutor(4) as pool:
        claimed = [name for names in pool.map(work, range(4)) for name in names]

    assert sorted(claimed) == sorted(f"run_{number}" for number in range(40))


# --- transactions -------------------------------------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    store.insert(message("msg_old"))

    def fail_halfway() -> None:
        with store.transaction():
            store.insert(message("msg_new"))
            store.update(message("msg_old", text="edited"))
            store.delete(Message, "msg_old")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert store.all(Message) == [message("msg_old")]


def test_a_transaction_reads_its_own_writes(store: Store) -> None:
    with store.transaction():
        store.insert(message("msg_1"))
        assert store.get(Message, "msg_1") == message("msg_1")
        assert ids(store.page(Message, Page())) == ["msg_1"]


def test_an_inner_transaction_that_fails_takes_the_outer_one_along(store: Store) -> None:
    with suppress(RuntimeError), store.transaction():
        store.insert(message("msg_outer"))
        with store.transaction():
            store.insert(message("msg_inner"))
            raise RuntimeError

    assert store.all(Message) == []


def test_an_inner_transaction_whose_failure_is_handled_undoes_only_itself(store: Store) -> None:
    with store.transaction():
        store.insert(message("msg_before"))
        with suppress(RuntimeError), store.transaction():
            store.insert(message("msg_inner"))
            raise RuntimeError
        store.insert(message("msg_after"))

    assert ids(store.all(Message)) == ["msg_before", "msg_after"]


def test_an_outer_transaction_that_fails_undoes_an_inner_one_that_succeeded(store: Store) -> None:
    with suppress(RuntimeError), store.transaction():
        with store.transaction():
            store.insert(message("msg_inner"))
        raise RuntimeError

    assert store.all(Message) == []


def test_a_refused_insert_does_not_spoil_the_transaction(store: Store) -> None:
    store.insert(message("msg_1"))

    with store.transaction():
        with pytest.raises(Conflict):
            store.insert(message("msg_1"))
        store.insert(message("msg_2"))

    assert ids(store.all(Message)) == ["msg_1", "msg_2"]


def test_transactions_of_different_threads_do_not_mix(store: Store) -> None:
    store.insert(run("run_1").model_copy(update={"metadata": {"count": "0"}}))

    def count_up(_: int) -> None:
        for _ in range(20):
            with store.transaction():
                before = store.get(Run, "run_1")
                count = int(before.metadata["count"]) + 1
                store.update(before.model_copy(update={"metadata": {"count": str(count)}}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))

    assert store.get(Run, "run_1").metadata == {"count": "80"}


# --- filters and deletion -----------------------------------------------------------------------------------------


def test_filters_take_one_value_or_any_of_several(store: Store) -> None:
    store.insert(run("run_1", "queued", thread_id="thread_a"))
    store.insert(run("run_2", "failed", thread_id="thread_a"))
    store.insert(run("run_3", "queued", thread_id="thread_b"))

    assert ids(store.all(Run, thread_id="thread_a")) == ["run_1", "run_2"]
    assert ids(store.all(Run, thread_id="thread_a", status="queued")) == ["run_1"]
    assert ids(store.all(Run, status=["queued", "failed"], thread_id={"thread_a"})) == ["run_1", "run_2"]
    assert ids(store.all(Run, id=("run_3", "run_1"))) == ["run_1", "run_3"]
    assert store.all(Run, status=[]) == []
    assert store.page(Run, Page(), status=[]) == Slice(items=[], has_more=False)


def test_a_filter_that_does_not_exist_is_a_programming_error(store: Store) -> None:
    with pytest.raises(TypeError, match="colour"):
        store.all(Message, colour="red")
    with pytest.raises(TypeError, match="thread_id"):
        store.page(Thread, Page(), thread_id="thread_a")


def upload(object_id: str, *, expires_at: int, created_at: int = 100) -> Upload:
    return Upload(
        id=object_id,
        created_at=created_at,
        bytes=7,
        filename="a.txt",
        purpose="assistants",
        expires_at=expires_at,
        internal=UploadInternal(mime_type="text/plain"),
    )


def test_what_is_due_is_what_expires_now_or_did_before(store: Store) -> None:
    for item in (
        upload("upload_1", expires_at=300),
        upload("upload_2", expires_at=200),
        upload("upload_3", expires_at=301),
    ):
        store.insert(item)
    store.insert(File(id="file-1", created_at=1, purpose="assistants", filename="a", bytes=1))

    assert [item.id for item in store.due(Upload, at=300)] == ["upload_1", "upload_2"]
    assert store.due(Upload, at=199) == []
    assert store.due(File, at=10**10) == []


def test_an_update_moves_the_hour_of_expiry(store: Store) -> None:
    store.insert(run("run_1").model_copy(update={"expires_at": 700}))

    store.update(run("run_1", "completed"))

    assert store.due(Run, at=10**10) == []


def test_what_never_expires_cannot_be_due(store: Store) -> None:
    with pytest.raises(TypeError):
        store.due(Thread, at=100)


def test_objects_that_mention_an_id_are_found(store: Store) -> None:
    def thread(object_id: str, *file_ids: str) -> Thread:
        resources = {"code_interpreter": {"file_ids": list(file_ids)}}
        return Thread.model_validate({"id": object_id, "created_at": 1, "tool_resources": resources})

    for item in (
        thread("thread_1", "file-a_b", "file-c"),
        thread("thread_2", "file-a_bc"),
        thread("thread_3", "file-axb"),
    ):
        store.insert(item)
    store.insert(Thread(id="thread_4", created_at=1, metadata={"note": 'see "file-c"', "file": "file-a_b"}))

    assert [item.id for item in store.mentioning(Thread, "file-a_b")] == ["thread_1", "thread_4"]
    assert [item.id for item in store.mentioning(Thread, "file-c")] == ["thread_1"]
    assert store.mentioning(Assistant, "file-c") == []


def test_matching_objects_are_deleted_and_counted(store: Store) -> None:
    fill(store, 5, "thread_a")
    kept = fill(store, 2, "thread_b")

    assert store.delete_where(Message, thread_id="thread_a") == 5
    assert store.delete_where(Message, thread_id="thread_a") == 0
    assert ids(store.all(Message)) == kept


def test_deleting_without_a_filter_is_a_programming_error(store: Store) -> None:
    fill(store, 1)

    with pytest.raises(TypeError):
        store.delete_where(Message)
    assert len(store.all(Message)) == 1


def test_a_deleted_id_may_come_back(store: Store) -> None:
    first, second = fill(store, 2)
    store.delete(Message, first)

    store.insert(message(first))

    assert ids(store.page(Message, Page(order="asc", after=second))) == [first]
    assert store.delete(Message, first) is True
    assert ids(store.page(Message, Page(order="desc", after=first))) == [second]


# --- pages --------------------------------------------------------------------------------------------------------


def test_objects_of_one_second_come_in_the_order_of_insertion(store: Store) -> None:
    names = fill(store, 5)

    assert ids(store.page(Message, Page(order="asc"))) == names
    assert ids(store.page(Message, Page(order="desc"))) == names[::-1]


def test_objects_are_ordered_by_creation_even_when_they_are_inserted_later(store: Store) -> None:
    store.insert(message("msg_new", created_at=200))
    store.insert(message("msg_imported", created_at=50))
    store.insert(message("msg_newest", created_at=300))

    assert ids(store.page(Message, Page(order="asc"))) == ["msg_imported", "msg_new", "msg_newest"]
    assert ids(store.all(Message)) == ["msg_imported", "msg_new", "msg_newest"]


def test_has_more_is_exact(store: Store) -> None:
    names = fill(store, 4)

    assert store.page(Message, Page(limit=4)).has_more is False
    assert store.page(Message, Page(limit=3)).has_more is True
    assert store.page(Message, Page(limit=2, order="asc", after=names[1])).has_more is False
    assert store.page(Message, Page(limit=1, order="asc", after=names[1])).has_more is True


def test_a_page_after_the_last_object_is_empty(store: Store) -> None:
    names = fill(store, 2)

    assert store.page(Message, Page(after=names[0])) == Slice(items=[], has_more=False)
    assert store.page(Message, Page(order="asc", after=names[1])) == Slice(items=[], has_more=False)


def test_before_gives_the_objects_right_before_in_the_requested_order(store: Store) -> None:
    names = fill(store, 5)

    oldest_first = store.page(Message, Page(limit=2, order="asc", before=names[4]))
    newest_first = store.page(Message, Page(limit=2, order="desc", before=names[0]))

    assert (ids(oldest_first), oldest_first.has_more) == (names[2:4], True)
    assert (ids(newest_first), newest_first.has_more) == ([names[2], names[1]], True)
    assert store.page(Message, Page(limit=2, order="asc", before=names[2])).has_more is False


def test_after_and_before_together_bound_a_range(store: Store) -> None:
    names = fill(store, 6)

    assert ids(store.page(Message, Page(order="asc", after=names[0], before=names[4]))) == names[1:4]
    assert ids(store.page(Message, Page(order="desc", after=names[4], before=names[0]))) == names[3:0:-1]
    first = store.page(Message, Page(limit=2, order="asc", after=names[0], before=names[4]))
    assert (ids(first), first.has_more) == (names[1:3], True)


@pytest.mark.parametrize("param", ["after", "before"])
def test_a_cursor_that_names_nothing_is_an_invalid_request(store: Store, param: str) -> None:
    fill(store, 1)

    with pytest.raises(InvalidRequest, match=r"^No message found with id 'msg_x'\.$") as invalid:
        store.page(Message, Page(**{param: "msg_x"}))  # type: ignore[arg-type]
    assert invalid.value.param == param


def test_a_cursor_of_another_kind_names_nothing(store: Store) -> None:
    store.insert(Thread(id="thread_a", created_at=1))
    store.delete(Thread, "thread_a")

    with pytest.raises(InvalidRequest, match="No message found"):
        store.page(Message, Page(after="thread_a"))


def test_a_cursor_works_when_the_filter_no_longer_matches_it(store: Store) -> None:
    for number in range(3):
        store.insert(run(f"run_{number}"))
    store.update(run("run_1", "completed"))

    assert ids(store.page(Run, Page(order="asc", after="run_1"), status="queued").items) == ["run_2"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_reader_may_delete_every_page_it_has_read(store: Store, order: str) -> None:
    names = fill(store, 11)
    seen: list[str] = []
    page = store.page(Message, Page(limit=3, order=order))  # type: ignore[arg-type]

    while page.items:
        seen += ids(page)
        for name in ids(page):
            store.delete(Message, name)
        page = store.page(Message, Page(limit=3, order=order, after=seen[-1]))  # type: ignore[arg-type]

    assert seen == (names if order == "asc" else names[::-1])
    assert store.all(Message) == []


# --- properties of paging -----------------------------------------------------------------------------------------

orders = st.sampled_from(["asc", "desc"])
seconds = st.integers(min_value=100, max_value=103)


def insert_all(store: Store, thread_id: str, created: list[int], *, first: int = 0) -> list[str]:
    """Insert one message per second given; their ids in order of creation."""
    names = [f"msg_{thread_id}_{number}" for number in range(first, first + len(created))]
    with store.transaction():
        for name, created_at in zip(names, created, strict=True):
            store.insert(message(name, thread_id, created_at=created_at))
    return [name for _, name in sorted(zip(created, names, strict=True), key=lambda pair: pair[0])]


@on_one_store
@given(created=st.lists(seconds, max_size=12), order=orders, limit=st.integers(1, 5), data=st.data())
def test_a_page_is_the_slice_of_the_whole_list(
    store: Store, created: list[int], order: str, limit: int, data: st.DataObject
) -> None:
    thread_id = uuid4().hex
    names = insert_all(store, thread_id, created)
    names = names if order == "asc" else names[::-1]
    cursors = st.none() | st.sampled_from(names) if names else st.none()
    after, before = data.draw(cursors, "after"), data.draw(cursors, "before")

    expected = names[names.index(after) + 1 if after else 0 : names.index(before) if before else len(names)]
    has_more = len(expected) > limit
    expected = expected[-limit:] if before and not after else expected[:limit]

    page = Page(limit=limit, order=order, after=after, before=before)  # type: ignore[arg-type]
    found = store.page(Message, page, thread_id=thread_id)
    assert (ids(found), found.has_more) == (expected, has_more)


@on_one_store
@given(
    created=st.lists(seconds, min_size=1, max_size=15),
    arriving=st.lists(st.lists(seconds, max_size=3), max_size=15),
    order=orders,
    limit=st.integers(1, 4),
    by=st.sampled_from(["after", "before"]),
)
def test_paging_visits_each_object_once_while_others_are_inserted(
    store: Store, created: list[int], arriving: list[list[int]], order: str, limit: int, by: str
) -> None:
    thread_id = uuid4().hex
    present = insert_all(store, thread_id, created)
    inserted = len(present)
    seen: list[str] = []
    # `before` walks the other way, so it begins at the far end, with a page that has no cursor.
    page = Page(limit=limit, order=order if by == "after" else flipped(order))  # type: ignore[arg-type]

    while found := ids(store.page(Message, page, thread_id=thread_id)):
        seen += found if by == "after" or page.before is None else found[::-1]
        page = Page(limit=limit, order=order, **{by: seen[-1]})  # type: ignore[arg-type]
        for new in arriving[:1]:
            insert_all(store, thread_id, new, first=inserted)
            inserted += len(new)
        arriving = arriving[1:]

    forward = (order == "asc") == (by == "after")
    assert len(seen) == len(set(seen))
    assert [name for name in seen if name in set(present)] == (present if forward else present[::-1])


def flipped(order: str) -> str:
    return "asc" if order == "desc" else "desc"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_visits_each_object_once_while_another_thread_inserts(store: Store, order: str) -> None:
    present = fill(store, 120)
    paging_done = threading.Event()

    def insert_until_done() -> int:
        inserted = 0
        while not paging_done.is_set():
            store.insert(message(f"msg_new_{inserted}", created_at=100 - inserted % 2))
            inserted += 1
        return inserted

    seen: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(insert_until_done)
        page = Page(limit=7, order=order)  # type: ignore[arg-type]
        while len([name for name in seen if name in present]) < len(present):
            seen += ids(store.page(Message, page))
            page = Page(limit=7, order=order, after=seen[-1])  # type: ignore[arg-type]
        paging_done.set()
        assert writer.result() >= 0

    visited = [name for name in seen if name in present]
    assert len(seen) == len(set(seen))
    assert visited == (present if order == "asc" else present[::-1])


# --- closing ------------------------------------------------------------------------------------------------------


def test_a_closed_store_says_so_and_may_be_closed_again(store: Store) -> None:
    store.close()
    store.close()

    with pytest.raises(StoreFailed, match="closed"):
        store.find(Thread, "thread_a")
    with pytest.raises(StoreFailed, match="closed"):
        store.insert(Thread(id="thread_a", created_at=1))
