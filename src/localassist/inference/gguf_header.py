"""The metadata at the head of a GGUF file, read without llama.cpp: a file is looked at before it is handed over."""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localassist.errors import ModelLoadFailed

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Single values of the metadata; lists are left out."""

    path: Path
    size_bytes: int
    values: Mapping[str, Value]

    @property
    def architecture(self) -> str:
        return str(self.values.get("general.architecture", ""))

    def number(self, key: str, default: int = 0) -> int:
        """A value of this architecture, such as "context_length"."""
        value = self.values.get(f"{self.architecture}.{key}", default)
        return int(value) if isinstance(value, int | float) else default

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory one token of context takes at 16 bit."""
        width, heads = self.number("embedding_length"), max(1, self.number("attention.head_count", 1))
        kv_heads = self.number("attention.head_count_kv", heads)
        key_length = self.number("attention.key_length", width // heads)
        value_length = self.number("attention.value_length", key_length)
        return 2 * self.number("block_count") * kv_heads * (key_length + value_length)


def read_header(path: Path) -> GgufHeader:
    """Raises ModelLoadFailed when there is no such file, or it is not a GGUF file, or it ends in its header."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if file.read(4) != _MAGIC:
                raise ModelLoadFailed(f"{path} is not a GGUF model file{_what_instead(path)}. Download it again.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return GgufHeader(path, size, _read_values(data, path))
    except FileNotFoundError as error:
        raise ModelLoadFailed(f"There is no model file {path}. Check the path, or download the model.") from error
    except OSError as error:
        raise ModelLoadFailed(f"The model file {path} cannot be read: {error.strerror or error}.") from error
    except (struct.error, ValueError, OverflowError) as error:
        raise ModelLoadFailed(f"The model file {path} is cut off or damaged. Download it again.") from error


def _what_instead(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        return ": it is empty"
    if head.startswith(b"version https://git-lfs"):
        return " but a Git LFS pointer to one"
    return ": it begins with an HTML page" if head.lstrip().lower().startswith((b"<!doctype", b"<html")) else ""


def _read_values(data: mmap.mmap, path: Path) -> dict[str, Value]:
    version, _, num_values = struct.unpack_from("<IQQ", data, 4)
    if version not in _VERSIONS:
        raise ModelLoadFailed(f"{path} is a GGUF file of version {version}; versions 2 and 3 can be read.")
    at = 24
    values: dict[str, Value] = {}
    for _ in range(num_values):
        key, at = _read_string(data, at)
        (kind,) = struct.unpack_from("<I", data, at)
        at += 4
        if kind == _ARRAY:
            at = _skip_array(data, at)
        else:
            values[key], at = _read_value(data, at, kind)
    return values


def _read_string(data: mmap.mmap, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", data, at)
    end = at + 8 + length
    if end > len(data):
        raise ValueError("a text goes on behind the end of the file")
    return data[at + 8 : end].decode("utf-8", "replace"), end


def _read_value(data: mmap.mmap, at: int, kind: int) -> tuple[Value, int]:
    if kind == _STRING:
        return _read_string(data, at)
    if kind not in _SCALARS:
        raise ValueError(f"a value of unknown kind {kind}")
    form = f"<{_SCALARS[kind]}"
    return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)


def _skip_array(data: mmap.mmap, at: int) -> int:
    kind, count = struct.unpack_from("<IQ", data, at)
    at += 12
    if kind in _SCALARS:
        at += count * struct.calcsize(f"<{_SCALARS[kind]}")
    elif kind == _STRING:
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(count):
            at += 8 + unpack(data, at)[0]
    else:
        raise ValueError(f"a list of unknown kind {kind}")
    if at > len(data):
        raise ValueError("a list goes on behind the end of the file")
    return at
