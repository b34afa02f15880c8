"""Sends a request to a checked address: no proxy, redirects checked again, time and size limited."""

import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from localassist.actions.hosts import HostRefused, HostRules, Target, origin_of
from localassist.actions.requests import HttpRequest

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class CallFailed(Exception):
    """There is no answer; the message is for the model."""


class HttpResponse(NamedTuple):
    """An answer; `is_cut` when there was more of it than the limit."""

    status: int
    content_type: str
    content: bytes
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request; each redirect has its own time."""

    timeout_s: float
    max_response_bytes: int


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request of a chain of redirects."""

    target: Target
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


class _Answer(NamedTuple):
    response: HttpResponse
    location: str | None  # where it redirects to


def send(request: HttpRequest, rules: HostRules, limits: Limits, *, tls: ssl.SSLContext | None = None) -> HttpResponse:
    """Raises HostRefused or CallFailed."""
    url = _with_query(request.url, request.query + request.secret_query)
    method, body = request.method, request.body
    secret = {name.lower() for name in request.secret_headers}
    open_headers = {name: text for name, text in request.headers.items() if name.lower() not in secret}
    headers = {**open_headers, **request.secret_headers}
    first = origin_of(url)
    for _ in range(MAX_REDIRECTS + 1):
        target = rules.check(url)
        if target.origin != first:  # credentials stay with the host they were given for
            headers = {name: text for name, text in headers.items() if name.lower() not in secret}
        answer = _exchange(_Hop(target, method, url, headers, body), limits, tls)
        if answer.location is None:
            return answer.response
        url = _redirected(url, answer.location)
        status = answer.response.status
        if status == 303 or (status in (301, 302) and method == "POST"):
            method, body = ("HEAD" if method == "HEAD" else "GET"), None
            headers = {name: text for name, text in headers.items() if name.lower() != "content-type"}
    raise CallFailed(f"there were more than {MAX_REDIRECTS} redirects")


def _with_query(url: str, pairs: list[tuple[str, str]]) -> str:
    parts = urlsplit(url)
    query = "&".join(text for text in (parts.query, urlencode(pairs)) if text)
    return urlunsplit(parts._replace(query=query, fragment=""))


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise HostRefused(f"a redirect leaves https for '{urlsplit(target).scheme}'")
    return urlunsplit(urlsplit(target)._replace(fragment=""))


def _exchange(hop: _Hop, limits: Limits, tls: ssl.SSLContext | None) -> _Answer:
    connection = _PinnedConnection(hop.target, limits.timeout_s, tls)
    parts = urlsplit(hop.url)
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    headers = {**hop.headers, "Accept-Encoding": "identity", "Connection": "close"}
    watch = threading.Timer(limits.timeout_s, connection.abort)  # a server that drips does not hold the call
    watch.daemon = True
    watch.start()
    try:
        connection.request(hop.method, path, hop.body, headers)
        response = connection.getresponse()
        content = response.read(limits.max_response_bytes + 1)
    except (OSError, http.client.HTTPException, ValueError) as exc:
        if connection.was_aborted or isinstance(exc, TimeoutError):
            raise CallFailed(f"no answer within {limits.timeout_s:g} s") from exc
        raise CallFailed(f"the request failed: {exc or type(exc).__name__}") from exc
    finally:
        watch.cancel()
        connection.close()
    if connection.was_aborted:
        raise CallFailed(f"no answer within {limits.timeout_s:g} s")
    return _read(response, content, limits)


def _read(response: http.client.HTTPResponse, content: bytes, limits: Limits) -> _Answer:
    encoding = response.getheader("Content-Encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        raise CallFailed(f"the answer is encoded as '{encoding}', which was not asked for")
    answer = HttpResponse(
        response.status,
        response.getheader("Content-Type", ""),
        content[: limits.max_response_bytes],
        len(content) > limits.max_response_bytes,
    )
    return _Answer(answer, response.getheader("Location") if response.status in _REDIRECTS else None)


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name resolves to by now."""

    def __init__(self, target: Target, timeout_s: float, tls: ssl.SSLContext | None) -> None:
        origin = target.origin
        self.default_port = 443 if origin.scheme == "https" else 80  # left out of the Host header
        super().__init__(origin.host, origin.port, timeout=timeout_s)
        self._target = target
        self._tls = tls
        self.was_aborted = False

    def connect(self) -> None:
        origin = self._target.origin
        raw = self._reach(origin.port)
        self.sock = raw
        if origin.scheme == "https":
            context = self._tls or ssl.create_default_context()
            self.sock = context.wrap_socket(raw, server_hostname=origin.host)

    def _reach(self, port: int) -> socket.socket:
        *others, last = self._target.addresses
        for address in others:
            try:
                return socket.create_connection((address, port), self.timeout)
            except OSError:
                continue  # the host has another address
        return socket.create_connection((last, port), self.timeout)

    def abort(self) -> None:
        """From the watching thread: whatever the connection waits for ends now."""
        self.was_aborted = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()
