"""The server: where it listens, when it is ready, how it stops."""

import http.client
import json
import signal
import socket
import sys
from urllib.parse import urlsplit

import pytest

from localassist.errors import BackendError, InvalidRequest
from localassist.http.access import Access
from localassist.http.server import SWITCH_INTERVAL_S, serve, serve_in_thread
from localassist.protocols import TextPiece
from localassist.testing import Hold, Turn, say
from tests.unit.http.calling import BETA, TIMEOUT_S, open_engine


def connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)


def post(connection: http.client.HTTPConnection, path: str, body: object) -> http.client.HTTPResponse:
    connection.request("POST", path, json.dumps(body), {**BETA, "content-type": "application/json"})
    return connection.getresponse()


def test_a_run_streams_over_http() -> None:
    with open_engine(say("good day")) as engine, serve_in_thread(engine) as url:
        connection = connect(url)
        assistant = json.load(post(connection, "/v1/assistants", {"model": "scripted"}))
        response = post(connection, "//v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
        text = response.read().decode()
        connection.close()
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert text.startswith("event: thread.created\ndata: {")
    assert text.endswith("event: done\ndata: [DONE]\n\n")


def test_deltas_are_flushed_as_they_come_and_a_hang_up_leaves_the_run() -> None:
    hold = Hold()
    with open_engine(Turn(TextPiece("first"), hold, TextPiece("second"))) as engine, serve_in_thread(engine) as url:
        connection = connect(url)
        assistant = json.load(post(connection, "/v1/assistants", {"model": "scripted"}))
        response = post(connection, "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
        lines: list[str] = []
        while not any("first" in line for line in lines):
            lines.append(response.fp.readline().decode())
        created = next(line for line in lines if line.startswith('data: {"id":"run_'))
        connection.close()
        response.close()
        hold.released.set()
        events = list(engine.bus.follow(json.loads(created.removeprefix("data: "))["id"]))
    assert events[-1].name == "thread.run.completed"


def test_stopping_ends_open_streams() -> None:
    hold = Hold()
    with open_engine(Turn(TextPiece("first"), hold)) as engine:
        with serve_in_thread(engine) as url:
            connection = connect(url)
            assistant = json.load(post(connection, "/v1/assistants", {"model": "scripted"}))
            response = post(connection, "/v1/threads/runs", {"assistant_id": assistant["id"], "stream": True})
            assert hold.reached.wait(TIMEOUT_S)
        text = response.read().decode()
        connection.close()
        hold.released.set()
    assert "event: error\n" in text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::"])
def test_without_keys_only_loopback_is_bound(host: str) -> None:
    with open_engine() as engine, pytest.raises(InvalidRequest, match="Set api_keys") as caught:
        serve(engine, host=host, port=0)
    assert caught.value.param == "host"


def test_with_keys_any_host_is_bound() -> None:
    access = Access(api_keys=("sk-1",))
    with open_engine() as engine, serve_in_thread(engine, host="0.0.0.0", access=access) as url:
        connection = connect(url)
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 401
        connection.close()


def test_a_port_that_is_taken_is_an_error_naming_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, open_engine() as engine:
        port = taken.getsockname()[1]
        with pytest.raises(BackendError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            serve(engine, port=port)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_and_leaves_the_engine_to_its_owner(stop: signal.Signals) -> None:
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        signal.raise_signal(stop)

    with open_engine() as engine:
        serve(engine, port=0, on_ready=on_ready)
        assert engine.models.page()
    assert urls[0].startswith("http://127.0.0.1:")
    assert urls[0].endswith("/v1")


def test_threads_take_turns_more_often_while_serving() -> None:
    before = sys.getswitchinterval()
    during: list[float] = []

    def on_ready(_: str) -> None:
        during.append(sys.getswitchinterval())
        signal.raise_signal(signal.SIGINT)

    with open_engine() as engine:
        serve(engine, port=0, on_ready=on_ready)
    assert during == [pytest.approx(SWITCH_INTERVAL_S)]
    assert sys.getswitchinterval() == before
