"""multipart/form-data with one file, read as it comes: the file goes to a temporary spool, never whole into memory."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.message import Message
from email.utils import collapse_rfc2231_value
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from localassist.errors import InvalidRequest

MAX_FIELD_BYTES = 64 * 1024
MAX_PARTS = 100
# A file is spooled up to one byte past the largest that can be stored; whoever stores it refuses it.
MAX_FILE_BYTES = 512 * 1024 * 1024
# Up to here a file stays in memory; and this much of a body is parsed at a time, off the event loop.
SPOOL_BYTES = 1024 * 1024
UNNAMED = "upload"


class Form:
    """The parts of one body: the fields as text, and the file."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.filename = UNNAMED
        self._file: SpooledTemporaryFile[bytes] | None = None

    @property
    def file(self) -> BinaryIO | None:
        """The file, at its start; None when the body has none."""
        if self._file is None:
            return None
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    def begin_file(self, filename: str | None) -> "SpooledTemporaryFile[bytes]":
        self.close()
        self.filename = filename or UNNAMED
        self._file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  (closed by `close`)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@asynccontextmanager
async def read_form(request: Request, *, file_field: str) -> AsyncIterator[Form]:
    """Parse the body; the file's spool lives as long as the context. Raises InvalidRequest for a malformed body."""
    reader = _FormReader(_boundary(request.headers.get("content-type", "")), file_field)
    try:
        async for block in _blocks(request.stream()):
            if len(block) < SPOOL_BYTES:
                reader.feed(block)
            else:
                await run_in_threadpool(reader.feed, block)
        reader.finish()
        yield reader.form
    finally:
        reader.form.close()


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces."""
    pending, size = [], 0
    async for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size >= SPOOL_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type.encode("latin-1"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InvalidRequest("Could not parse multipart form: expected a body of type multipart/form-data.")
    return options[b"boundary"]


class _FormReader:
    """Callbacks of the parser, which knows the framing; this knows what the parts mean."""

    def __init__(self, boundary: bytes, file_field: str) -> None:
        self.form = Form()
        self._file_field = file_field
        self._ended = False
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._name = ""
        self._field: bytearray | None = None
        self._spool: SpooledTemporaryFile[bytes] | None = None
        self._size = 0
        self._num_parts = 0
        with _as_request_fault():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_header_name,
                    "on_header_value": self._add_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_data,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )

    def feed(self, data: bytes) -> None:
        with _as_request_fault():
            self._parser.write(data)

    def finish(self) -> None:
        if not self._ended:
            raise InvalidRequest("Could not parse multipart form: the body ends before its last boundary.")

    def _begin_part(self) -> None:
        self._header_name = self._header_value = self._disposition = b""
        self._field = self._spool = None
        self._size = 0
        self._num_parts += 1
        if self._num_parts > MAX_PARTS:
            raise InvalidRequest(f"Could not parse multipart form: more than {MAX_PARTS} parts.")

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = _decoded(options.get(b"name", b""))
        if self._name == self._file_field:
            self._spool = self.form.begin_file(_file_name(self._disposition, options.get(b"filename")))
        else:
            self._field = bytearray()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._spool is not None:
            room = MAX_FILE_BYTES + 1 - self._size
            written = data[start : min(end, start + room)]
            self._spool.write(written)
            self._size += len(written)
        elif self._field is not None:
            self._field += data[start:end]
            if len(self._field) > MAX_FIELD_BYTES:
                raise InvalidRequest(
                    f"Invalid '{self._name}': string too long. "
                    f"Expected a string with maximum length {MAX_FIELD_BYTES}.",
                    param=self._name,
                    code="string_above_max_length",
                )

    def _end_part(self) -> None:
        if self._field is not None:
            self.form.fields[self._name] = _decoded(bytes(self._field))

    def _end(self) -> None:
        self._ended = True


@contextmanager
def _as_request_fault() -> Iterator[None]:
    try:
        yield
    except FormParserError as exc:
        raise InvalidRequest(f"Could not parse multipart form: {exc}") from exc


def _file_name(disposition: bytes, plain: bytes | None) -> str | None:
    """The name as the client has it: RFC 5987/2231 `filename*`, else raw UTF-8 with the escapes browsers use."""
    if b"filename*" in disposition:
        header = Message()
        header["content-disposition"] = re.sub(rb"^[^;]*", b"attachment", disposition).decode("latin-1")
        for name, value in header.get_params([], "content-disposition"):
            if name.lower() == "filename" and isinstance(value, tuple):
                return collapse_rfc2231_value(value)
    if plain is None:
        return None
    return _decoded(plain.replace(b"%22", b'"'))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
