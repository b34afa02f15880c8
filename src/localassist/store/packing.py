"""Lists of offsets as bytes: little-endian int32."""

import sys
from array import array
from collections.abc import Sequence


def pack(numbers: Sequence[int]) -> bytes:
    return _swapped(array("i", numbers)).tobytes()


def unpack(packed: bytes) -> Sequence[int]:
    numbers = array("i")
    numbers.frombytes(packed)
    return _swapped(numbers)


def _swapped(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
