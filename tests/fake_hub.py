"""A hub on this machine: enough of the protocol for downloads, and everything that can go wrong with them."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class HubFile:
    """One file. `breaks` are places at which the connection is cut, once each; `refuses` is an error to answer with."""

    content: bytes
    sha256: str | None = None  # as published; None: the right one
    size: int | None = None  # as announced; None: the right one
    breaks: list[int] = field(default_factory=list)
    refuses: tuple[int, str] | None = None
    has_hash: bool = True

    @property
    def etag(self) -> str:
        if not self.has_hash:
            return hashlib.sha1(self.content).hexdigest()
        return self.sha256 or hashlib.sha256(self.content).hexdigest()


class FakeHub:
    """Files by `owner/name:file`; `requests` keeps the ranges that were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, HubFile] = {}
        self.ranges: list[str | None] = []
        self.tokens: set[str | None] = set()
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["FakeHub"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(hub) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                pass

            def do_HEAD(self) -> None:
                self.answer(has_body=False)

            def do_GET(self) -> None:
                self.answer(has_body=True)

            def answer(self, *, has_body: bool) -> None:
                parts = self.path.strip("/").split("/")
                if parts[0] == "cdn":
                    self.send_file(hub.files["/".join(parts[1:3]) + ":" + "/".join(parts[3:])], has_body)
                    return
                hub.tokens.add(self.headers.get("Authorization"))
                name = "/".join(parts[:2]) + ":" + "/".join(parts[4:])
                file = hub.files.get(name)
                if file is None:
                    known = any(other.startswith("/".join(parts[:2]) + ":") for other in hub.files)
                    self.refuse(404, "EntryNotFound" if known else "RepoNotFound")
                elif file.refuses is not None:
                    self.refuse(*file.refuses)
                else:
                    self.redirect(file, name)

            def refuse(self, status: int, code: str) -> None:
                self.send_response(status)
                self.send_header("X-Error-Code", code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def redirect(self, file: HubFile, name: str) -> None:
                self.send_response(302)
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("X-Linked-Etag", f'"{file.etag}"')
                self.send_header("X-Linked-Size", str(len(file.content) if file.size is None else file.size))
                self.send_header(
                    "Location", f"http://localhost:{hub.url.rpartition(':')[2]}/cdn/{name.replace(':', '/')}"
                )
                self.send_header("Content-Length", "0")
                self.end_headers()

            def send_file(self, file: HubFile, has_body: bool) -> None:
                asked = self.headers.get("Range")
                start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
                if has_body:
                    hub.ranges.append(asked)
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(file.content) - start))
                if asked:
                    end = len(file.content)
                    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
                self.end_headers()
                if not has_body:
                    return
                end = next((place for place in file.breaks if place >= start), None)
                if end is not None:
                    file.breaks.remove(end)
                    self.close_connection = True
                self.wfile.write(file.content[start:end])

        return Handler
