"""What a GGUF file says about itself: its header is read here, with bounds, because anybody may have written it.

No weights are read and no native code sees the file.
"""

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from localassist.errors import ModelLoadFailed

MAX_VALUES = 10_000
MAX_TENSORS = 100_000
MAX_KEY_BYTES = 65_535
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_ALL_TEXT_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 10_000_000
MAX_DIMENSIONS = 4

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}

# Element types of tensors: number → name, elements of a block, bytes of a block.
TENSOR_TYPES: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a list of the metadata is in the file."""

    kind: int
    count: int
    offset: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the file; `size_bytes` is None for an element type that is not known here."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    offset: int
    size_bytes: int | None

    @property
    def num_elements(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The header of one file."""

    path: Path
    size_bytes: int
    values: Mapping[str, Value]
    lists: Mapping[str, ListPlace] = field(default_factory=dict)
    tensors: Sequence[Tensor] = ()

    @property
    def architecture(self) -> str:
        return self.text("general.architecture") or ""

    def dimension(self, key: str, default: int = 0) -> int:
        """A number of this architecture, such as "context_length"."""
        value = self.number(f"{self.architecture}.{key}")
        return default if value is None else value

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory one token of context takes at 16 bit, from the dimensions the file gives."""
        heads = max(1, self.dimension("attention.head_count", 1))
        key_length = self.dimension("attention.key_length", self.dimension("embedding_length") // heads)
        value_length = self.dimension("attention.value_length", key_length)
        layers = self.dimension("block_count")
        per_layer = self.numbers(f"{self.architecture}.attention.head_count_kv")
        kv_heads = sum(per_layer[:layers]) if per_layer else layers * self.dimension("attention.head_count_kv", heads)
        return 2 * kv_heads * (key_length + value_length)

    @property
    def is_embedding(self) -> bool:
        """Whether it was made to embed texts, so that it cannot write answers."""
        causal = self.values.get(f"{self.architecture}.attention.causal", True)
        return not causal or bool(self.dimension("pooling_type"))

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) and value else None

    def number(self, key: str) -> int | None:
        value = self.values.get(key)
        return int(value) if isinstance(value, int | float) else None

    def texts(self, key: str) -> list[str]:
        """A list of texts, such as the vocabulary; empty when there is none."""
        place = self.lists.get(key)
        if place is None or place.kind != _STRING:
            return []
        with _opened(self.path) as reader:
            reader.seek(place.offset)
            return [reader.text(MAX_TEXT_BYTES) for _ in range(place.count)]

    def numbers(self, key: str) -> list[int]:
        """A list of whole numbers; empty when there is none."""
        place = self.lists.get(key)
        form = _SCALARS.get(place.kind, "<f") if place else "<f"
        if place is None or form[-1] in "fd":
            return []
        with _opened(self.path) as reader:
            reader.seek(place.offset)
            return [int(reader.unpack(form)) for _ in range(place.count)]


class _Reader:
    """Reads on in a file, never behind its end. Raises ValueError or struct.error where the file is damaged."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.size = len(data)
        self.at = 0
        self._text_left = MAX_ALL_TEXT_BYTES

    def __enter__(self) -> "_Reader":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._data.close()

    def seek(self, offset: int) -> None:
        if offset > self.size:
            raise ValueError("the file ends too early")
        self.at = offset

    def take(self, length: int) -> bytes:
        start = self.at
        self.seek(start + length)
        return self._data[start : self.at]

    def skip_texts(self, count: int) -> None:
        """Go over so many texts, with as little as possible for each: vocabularies are long."""
        unpack, data, at = struct.Struct("<Q").unpack_from, self._data, self.at
        for _ in range(count):
            length = unpack(data, at)[0]
            if length > MAX_TEXT_BYTES:
                raise ValueError(f"a text of {length} bytes where at most {MAX_TEXT_BYTES} can be")
            at += 8 + length
        self.seek(at)

    def unpack(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def count(self, form: str, limit: int) -> int:
        number = int(self.unpack(form))
        if number > limit:
            raise ValueError(f"{number} where at most {limit} can be")
        return number

    def text(self, limit: int) -> str:
        length = self.count("<Q", min(limit, self._text_left))
        self._text_left -= length
        return self.take(length).decode("utf-8", "replace")


def read_gguf(path: Path) -> GgufFile:
    """Read the header. Raises ModelLoadFailed naming the file and what is wrong with it."""
    try:
        _check_magic(path)
        with _opened(path) as reader:
            return _read(reader, path)
    except FileNotFoundError as exc:
        raise ModelLoadFailed(f"There is no model file {path}. Check the path, or download the model.") from exc
    except (struct.error, ValueError, OverflowError, MemoryError) as exc:
        what = "the file ends too early" if isinstance(exc, struct.error) else exc
        raise ModelLoadFailed(f"The model file {path} is cut off or damaged ({what}). Download it again.") from exc
    except OSError as exc:
        raise ModelLoadFailed(
            f"The model file {path} cannot be read: {exc.strerror or exc}. Name a GGUF file that you may read."
        ) from exc


def _check_magic(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(64)
    if not head.startswith(_MAGIC):
        raise ModelLoadFailed(f"{path} is not a GGUF model file{_what_instead(head)}. Download it again.")


def _what_instead(head: bytes) -> str:
    if not head:
        return ": it is empty"
    if head.startswith(b"version https://git-lfs"):
        return " but a Git LFS pointer to one"
    return ": it begins with an HTML page" if head.lstrip().lower().startswith((b"<!doctype", b"<html")) else ""


def _opened(path: Path) -> _Reader:
    with path.open("rb") as file:
        return _Reader(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _read(reader: _Reader, path: Path) -> GgufFile:
    reader.seek(len(_MAGIC))
    version = int(reader.unpack("<I"))
    if version not in _VERSIONS:
        raise ModelLoadFailed(f"{path} is a GGUF file of version {version}; versions 2 and 3 can be read.")
    num_tensors = reader.count("<Q", MAX_TENSORS)
    num_values = reader.count("<Q", MAX_VALUES)
    values: dict[str, Value] = {}
    lists: dict[str, ListPlace] = {}
    for _ in range(num_values):
        key = reader.text(MAX_KEY_BYTES)
        kind = int(reader.unpack("<I"))
        if kind == _ARRAY:
            lists[key] = _skip_list(reader)
        else:
            values[key] = _value(reader, kind)
    tensors = [_tensor(reader) for _ in range(num_tensors)]
    _check_complete(reader, tensors, values)
    return GgufFile(path, reader.size, values, lists, tensors)


def _value(reader: _Reader, kind: int) -> Value:
    if kind == _STRING:
        return reader.text(MAX_TEXT_BYTES)
    if kind not in _SCALARS:
        raise ValueError(f"a value of unknown kind {kind}")
    return reader.unpack(_SCALARS[kind])


def _skip_list(reader: _Reader) -> ListPlace:
    kind = int(reader.unpack("<I"))
    place = ListPlace(kind, reader.count("<Q", MAX_ITEMS), reader.at)
    if kind in _SCALARS:
        reader.seek(reader.at + place.count * struct.calcsize(_SCALARS[kind]))
    elif kind == _STRING:
        reader.skip_texts(place.count)
    else:
        raise ValueError(f"a list of unknown kind {kind}")
    return place


def _tensor(reader: _Reader) -> Tensor:
    name = reader.text(MAX_KEY_BYTES)
    shape = tuple(int(reader.unpack("<Q")) for _ in range(reader.count("<I", MAX_DIMENSIONS)))
    number = int(reader.unpack("<I"))
    offset = int(reader.unpack("<Q"))
    if number not in TENSOR_TYPES:
        return Tensor(name, shape, f"type {number}", offset, None)
    type_name, block, block_bytes = TENSOR_TYPES[number]
    return Tensor(name, shape, type_name, offset, -(-prod(shape) // block) * block_bytes)


def _check_complete(reader: _Reader, tensors: Sequence[Tensor], values: Mapping[str, Value]) -> None:
    """Every tensor of known size lies inside the file: a download that broke off is noticed here."""
    alignment = values.get("general.alignment", 32)
    step = alignment if isinstance(alignment, int) and 0 < alignment <= MAX_TEXT_BYTES else 32
    start = -(-reader.at // step) * step
    for tensor in tensors:
        if tensor.size_bytes is not None and start + tensor.offset + tensor.size_bytes > reader.size:
            raise ValueError(f"the tensor {tensor.name[:64]} goes on behind the end of the file")
