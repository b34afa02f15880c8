"""Vectors as arrays of float32 rows, and as the bytes that cross the seams."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
_ON_THE_SEAM = np.dtype("<f4")


def to_bytes(vectors: Vectors) -> bytes:
    return np.ascontiguousarray(vectors, _ON_THE_SEAM).tobytes()


def from_bytes(packed: bytes, num_rows: int) -> Vectors:
    """Not writable."""
    return np.frombuffer(packed, _ON_THE_SEAM).reshape(num_rows, -1)


def normalised(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Rows of length 1; a row of zeros stays one."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32, copy=False)
    return unit
