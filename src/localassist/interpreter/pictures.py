"""Pictures that a kernel shows: decoded, measured and bounded without a picture library."""

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from localassist.protocols import CellImage

MAX_PIXELS = 40_000_000
MAX_SIDE_PIXELS = 16_384
MAX_IMAGE_BYTES = 4 << 20

_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class PictureRefused(ValueError):
    """A picture is not one, or is too large; the message says which."""


def read_picture(data: Mapping[str, Any]) -> CellImage | None:
    """The picture in a MIME bundle, None when there is none. Raises PictureRefused."""
    media_types: tuple[Literal["image/png", "image/jpeg"], ...] = ("image/png", "image/jpeg")
    for media_type in media_types:
        encoded = data.get(media_type)
        if isinstance(encoded, str):
            content = _decode(encoded)
            width, height = _size(content, media_type)
            if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS) or width * height > MAX_PIXELS:
                raise PictureRefused(
                    f"{width} x {height} pixels are more than the {MAX_PIXELS // 10**6} million allowed"
                )
            return CellImage(content, media_type)
    return None


def _decode(encoded: str) -> bytes:
    if len(encoded) > MAX_IMAGE_BYTES * 4 // 3 + 1024:
        raise PictureRefused(f"it has more than the {MAX_IMAGE_BYTES >> 20} MiB allowed")
    try:
        return base64.b64decode(encoded)
    except (binascii.Error, ValueError) as exc:
        raise PictureRefused("its data is not base64") from exc


def _size(content: bytes, media_type: str) -> tuple[int, int]:
    """Width and height in pixels."""
    if media_type == "image/png" and content.startswith(_PNG_START) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if media_type == "image/jpeg" and content.startswith(b"\xff\xd8"):
        for marker, segment in _jpeg_segments(content):
            if marker in _JPEG_SIZES and len(segment) >= 5:
                height, width = struct.unpack(">HH", segment[1:5])
                return width, height
    raise PictureRefused(f"its data is not {media_type}")


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and what belongs to them, up to the compressed data."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        yield marker, content[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)
