"""Pictures are measured before they are believed."""

import base64
import struct

import pytest

from localassist.interpreter.pictures import MAX_IMAGE_BYTES, PictureRefused, read_picture


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"rest"


def jpeg(width: int, height: int) -> bytes:
    application = b"\xff\xe0\x00\x04JF"
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x00\x00\x00"
    return b"\xff\xd8" + application + frame


def bundle(media_type: str, content: bytes) -> dict[str, object]:
    return {media_type: base64.b64encode(content).decode()}


def test_png_and_jpeg_are_pictures() -> None:
    assert read_picture(bundle("image/png", png(640, 480))).content == png(640, 480)
    assert read_picture(bundle("image/jpeg", jpeg(640, 480))).media_type == "image/jpeg"


@pytest.mark.parametrize("data", [{}, {"text/plain": "x"}, {"image/svg+xml": "<svg/>"}, {"image/png": 5}])
def test_other_data_is_no_picture(data: dict[str, object]) -> None:
    assert read_picture(data) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bundle("image/png", png(10_000, 10_000)), "10000 x 10000 pixels"),
        (bundle("image/png", png(20_000, 1)), "20000 x 1 pixels"),
        (bundle("image/png", png(0, 1)), "0 x 1 pixels"),
        (bundle("image/jpeg", jpeg(10_000, 10_000)), "10000 x 10000 pixels"),
        (bundle("image/jpeg", png(1, 1)), "not image/jpeg"),
        (bundle("image/png", b""), "not image/png"),
        (bundle("image/jpeg", b"\xff\xd8" + b"\xff\xe0\x00\x00" * 100), "not image/jpeg"),
        ({"image/png": "no base64 at all!"}, "base64"),
        ({"image/png": "A" * (2 * MAX_IMAGE_BYTES)}, "MiB"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(data: dict[str, object], why: str) -> None:
    with pytest.raises(PictureRefused, match=why):
        read_picture(data)
