"""Text to tokens and back. Safe to use from any thread: a vocabulary never changes."""

import ctypes
import re
import weakref
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from localassist.protocols import GUARD_CLOSE, GUARD_OPEN

_GUARDED = re.compile(f"{GUARD_OPEN}(.*?)(?:{GUARD_CLOSE}|$)", re.DOTALL)
_MARKER = re.compile(r"<.+>|\[.+\]|<\|.*|.*\|>", re.DOTALL)
_PIECE_SIZE = 4 * 1024


class Weights:
    """The memory of a loaded model, freed when nobody refers to it any more."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        weakref.finalize(self, llama_cpp.llama_model_free, handle).atexit = False


class Vocabulary:
    """The tokens of one model.

    `special` maps the text of each control or user-defined token to its id; `markers` are those of these texts that
    structure a conversation (a vocabulary may also define plain words and white space as tokens of their own), and
    `marker_ids` their tokens where the marker is all there is to the token.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights  # keeps the memory alive that `handle` points into
        self.handle = llama_cpp.llama_model_get_vocab(weights.handle)
        self.size: int = llama_cpp.llama_vocab_n_tokens(self.handle)
        self._pieces: list[bytes | None] = [None] * self.size
        self.special: dict[str, int] = {}
        self.marker_ids: set[int] = set()
        controls, user_defined = self._read_special()
        self.markers = frozenset(controls + user_defined)
        # llama.cpp reads user-defined tokens even when told to read no special tokens: cut them in two.
        middles = [f"(?<={re.escape(text[0])})(?={re.escape(text[1:])})" for text in user_defined]
        self._cut = re.compile("|".join(middles) or "(?!)")
        self.bos_id: int = llama_cpp.llama_vocab_bos(self.handle)
        self.eos_id: int = llama_cpp.llama_vocab_eos(self.handle)
        candidates = {*self.special.values(), max(self.eos_id, 0)}
        ends = sorted(i for i in candidates if llama_cpp.llama_vocab_is_eog(self.handle, i))
        self.end_ids: NDArray[np.int64] = np.array(ends, np.int64)
        self._end_set = frozenset(ends)
        self._adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.handle)) and self.bos_id >= 0

    def _read_special(self) -> tuple[list[str], list[str]]:
        """Fill `special`; texts of control tokens, and of user-defined tokens that look like a marker."""
        controls, user_defined = [], []
        both = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
        for token_id in range(self.size):
            attributes = llama_cpp.llama_vocab_get_attr(self.handle, token_id)
            if not attributes & both:
                continue
            text = self.text_of(token_id)
            self.special.setdefault(text, token_id)
            if attributes & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL and text.strip():
                controls.append(text)
                self.marker_ids.add(token_id)
            elif _MARKER.fullmatch(text.strip()):
                user_defined.append(text)
                if text == text.strip():
                    self.marker_ids.add(token_id)
        return controls, user_defined

    def is_end(self, token_id: int) -> bool:
        """Whether the token ends a generation."""
        return token_id in self._end_set

    def tokenize_prompt(self, prompt: str) -> list[int]:
        """Tokens of a rendered prompt: special tokens are read, except inside guarded spans."""
        token_ids: list[int] = []
        position = 0
        for guarded in _GUARDED.finditer(prompt):
            token_ids += self.tokenize(prompt[position : guarded.start()], parse_special=True)
            for part in self._cut.split(guarded[1]):
                token_ids += self.tokenize(part, parse_special=False)
            position = guarded.end()
        token_ids += self.tokenize(prompt[position:], parse_special=True)
        if self._adds_bos and token_ids[:1] != [self.bos_id]:
            token_ids.insert(0, self.bos_id)
        return token_ids

    def tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        """Tokens of a text, nothing added; guard characters are dropped."""
        data = text.replace(GUARD_OPEN, "").replace(GUARD_CLOSE, "").encode("utf-8", "replace")
        if not data:
            return []
        room = len(data) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.handle, data, len(data), buffer, room, False, parse_special)
        if count < 0:
            buffer = (llama_cpp.llama_token * -count)()
            count = llama_cpp.llama_tokenize(self.handle, data, len(data), buffer, -count, False, parse_special)
        return buffer[:count]  # type: ignore[no-any-return, unused-ignore]

    def piece(self, token_id: int) -> bytes:
        """The bytes a token stands for; they may end inside a character."""
        known = self._pieces[token_id]
        if known is None:
            known = self._pieces[token_id] = self._read_piece(token_id, ctypes.create_string_buffer(_PIECE_SIZE))
        return known

    def all_pieces(self) -> list[bytes]:
        """The bytes of every token."""
        buffer = ctypes.create_string_buffer(_PIECE_SIZE)
        return [self._read_piece(token_id, buffer) for token_id in range(self.size)]

    def _read_piece(self, token_id: int, buffer: Any) -> bytes:
        count = llama_cpp.llama_token_to_piece(self.handle, token_id, buffer, _PIECE_SIZE, 0, True)
        return ctypes.string_at(buffer, max(count, 0))

    def text_of(self, token_id: int) -> str:
        """The text of one token; "" for an id below 0, which llama.cpp uses for "none"."""
        return self.piece(token_id).decode("utf-8", "replace") if token_id >= 0 else ""
