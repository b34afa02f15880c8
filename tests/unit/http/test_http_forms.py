"""Files and upload parts: multipart bodies as clients send them."""

import hashlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from localassist.http.routes.files import content_disposition
from tests.unit.http.calling import Api, Reply

BOUNDARY = "b0undary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
PURPOSE = 'name="purpose"', b"vision"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b""
    for disposition, value in parts:
        body += f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + value + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def upload(api: Api, *parts: tuple[str, bytes]) -> Reply:
    return api.call("POST", "/v1/files", content=form(*parts), headers=FORM)


@pytest.mark.parametrize("purpose_first", [True, False])
def test_purpose_may_come_before_or_after_the_file(api: Api, purpose_first: bool) -> None:
    parts = [PURPOSE, ('name="file"; filename="a.txt"', b"hello")]
    reply = upload(api, *(parts if purpose_first else reversed(parts)))
    assert reply.status == 200
    assert reply.json | {"id": "", "created_at": 0} == {
        "object": "file",
        "id": "",
        "purpose": "vision",
        "filename": "a.txt",
        "bytes": 5,
        "created_at": 0,
        "status": "processed",
    }


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="회의록 (최종).pdf"', "회의록 (최종).pdf"),
        (f"filename*=UTF-8''{quote('résumé final.pdf')}", "résumé final.pdf"),
        (f"filename=\"plain.pdf\"; filename*=utf-8''{quote('naïve.pdf')}", "naïve.pdf"),
        ("filename*0*=UTF-8''long%20; filename*1=name.txt", "long name.txt"),
        ('filename="say %22hi%22.txt"', 'say "hi".txt'),
        (r'filename="say \"hi\".txt"', 'say "hi".txt'),
        ('filename="a;b=c.txt"', "a;b=c.txt"),
        ("filename=bare.txt", "bare.txt"),
        ('filename=""', "upload"),
    ],
)
def test_file_names_come_back_unchanged(api: Api, disposition: str, name: str) -> None:
    reply = upload(api, PURPOSE, (f'name="file"; {disposition}', b"x"))
    assert reply.json["filename"] == name
    assert api.call("GET", f"/v1/files/{reply.json['id']}").json["filename"] == name


def test_bytes_without_a_name_are_an_upload(api: Api) -> None:
    reply = upload(api, PURPOSE, ('name="file"', b"\x00\xff\r\n--b0und"))
    assert (reply.json["filename"], reply.json["bytes"]) == ("upload", 11)
    content = api.call("GET", f"/v1/files/{reply.json['id']}/content")
    assert content.body == b"\x00\xff\r\n--b0und"


def test_content_is_streamed_with_its_length_and_a_safe_name(api: Api) -> None:
    data = bytes(range(256)) * 10_000
    made = upload(api, PURPOSE, ('name="file"; filename="ü.bin"', data)).json
    reply = api.call("GET", f"/v1/files/{made['id']}/content")
    assert hashlib.sha256(reply.body).digest() == hashlib.sha256(data).digest()
    assert reply.headers["content-length"] == str(len(data))
    assert reply.headers["content-disposition"] == "attachment; filename=\"_.bin\"; filename*=UTF-8''%C3%BC.bin"


def test_a_name_cannot_break_out_of_its_header() -> None:
    header = content_disposition('a"\r\nset-cookie: x=1\\../b.txt')
    assert "\r" not in header
    assert "\n" not in header
    assert header.startswith('attachment; filename="a___set-cookie: x=1_.._b.txt"; ')


def test_a_chunked_body_of_any_cut_is_read(api: Api) -> None:
    whole = form(PURPOSE, ('name="file"; filename="a.txt"', b"0123456789" * 400_000))

    def pieces() -> Iterator[bytes]:
        step = 7_919
        yield from (whole[start : start + step] for start in range(0, len(whole), step))

    reply = api.call("POST", "/v1/files", content=pieces(), headers=FORM)
    assert reply.json["bytes"] == 4_000_000


@pytest.mark.parametrize(
    ("parts", "message", "param", "code"),
    [
        ([PURPOSE], "Missing required parameter: 'file'.", "file", "missing_required_parameter"),
        (
            [('name="file"; filename="a"', b"x")],
            "Missing required parameter: 'purpose'.",
            "purpose",
            "missing_required_parameter",
        ),
        (
            [('name="purpose"', b"world_domination"), ('name="file"; filename="a"', b"x")],
            "'world_domination' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] "
            "- 'purpose'",
            "purpose",
            None,
        ),
        (
            [PURPOSE, ('name="file"; filename="a"', b"x"), ('name="expires_after[anchor]"', b"created_at")],
            "Missing required parameter: 'expires_after.seconds'.",
            "expires_after.seconds",
            "missing_required_parameter",
        ),
        (
            [
                PURPOSE,
                ('name="file"; filename="a"', b"x"),
                ('name="expires_after[anchor]"', b"created_at"),
                ('name="expires_after[seconds]"', b"5"),
            ],
            "Invalid 'expires_after.seconds': integer below minimum value. "
            "Expected a value >= 3600, but got 5 instead.",
            "expires_after.seconds",
            "integer_below_min_value",
        ),
    ],
)
def test_faults(api: Api, parts: list[tuple[str, bytes]], message: str, param: str, code: str | None) -> None:
    reply = upload(api, *parts)
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (reply.status, reply.json) == (400, {"error": error, "detail": {"message": message, "code": None}})


def test_an_expiry_is_taken_from_the_form(api: Api) -> None:
    expiry = [('name="expires_after[anchor]"', b"created_at"), ('name="expires_after[seconds]"', b"3600")]
    made = upload(api, PURPOSE, ('name="file"; filename="a"', b"x"), *expiry).json
    assert made["expires_at"] == made["created_at"] + 3600


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{}", {"content-type": "application/json"}),
        (b"", {}),
        (b"x", {"content-type": "multipart/form-data"}),
        (b"no boundary here", FORM),
        (form(PURPOSE)[:-10], FORM),
        (b"", FORM),
        (form(*[PURPOSE] * 101), FORM),
    ],
)
def test_bodies_that_are_no_form(api: Api, content: bytes, headers: dict[str, str]) -> None:
    reply = api.call("POST", "/v1/files", content=content, headers=headers)
    assert reply.status == 400
    assert reply.error["message"].startswith("Could not parse multipart form")


def test_a_file_over_the_limit_is_refused_without_being_kept(
    api_of: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localassist.http.forms.MAX_FILE_BYTES", 1000)
    reply = upload(api_of(), PURPOSE, ('name="file"; filename="a"', b"x" * 5000))
    assert reply.json["bytes"] == 1001  # one byte more than the limit, which the service is there to refuse


def test_an_upload_goes_through_its_parts(api: Api) -> None:
    body = {"filename": "a.txt", "purpose": "assistants", "bytes": 6, "mime_type": "text/plain"}
    made = api.call("POST", "/v1/uploads", body, headers={}).json
    parts = [
        api.call("POST", f"/v1/uploads/{made['id']}/parts", content=form(('name="data"', data)), headers=FORM).json
        for data in (b"abc", b"def")
    ]
    digest = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
    done = api.call(
        "POST", f"/v1/uploads/{made['id']}/complete", {"part_ids": [part["id"] for part in parts], "md5": digest}
    ).json
    assert (made["status"], done["status"], done["file"]["bytes"]) == ("pending", "completed", 6)
    again = api.call("POST", f"/v1/uploads/{made['id']}/cancel")
    assert again.status == 400


def test_a_part_without_data(api: Api) -> None:
    body = {"filename": "a.txt", "purpose": "assistants", "bytes": 6, "mime_type": "text/plain"}
    made = api.call("POST", "/v1/uploads", body).json
    reply = api.call("POST", f"/v1/uploads/{made['id']}/parts", content=form(PURPOSE), headers=FORM)
    assert reply.error["message"] == "Missing required parameter: 'data'."
