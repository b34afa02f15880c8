"""The tokens of one step as llama.cpp wants them, in arrays that are filled without a Python loop."""

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

_FEW = 32


class Batch:
    """Room for `capacity` tokens; reused for every step."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.token_ids = np.zeros(capacity, np.int32)
        self.positions = np.zeros(capacity, np.int32)
        self.seq_ids = np.zeros(capacity, np.int32)
        self.wants_logits = np.zeros(capacity, np.int8)
        self._num_seq_ids = np.ones(capacity, np.int32)
        self._seq_id_pointers = (self.seq_ids.ctypes.data + 4 * np.arange(capacity)).astype(np.uintp)
        self.num_tokens = 0
        self.native = self._wire()

    def _wire(self) -> Any:
        """The C structure, pointing into the arrays."""
        pointer = ctypes.POINTER
        native = llama_cpp.llama_batch()
        native.token = self.token_ids.ctypes.data_as(pointer(llama_cpp.llama_token))
        native.embd = None
        native.pos = self.positions.ctypes.data_as(pointer(llama_cpp.llama_pos))
        native.n_seq_id = self._num_seq_ids.ctypes.data_as(pointer(ctypes.c_int32))
        native.seq_id = ctypes.cast(self._seq_id_pointers.ctypes.data, pointer(pointer(llama_cpp.llama_seq_id)))
        native.logits = self.wants_logits.ctypes.data_as(pointer(ctypes.c_int8))
        return native

    @property
    def room(self) -> int:
        """How many tokens more fit."""
        return self.capacity - self.num_tokens

    def clear(self) -> None:
        """Begin a new step."""
        self.num_tokens = 0

    def add(self, seq_id: int, token_ids: Sequence[int], *, position: int, last_logits: bool) -> int:
        """Append consecutive tokens of one sequence; returns the row of the last, where its logits will be."""
        assert 0 < len(token_ids) <= self.room
        start, end = self.num_tokens, self.num_tokens + len(token_ids)
        self.token_ids[start:end] = token_ids
        self.positions[start:end] = np.arange(position, position + len(token_ids))
        self.seq_ids[start:end] = seq_id
        self.wants_logits[start:end] = 0
        self.wants_logits[end - 1] = last_logits
        self.num_tokens = end
        return end - 1

    def check(self, *, vocabulary_size: int, num_seq_ids: int, num_positions: int) -> None:
        """A batch llama.cpp does not expect aborts the process, so nothing unchecked is handed to it."""
        if not 0 < self.num_tokens <= self.capacity:
            raise ValueError(f"a batch of {self.num_tokens} tokens; from 1 to {self.capacity} are possible")
        for name, values, limit in (
            ("token id", self.token_ids, vocabulary_size),
            ("seq_id", self.seq_ids, num_seq_ids),
            ("position", self.positions, num_positions),
        ):
            low, high = _extremes(values[: self.num_tokens])
            if low < 0 or high >= limit:
                raise ValueError(f"a batch with {name} {low if low < 0 else high}; it must be from 0 to {limit - 1}")


def _extremes(values: NDArray[np.int32]) -> tuple[int, int]:
    """The least and the greatest. Of few values a list knows them sooner than an array."""
    if len(values) <= _FEW:
        listed = values.tolist()
        return min(listed), max(listed)
    return int(values.min()), int(values.max())
