"""Files, uploads, and lists of many objects."""

import io

import openai

from tests.conformance.lab import FIRST, PLAIN, Lab, Row, error_of, scenario

MANY = 250


@scenario(Row.FILES, since=FIRST)
def files_are_uploaded_listed_retrieved_and_deleted(lab: Lab) -> None:
    files = lab.client.files
    made = files.create(file=("보고서 ☀.txt", b"hello"), purpose="assistants")
    assert (made.filename, made.bytes, made.purpose, made.object) == ("보고서 ☀.txt", 5, "assistants", "file")
    assert files.retrieve(made.id) == made
    assert files.wait_for_processing(made.id, poll_interval=0.01).status == "processed"
    assert made.id in [file.id for file in files.list(purpose="assistants")]
    assert made.id not in [file.id for file in files.list(purpose="batch")]
    gone = files.delete(made.id)
    assert (gone.id, gone.deleted) == (made.id, True)
    try:
        files.retrieve(made.id)
    except openai.NotFoundError as exc:
        assert error_of(exc)["param"] == "id"
        assert error_of(exc)["message"] == f"No such File object: {made.id}"
    else:
        raise AssertionError("a deleted file was found")


@scenario(Row.FILES)
def files_are_read_back(lab: Lab) -> None:
    content = bytes(range(256)) * 300
    made = lab.client.files.create(file=io.BytesIO(content), purpose="vision")
    assert lab.client.files.content(made.id).content == content
    text = lab.client.files.create(file=("a.jsonl", b'{"a": 1}\n'), purpose="batch")
    assert lab.client.files.content(text.id).text == '{"a": 1}\n'
    with lab.client.files.with_streaming_response.content(made.id) as response:
        assert b"".join(response.iter_bytes()) == content


@scenario(Row.FILES, since=FIRST)
def files_of_assistants_are_not_read_back(lab: Lab) -> None:
    made = lab.client.files.create(file=("a.txt", b"secret"), purpose="assistants")
    try:
        lab.client.files.content(made.id)
    except openai.BadRequestError as exc:
        assert error_of(exc)["message"] == "Not allowed to download files of purpose: assistants"
    else:
        raise AssertionError("the file was read back")


@scenario(Row.FILES, since=(1, 109))
def files_can_be_given_an_end(lab: Lab) -> None:
    expiry = {"anchor": "created_at", "seconds": 3600}
    made = lab.client.files.create(file=("a.txt", b"x"), purpose="assistants", expires_after=expiry)
    assert made.expires_at == made.created_at + 3600


@scenario(Row.FILES, since=(1, 99))
def uploads_are_put_together_from_parts(lab: Lab) -> None:
    uploads = lab.client.uploads
    asked = {"filename": "big.txt", "mime_type": "text/plain", "purpose": "assistants"}
    made = uploads.create(bytes=8, **asked)
    assert (made.status, made.expires_at) == ("pending", made.created_at + 3600)
    second = uploads.parts.create(made.id, data=b"efgh")
    first = uploads.parts.create(made.id, data=b"abcd")
    done = uploads.complete(made.id, part_ids=[first.id, second.id], md5="e8dc4081b13434b45189a720b77b6818")
    assert (done.status, done.file.filename, done.file.bytes) == ("completed", "big.txt", 8)
    assert lab.client.files.retrieve(done.file.id).bytes == 8
    assert uploads.cancel(uploads.create(bytes=1, **asked).id).status == "cancelled"


@scenario(Row.FILES, since=(1, 99))
def uploads_are_sent_in_chunks(lab: Lab) -> None:
    content = b"0123456789" * 10
    done = lab.client.uploads.upload_file_chunked(
        file=content, filename="big.txt", bytes=len(content), mime_type="text/plain", purpose="assistants", part_size=32
    )
    assert (done.status, done.file.bytes) == ("completed", 100)


@scenario(Row.PAGING, since=FIRST)
def paging_visits_every_message_once_in_both_orders(lab: Lab) -> None:
    messages, thread = lab.client.beta.threads.messages, lab.thread(*(f"m{i}" for i in range(MANY)))
    expected = [f"m{i}" for i in range(MANY)]
    for order, texts in (("asc", expected), ("desc", expected[::-1])):
        for limit in (100, 7):
            seen = messages.list(thread, order=order, limit=limit)
            assert [message.content[0].text.value for message in seen] == texts
    assert len(messages.list(thread).data) == 20


@scenario(Row.PAGING, since=FIRST)
def paging_backwards_is_exact(lab: Lab) -> None:
    messages, thread = lab.client.beta.threads.messages, lab.thread(*(f"m{i}" for i in range(30)))
    last = messages.list(thread, order="asc", limit=30).data[-1]
    page = messages.list(thread, order="asc", limit=4, before=last.id)
    assert len(page.data) == 4
    assert last.id not in [message.id for message in page.data]


@scenario(Row.PAGING, since=FIRST)
def paging_assistants_goes_through_all_of_them(lab: Lab) -> None:
    made = {lab.client.beta.assistants.create(model=PLAIN).id for _ in range(60)}
    for order in ("asc", "desc"):
        seen = [assistant.id for assistant in lab.client.beta.assistants.list(order=order, limit=25)]
        assert len(seen) == len(set(seen))
        assert made <= set(seen)
    for assistant_id in made:
        lab.client.beta.assistants.delete(assistant_id)


@scenario(Row.PAGING, since=FIRST)
def a_client_that_ignores_has_more_comes_to_an_empty_page(lab: Lab) -> None:
    thread, seen, after = lab.thread(*(f"m{i}" for i in range(45))), [], {}
    while page := lab.client.beta.threads.messages.list(thread, limit=15, **after).data:
        seen += [message.id for message in page]
        after = {"after": page[-1].id}
    assert len(seen) == len(set(seen)) == 45
