"""Stands between the SDK's generated tests and a server, and notes which tests reached it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import httpx

from tests.conformance.generated.objects import Objects
from tests.conformance.generated.swap import Swap

HOP = {"connection", "content-length", "host", "transfer-encoding", "accept-encoding"}
NOW_PATH = "/now-testing/"


class Proxy:
    """`reached` are the tests that made a request, by node id, `mended` those of them whose requests had to be changed
    beyond ids; `refused` holds the last refusal of each."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.objects = Objects(url)
        self.swap = Swap(self.objects)
        self.http = httpx.Client(trust_env=False, timeout=100)
        self.lock = threading.Lock()
        self.testing = ""
        self.reached: set[str] = set()
        self.mended: set[str] = set()
        self.refused: dict[str, str] = {}

    def close(self) -> None:
        self.http.close()
        self.objects.close()

    def target(self, method: str, path: str, body: bytes, content_type: str) -> tuple[str, bytes]:
        """Where a request goes, and with what."""
        asked = urlsplit(path)
        segments = [unquote(segment) for segment in asked.path.split("/") if segment]
        with self.lock:
            self.reached.add(self.testing)
            before = self.swap.mended.total()
            swapped = self.swap.path(method, segments)
            pairs = [(name, self.swap.query(name, value, swapped)) for name, value in parse_qsl(asked.query)]
            if body and content_type.startswith("application/json"):
                body = json.dumps(self.swap.whole_body(json.loads(body), swapped)).encode()
            if self.swap.mended.total() > before:
                self.mended.add(self.testing)
        return f"{self.url}/{'/'.join(swapped.path)}" + (f"?{urlencode(pairs)}" if pairs else ""), body


def handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path.startswith(NOW_PATH):
                proxy.testing = unquote(self.path.removeprefix(NOW_PATH))
                self.begin(200, {"content-length": "0"})
                return
            url, body = proxy.target(self.command, self.path, body, self.headers.get("content-type", ""))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            with proxy.http.stream(self.command, url, headers=headers, content=body) as response:
                kept = {name: value for name, value in response.headers.items() if name not in HOP}
                if response.headers["content-type"].startswith("text/event-stream"):
                    self.begin(response.status_code, {**kept, "connection": "close"})
                    for piece in response.iter_raw():
                        self.wfile.write(piece)
                    return
                data = response.read()
            if response.status_code >= 400:
                proxy.refused[proxy.testing] = f"{self.command} {url} {body[:500]!r} {data[:500]!r}"
            self.begin(response.status_code, {**kept, "content-length": str(len(data))})
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer

        def begin(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing: pytest shows what matters."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Tests that stream hang up early, which is no error; anything else fails the test that asked."""


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the API at `url`, and its own URL."""
    proxy = Proxy(url)
    server = Server(("127.0.0.1", 0), handler_of(proxy))
    thread = threading.Thread(target=server.serve_forever, name="generated-proxy")
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        proxy.close()
