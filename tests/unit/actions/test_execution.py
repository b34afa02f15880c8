"""Performing operations over HTTP, against a server on loopback: the request made, the output told, the limits kept."""

import json
import shutil
import socket
import ssl
import subprocess
from types import SimpleNamespace

import pytest

from localassist.actions import from_openapi
from localassist.actions.hosts import HostRefused, is_public
from localassist.actions.transport import _redirected
from tests.unit.actions.api_server import Reply, api_server, document
from tests.unit.actions.test_functions import MATH, json_body, query

RESULTS = {"2*(7-3)": "8", "sqrt(2)": "1.414"}


def call(name, **arguments):
    return SimpleNamespace(id="call_1", function=SimpleNamespace(name=name, arguments=json.dumps(arguments)))


def actions_on(server, paths, *, more=None, **options):
    return from_openapi(document(server.url, paths, **(more or {})), allowed_hosts=[server.host], **options)


def math_on(server):
    return from_openapi({**MATH, "servers": [{"url": server.url}]}, allowed_hosts=[server.host])


def redirecting(to):
    def answer(seen):
        return Reply(302, b"", {"Location": to()}) if seen.path == "/go" else Reply(body=b"arrived")

    return answer


GO = {"/go": {"get": {"operationId": "go"}}}


def test_the_mathjs_call_goes_out_as_the_document_says():
    with api_server(lambda seen: Reply(body=RESULTS[dict(seen.query)["expr"]].encode())) as server:
        actions = math_on(server)
        assert actions.execute(call("math", expr="2*(7-3)", precision=None)) == "8"
        assert actions.execute(call("math", expr="sqrt(2)", precision=4)) == "1.414"
        assert [(seen.method, seen.path, seen.query) for seen in server.seen] == [
            ("POST", "/v4/", [("expr", "2*(7-3)")]),
            ("POST", "/v4/", [("expr", "sqrt(2)"), ("precision", "4")]),
        ]


def test_every_place_of_a_parameter():
    members = {"id": {"type": "integer"}, "on": {"type": "boolean"}}
    item = {"put": {"operationId": "f", "parameters": [
        {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}},
        query("tags", {"type": "array", "items": {"type": "string"}}),
        query("csv", {"type": "array"}, explode=False),
        query("deep", {"type": "object"}, style="deepObject"),
        query("doc", None, content={"application/json": {"schema": {"type": "object"}}}),
        {"in": "header", "name": "X-Trace", "schema": {"type": "integer"}},
        {"in": "cookie", "name": "session", "schema": {"type": "string"}},
        ], "requestBody": json_body({"type": "object", "properties": members})}}  # fmt: skip
    with api_server() as server:
        output = actions_on(server, {"/a/{id}/b": item}).execute(
            call("f", path_id="x/../y z", tags=["a", "b&c"], csv=[1, 2], deep={"k": True}, doc={"n": 1},
                 **{"X-Trace": 7, "session": "s t"}, body_id=3, on=False)
        )  # fmt: skip
        (seen,) = server.seen
    assert output == "ok"
    assert seen.path == "/a/x%2F..%2Fy%20z/b"
    assert seen.query == [("tags", "a"), ("tags", "b&c"), ("csv", "1,2"), ("deep[k]", "true"), ("doc", '{"n": 1}')]
    assert (seen.headers["x-trace"], seen.headers["cookie"]) == ("7", "session=s%20t")
    assert (seen.headers["content-type"], json.loads(seen.body)) == ("application/json", {"id": 3, "on": False})


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/x-www-form-urlencoded", b"a=x+y&b=1&b=2"),
        ("application/merge-patch+json", b'{"a": "x y", "b": [1, 2]}'),
    ],
)
def test_body_media_types(media_type, expected):
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "array"}}}
    item = {"post": {"operationId": "f", "requestBody": {"content": {media_type: {"schema": schema}}}}}
    with api_server() as server:
        actions_on(server, {"/": item}).execute(call("f", a="x y", b=[1, 2]))
        assert (server.seen[0].headers["content-type"], server.seen[0].body) == (media_type, expected)


@pytest.mark.parametrize("value", [".", "..", ""])
def test_a_path_argument_cannot_climb(value):
    with api_server() as server:
        output = actions_on(server, {"/a/{id}": {"get": {"operationId": "f"}}}).execute(call("f", id=value))
        assert output.startswith("Error: invalid arguments for 'f': the argument 'id' cannot be ")
        assert server.seen == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("{", "they are not valid JSON"),
        ("[]", "they are not a JSON object"),
        ("{}", "the argument 'expr' is required"),
        ('{"expr": "1", "x": 2}', "there is no argument 'x'"),
    ],
)
def test_bad_arguments_are_told_to_the_model(arguments, reason):
    assert from_openapi(MATH).perform("math", arguments) == f"Error: invalid arguments for 'math': {reason}."


def test_a_header_argument_cannot_bring_another_header():
    item = {"get": {"operationId": "f", "parameters": [{"in": "header", "name": "X-A", "schema": {"type": "string"}}]}}
    with api_server() as server:
        output = actions_on(server, {"/": item}).execute(call("f", **{"X-A": "1\r\nX-B: 2"}))
        assert output == (
            "Error: invalid arguments for 'f': the argument 'X-A' has characters that a header cannot have."
        )


def test_names_that_are_not_operations():
    actions = from_openapi(MATH)
    assert "math" in actions
    assert "other" not in actions
    assert actions.execute(call("other")) == "Error: there is no function named 'other'."


# --- answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "output"),
    [
        (Reply(404, b"no such thing"), "HTTP 404: no such thing"),
        (Reply(500, b""), "HTTP 500"),
        (Reply(204, b""), ""),
        (Reply(body=b"x" * 50), "x" * 20 + "\n[cut after 20 bytes]"),
        (Reply(body=b"\x89PNG", headers={"Content-Type": "image/png"}), "[4 bytes of image/png]"),
        (Reply(body="é".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}), "é"),
        (
            Reply(headers={"Content-Encoding": "gzip"}),
            "Error: the answer is encoded as 'gzip', which was not asked for.",
        ),
    ],
)
def test_answers_become_text(reply, output):
    with api_server(lambda _: reply) as server:
        assert actions_on(server, GO, max_response_bytes=20).execute(call("go")) == output


def test_a_server_that_does_not_answer_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        actions = from_openapi(document(f"http://{host}", GO), allowed_hosts=[host], timeout_s=0.2)
        assert actions.execute(call("go")) == "Error: no answer within 0.2 s."
    assert actions.execute(call("go")).startswith("Error: the request failed: ")


# --- credentials --------------------------------------------------------------------------------------------------


def test_credentials_go_where_their_security_schemes_say():
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "param": {"type": "apiKey", "in": "query", "name": "api_key"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "token": {"type": "http", "scheme": "bearer"},
        "password": {"type": "http", "scheme": "basic"},
    }
    paths = {f"/{name}": {"get": {"operationId": name, "security": [{"missing": []}, {name: []}]}} for name in schemes}
    paths["/open"] = {"get": {"operationId": "open", "security": []}}
    with api_server() as server:
        actions = actions_on(
            server,
            paths,
            more={"components": {"securitySchemes": schemes}},
            credentials=dict.fromkeys(schemes, "u:p"),
            headers={"X-App": "demo"},
        )
        seen = {}
        for name in [*schemes, "open"]:
            assert actions.execute(call(name)) == "ok"
            seen[name] = server.seen[-1]
    assert seen["key"].headers["x-key"] == "u:p"
    assert seen["param"].query == [("api_key", "u:p")]
    assert seen["cookie"].headers["cookie"] == "sid=u:p"
    assert seen["token"].headers["authorization"] == "Bearer u:p"
    assert seen["password"].headers["authorization"] == "Basic dTpw"
    assert "authorization" not in seen["open"].headers
    assert all(request.headers["x-app"] == "demo" for request in seen.values())


def test_credentials_do_not_follow_a_redirect_to_another_host():
    with api_server() as other, api_server(redirecting(lambda: f"{other.url}/there")) as server:
        doc = document(server.url, GO)
        actions = from_openapi(doc, allowed_hosts=[server.host, other.host], headers={"Authorization": "Bearer s"})
        assert actions.execute(call("go")) == "ok"
        assert server.seen[0].headers["authorization"] == "Bearer s"
        assert "authorization" not in other.seen[0].headers


# --- where calls may go -------------------------------------------------------------------------------------------


def test_loopback_has_to_be_listed_even_when_the_document_names_it():
    with api_server() as server:
        actions = from_openapi(document(server.url, GO))
        assert actions.execute(call("go")) == (
            "Error: '127.0.0.1' has the private address 127.0.0.1, and the host is not listed."
        )
        assert server.seen == []


def test_a_name_that_resolves_to_loopback_is_caught(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    actions = from_openapi(document("http://api.example.com", GO))
    assert "has the private address 127.0.0.1" in actions.execute(call("go"))


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """A name that resolves to something else at a second look (rebinding) changes nothing: there is none."""
    with api_server() as server:
        port = int(server.host.split(":")[1])
        looks = []

        def resolve(host, port, *_, **__):
            looks.append(host)
            address = "127.0.0.1" if len(looks) == 1 else "127.0.0.2"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr("localassist.actions.hosts.socket.getaddrinfo", resolve)
        connected = []
        monkeypatch.setattr(socket, "create_connection", _recording(connected))
        actions = from_openapi(document(f"http://api.example.com:{port}", GO), allowed_hosts=["api.example.com"])
        assert actions.execute(call("go")) == "ok"
        assert (looks[0], connected) == ("api.example.com", [("127.0.0.1", port)])
        assert server.seen[0].headers["host"] == f"api.example.com:{port}"


def _recording(connected):
    def connect(address, timeout):
        connected.append(address)
        sock = socket.socket()
        sock.settimeout(timeout)
        sock.connect(address)
        return sock

    return connect


def test_a_redirect_within_the_host_is_followed_and_one_elsewhere_is_not():
    with api_server() as other, api_server(redirecting(lambda: "/there")) as server:
        assert actions_on(server, GO).execute(call("go")) == "arrived"
    with api_server() as other, api_server(redirecting(lambda: f"{other.url}/there")) as server:
        host = other.host
        assert actions_on(server, GO).execute(call("go")) == (
            f"Error: the host '{host}' is not one of the document's servers."
        )
        assert other.seen == []


@pytest.mark.parametrize("to", ["file:///etc/passwd", "http://user@127.0.0.1/", "ftp://127.0.0.1/"])
def test_a_redirect_to_something_odd_is_refused(to):
    with api_server(redirecting(lambda: to)) as server:
        assert actions_on(server, GO).execute(call("go")).endswith("is not a plain http(s) URL.")


def test_redirects_end():
    with api_server(lambda _: Reply(302, b"", {"Location": "/go"})) as server:
        assert actions_on(server, GO).execute(call("go")) == "Error: there were more than 5 redirects."
        assert len(server.seen) == 6


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with api_server() as server:
        assert actions_on(server, GO).execute(call("go")) == "ok"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program makes the certificate")
def test_certificates_are_verified(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=test -days 2"
    command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with api_server(tls=tls) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in actions_on(server, GO).execute(call("go"))
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert actions_on(server, GO, tls=trusting).execute(call("go")) == "ok"
        other_name = document(server.url.replace("127.0.0.1", "localhost"), GO)
        output = from_openapi(other_name, allowed_hosts=["localhost"], tls=trusting).execute(call("go"))
        assert "Hostname mismatch" in output


def test_a_redirect_does_not_leave_https():
    with pytest.raises(HostRefused):
        _redirected("https://example.com/a", "http://example.com/b")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("::ffff:93.184.216.34", True), ("10.0.0.1", False),
     ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
     ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
     ("2002:7f00:1::", False)],
)  # fmt: skip
def test_public_addresses(address, expected):
    import ipaddress

    assert is_public(ipaddress.ip_address(address)) is expected
