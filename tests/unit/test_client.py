"""The in-process clients: the SDK's own methods, answered without a network."""

import asyncio
import threading
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import pytest

from localassist import AsyncLocalAssist, LocalAssist
from localassist.config import Config
from localassist.engine import Engine
from localassist.errors import DataDirectoryInUse, InvalidRequest
from localassist.protocols import TextPiece
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import Hold, ScriptedModel, Turn, call, say

TIMEOUT_S = 20
FUNCTION: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


def open_engine(*turns: Turn) -> Engine:
    config = Config(data_dir=":memory:")
    return Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=ScriptedModel(*turns))


def our_threads() -> set[threading.Thread]:
    """Threads of clients and engines, and the worker threads their calls used."""
    return {t for t in threading.enumerate() if t.name.startswith(("localassist", "AnyIO", "run-"))}


@pytest.fixture(autouse=True)
def _no_threads_are_left() -> Iterator[None]:
    before = our_threads()  # servers and clients of other tests that last for the whole session
    yield
    for thread in our_threads() - before:
        if thread.name.startswith("AnyIO"):  # of the test's own event loop, which has told it to stop
            thread.join(TIMEOUT_S)
    assert our_threads() - before == set()


def test_a_conversation_with_polling() -> None:
    with open_engine(say("Good day.")) as engine, LocalAssist(engine=engine) as client:
        assistant = client.beta.assistants.create(model="scripted", name="Ada")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        messages = client.beta.threads.messages.list(thread.id)
        assert run.status == "completed"
        assert messages.data[0].content[0].text.value == "Good day."
        assert run._request_id is not None
        assert run._request_id.startswith("req_")


def test_a_function_call_through_two_streams() -> None:
    with open_engine(call("add", a=1), say("It is 3.")) as engine, LocalAssist(engine=engine) as client:
        assistant = client.beta.assistants.create(model="scripted", tools=[FUNCTION])
        thread = client.beta.threads.create()
        with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
            run = stream.get_final_run()
        assert run.required_action is not None
        made = run.required_action.submit_tool_outputs.tool_calls[0]
        with client.beta.threads.runs.submit_tool_outputs_stream(
            thread_id=thread.id, run_id=run.id, tool_outputs=[{"tool_call_id": made.id, "output": "3"}]
        ) as stream:
            texts = [message.content[0].text.value for message in stream.get_final_messages()]
        assert texts == ["It is 3."]


def test_an_asynchronous_conversation() -> None:
    async def converse(engine: Engine) -> tuple[str, list[str]]:
        async with AsyncLocalAssist(engine=engine) as client:
            assistant = await client.beta.assistants.create(model="scripted")
            thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            run = await client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            events = []
            async with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
                async for event in stream:
                    events.append(event.event)
            return run.status, events

    with open_engine(say("one"), say("two")) as engine:
        status, events = asyncio.run(converse(engine))
    assert (status, events[0], events[-1]) == ("completed", "thread.run.created", "thread.run.completed")


# --- streaming ----------------------------------------------------------------------------------------------------


def test_nothing_is_buffered_and_closing_early_leaves_the_run() -> None:
    hold = Hold()
    with open_engine(Turn(TextPiece("a"), hold, TextPiece("b"))) as engine, LocalAssist(engine=engine) as client:
        assistant = client.beta.assistants.create(model="scripted")
        thread = client.beta.threads.create()
        stream = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
        for event in stream:  # the model still waits when the first delta is read
            if event.event == "thread.message.delta":
                break
        stream.close()
        hold.released.set()
        run = client.beta.threads.runs.poll(client.beta.threads.runs.list(thread.id).data[0].id, thread_id=thread.id)
        assert run.status == "completed"


def test_an_asynchronous_stream_closed_early_leaves_the_run() -> None:
    hold = Hold()

    async def leave_early(engine: Engine) -> str:
        async with AsyncLocalAssist(engine=engine) as client:
            assistant = await client.beta.assistants.create(model="scripted")
            thread = await client.beta.threads.create()
            stream = await client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
            async for event in stream:
                if event.event == "thread.message.delta":
                    break
            await stream.close()
            hold.released.set()
            runs = await client.beta.threads.runs.list(thread.id)
            return (await client.beta.threads.runs.poll(runs.data[0].id, thread_id=thread.id)).status

    with open_engine(Turn(TextPiece("a"), hold, TextPiece("b"))) as engine:
        assert asyncio.run(leave_early(engine)) == "completed"


def test_large_files_go_in_and_out() -> None:
    data = bytes(range(256)) * 40_000
    with open_engine() as engine, LocalAssist(engine=engine) as client:
        made = client.files.create(file=("größe.bin", BytesIO(data)), purpose="vision")
        assert (made.filename, made.bytes) == ("größe.bin", len(data))
        assert client.files.content(made.id).read() == data
        with client.files.with_streaming_response.content(made.id) as response:
            assert next(response.iter_bytes(1000)) == data[:1000]


def test_an_asynchronous_file_goes_in_and_out() -> None:
    data = bytes(range(256)) * 40_000

    async def there_and_back(engine: Engine) -> bytes:
        async with AsyncLocalAssist(engine=engine) as client:
            made = await client.files.create(file=data, purpose="vision")
            async with client.files.with_streaming_response.content(made.id) as response:
                async for _ in response.iter_bytes(1000):
                    break
            return (await client.files.content(made.id)).content

    with open_engine() as engine:
        assert asyncio.run(there_and_back(engine)) == data


def test_a_timeout_of_the_caller_is_kept() -> None:
    hold = Hold()
    with open_engine(Turn(hold)) as engine, LocalAssist(engine=engine, max_retries=0) as client:
        patient = client.with_options(timeout=0.05)
        with pytest.raises(openai.APITimeoutError):
            patient.chat.completions.create(model="scripted", messages=[{"role": "user", "content": "x"}])
        hold.released.set()


def test_an_asynchronous_timeout_is_kept() -> None:
    hold = Hold()

    async def ask(engine: Engine) -> None:
        async with AsyncLocalAssist(engine=engine, max_retries=0, timeout=0.05) as client:
            with pytest.raises(openai.APITimeoutError):
                await client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": "x"}])
            hold.released.set()

    with open_engine(Turn(hold)) as engine:
        asyncio.run(ask(engine))


# --- nothing leaves the process -----------------------------------------------------------------------------------

ENVIRONMENT = {
    "OPENAI_API_KEY": "sk-secret",
    "OPENAI_ADMIN_KEY": "sk-admin",
    "OPENAI_BASE_URL": "https://evil.example/v1",
    "OPENAI_ORG_ID": "org-secret",
    "OPENAI_PROJECT_ID": "proj-secret",
    "OPENAI_WEBHOOK_SECRET": "whsec-secret",
    "OPENAI_CUSTOM_HEADERS": "X-Evil: secret\nAuthorization: Bearer secret",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
}


def test_no_variable_of_the_environment_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with open_engine() as engine, LocalAssist(engine=engine) as client:
        for seen in (client, client.with_options(timeout=5)):
            assert (seen.organization, seen.project, seen.webhook_secret) == (None, None, None)
            assert str(seen.base_url) == "http://localassist.invalid/v1/"
            request = seen._build_request(openai._models.FinalRequestOptions(method="get", url="/models"))
            assert "secret" not in str(request.headers.raw)
            assert seen.models.list().data[0].id == "scripted"


def test_options_of_the_caller_are_kept() -> None:
    headers = {"X-Mine": "1"}
    with open_engine() as engine, LocalAssist(engine=engine, organization="mine", default_headers=headers) as client:
        assert client.organization == "mine"
        assert client.default_headers["X-Mine"] == "1"
        assert client.with_options(timeout=3).default_headers["X-Mine"] == "1"
        assert client.with_options(timeout=3).timeout == 3


def test_an_unknown_route_is_our_own_404() -> None:
    with open_engine() as engine, LocalAssist(engine=engine) as client:
        with pytest.raises(openai.NotFoundError) as caught:
            client.fine_tuning.jobs.list()
        assert caught.value.body == {
            "message": "Invalid URL (GET /v1/fine_tuning/jobs)",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }


@pytest.mark.parametrize("option", [{"base_url": "https://api.openai.com/v1"}, {"http_client": object()}])
def test_there_is_no_other_place_to_send_to(option: dict[str, Any]) -> None:
    with open_engine() as engine, pytest.raises(InvalidRequest, match="answers in this process"):
        LocalAssist(engine=engine, **option)


# --- engines ------------------------------------------------------------------------------------------------------


def test_a_client_without_an_engine_opens_and_closes_its_own() -> None:
    before = our_threads()
    with LocalAssist(data_dir=":memory:", threads=2) as client:
        assert client.engine.config.threads == 2
        assert client.beta.threads.create().object == "thread"
    assert our_threads() == before


def test_clients_share_an_engine_that_stays_its_owners() -> None:
    with LocalAssist(config=Config(data_dir=":memory:")) as owner:
        with LocalAssist(engine=owner.engine) as guest:
            thread = guest.beta.threads.create()
        assert owner.beta.threads.retrieve(thread.id) == thread


def test_a_copy_can_be_closed_without_closing_the_engine() -> None:
    with open_engine() as engine, LocalAssist(engine=engine) as client:
        with client.copy(max_retries=0) as copy:
            assert copy.engine is client.engine
            assert copy.models.list().data
        assert client.models.list().data


def test_a_second_engine_on_one_data_directory_is_told_how_to_share(tmp_path: Path) -> None:
    with LocalAssist(data_dir=tmp_path), pytest.raises(DataDirectoryInUse, match=r"engine=client\.engine"):
        LocalAssist(data_dir=tmp_path)


def test_an_engine_and_settings_contradict_each_other() -> None:
    with open_engine() as engine, pytest.raises(InvalidRequest, match="Give one of"):
        LocalAssist("some-model", engine=engine)


def test_a_setting_that_cannot_be_is_named() -> None:
    with pytest.raises(InvalidRequest, match="'threads'"):
        LocalAssist(data_dir=":memory:", threads=0)


def test_an_asynchronous_client_closes_its_engine() -> None:
    async def use() -> None:
        async with AsyncLocalAssist(data_dir=":memory:") as client:
            await client.beta.threads.create()

    asyncio.run(use())


def test_a_closed_client_says_so() -> None:
    client = LocalAssist(data_dir=":memory:")
    client.close()
    client.close()
    assert client.is_closed()
    with pytest.raises((RuntimeError, openai.APIConnectionError)):
        client.models.list()


# --- warnings -----------------------------------------------------------------------------------------------------


def test_only_the_sdks_own_deprecations_are_silenced() -> None:
    with open_engine() as engine, LocalAssist(engine=engine):
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
        with pytest.raises(DeprecationWarning):
            warnings.warn("deprecated: use something else", DeprecationWarning, stacklevel=1)
        with pytest.raises(DeprecationWarning):
            warnings.warn("The Assistants API is deprecated in favor of tea", DeprecationWarning, stacklevel=1)


def test_a_stream_that_is_never_closed_keeps_no_loop_alive() -> None:
    async def abandon(engine: Engine) -> None:
        client = AsyncLocalAssist(engine=engine)
        assistant = await client.beta.assistants.create(model="scripted")
        thread = await client.beta.threads.create()
        stream = await client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
        async for _ in stream:
            break
        await client.close()

    with open_engine(Turn(*(TextPiece("word " * 100) for _ in range(3000)))) as engine:
        asyncio.run(abandon(engine))
