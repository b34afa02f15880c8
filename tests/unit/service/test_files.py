"""Files and uploads."""

import hashlib
import io

import pytest

from localassist.errors import Conflict, FileNotFound, InvalidRequest, NotFound
from localassist.objects.faults import validate
from localassist.objects.files import CompleteUpload, CreateUpload, FileExpiry
from localassist.objects.threads import CreateMessage, ModifyThread
from localassist.protocols import Page
from localassist.testing import ManualClock
from tests.scripted_engine import bench


def keep(b, content=b"bytes", *, purpose="assistants", filename="f.txt", expires_after=None):
    return b.engine.files.create(
        filename=filename, purpose=purpose, source=io.BytesIO(content), expires_after=expires_after
    )


def test_bytes_come_back_unchanged_for_purposes_that_may_be_downloaded():
    with bench() as b:
        file = keep(b, b"\x00\xffbinary", purpose="vision", filename="그림.png")
        again, content = b.engine.files.open_content(file.id)
        with content:
            assert content.read() == b"\x00\xffbinary"
        assert (again.filename, again.bytes, again.status) == ("그림.png", 8, "processed")


@pytest.mark.parametrize("purpose", ["assistants", "user_data"])
def test_uploads_of_private_purposes_cannot_be_downloaded(purpose):
    with bench() as b:
        file = keep(b, purpose=purpose)
        with pytest.raises(InvalidRequest, match=f"^Not allowed to download files of purpose: {purpose}$"):
            b.engine.files.open_content(file.id)


def test_an_unknown_purpose_is_refused_in_the_recorded_words():
    with bench() as b, pytest.raises(InvalidRequest) as caught:
        keep(b, purpose="world_domination")
    assert caught.value.message == (
        "'world_domination' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
        " - 'purpose'"
    )


def test_a_deleted_file_disappears_from_assistants_and_threads():
    with bench() as b:
        gone, kept = keep(b), keep(b)
        resources = {"code_interpreter": {"file_ids": [gone.id, kept.id]}}
        assistant = b.assistant(tool_resources=resources)
        thread = b.thread()
        b.engine.threads.modify(thread, validate(ModifyThread, {"tool_resources": resources}))
        assert b.engine.files.delete(gone.id).deleted
        assert b.engine.assistants.get(assistant).tool_resources.code_interpreter.file_ids == [kept.id]
        assert b.engine.threads.get(thread).tool_resources.code_interpreter.file_ids == [kept.id]
        with pytest.raises(FileNotFound, match=f"^No such File object: {gone.id}$"):
            b.engine.files.get(gone.id)


def test_a_file_expires():
    clock = ManualClock()
    with bench(clock=clock) as b:
        file = keep(b, expires_after=FileExpiry(anchor="created_at", seconds=3600))
        assert file.expires_at == file.created_at + 3600
        clock.advance(3600)
        assert b.engine.files.page(Page()).items == []
        with pytest.raises(FileNotFound):
            b.engine.files.get(file.id)


def test_attachments_of_a_message_become_the_threads():
    with bench() as b:
        file, thread = keep(b), b.thread()
        attachment = {"file_id": file.id, "tools": [{"type": "code_interpreter"}]}
        body = {"role": "user", "content": "see", "attachments": [attachment, attachment]}
        message = b.engine.messages.create(thread, validate(CreateMessage, body))
        assert [a.wire() if hasattr(a, "wire") else a.model_dump() for a in message.attachments] == [attachment] * 2
        assert b.engine.threads.get(thread).tool_resources.code_interpreter.file_ids == [file.id]


def test_a_message_with_a_missing_file_is_refused_whole():
    with bench() as b:
        thread = b.thread()
        body = {"role": "user", "content": "see", "attachments": [{"file_id": "file-nope", "tools": []}]}
        with pytest.raises(InvalidRequest, match=r"^Files \['file-nope'\] are invalid"):
            b.engine.messages.create(thread, validate(CreateMessage, body))
        assert b.engine.messages.page(thread, Page()).items == []


# --- uploads ----------------------------------------------------------------------------------------------------


def begin(b, size):
    body = {"filename": "big.bin", "purpose": "batch", "bytes": size, "mime_type": "text/plain"}
    return b.engine.uploads.create(validate(CreateUpload, body))


def test_parts_are_joined_in_the_order_of_completion():
    with bench() as b:
        upload = begin(b, 10)
        second = b.engine.uploads.add_part(upload.id, io.BytesIO(b"world"))
        first = b.engine.uploads.add_part(upload.id, io.BytesIO(b"hello"))
        md5 = hashlib.md5(b"helloworld").hexdigest()
        done = b.engine.uploads.complete(upload.id, CompleteUpload(part_ids=[first.id, second.id], md5=md5))
        assert done.status == "completed"
        _, content = b.engine.files.open_content(done.file.id)
        with content:
            assert content.read() == b"helloworld"
        assert "file" not in upload.wire()
        assert "internal" not in done.wire()


@pytest.mark.parametrize(
    ("size", "md5", "words"),
    [(4, None, "declared with 4 bytes"), (5, "0" * 32, "md5 of the parts")],
)
def test_an_upload_that_does_not_match_its_declaration_is_refused(size, md5, words):
    with bench() as b:
        upload = begin(b, size)
        part = b.engine.uploads.add_part(upload.id, io.BytesIO(b"hello"))
        with pytest.raises(InvalidRequest, match=words):
            b.engine.uploads.complete(upload.id, CompleteUpload(part_ids=[part.id], md5=md5))


def test_parts_of_another_upload_are_not_found():
    with bench() as b:
        one, other = begin(b, 5), begin(b, 5)
        part = b.engine.uploads.add_part(one.id, io.BytesIO(b"hello"))
        with pytest.raises(NotFound):
            b.engine.uploads.complete(other.id, CompleteUpload(part_ids=[part.id]))


def test_a_cancelled_and_an_expired_upload_take_no_more_parts():
    clock = ManualClock()
    with bench(clock=clock) as b:
        cancelled, expired = begin(b, 5), begin(b, 5)
        assert b.engine.uploads.cancel(cancelled.id).status == "cancelled"
        clock.advance(3600)
        for upload, status in ((cancelled, "cancelled"), (expired, "expired")):
            with pytest.raises(Conflict, match=f"has status '{status}'"):
                b.engine.uploads.add_part(upload.id, io.BytesIO(b"late"))
