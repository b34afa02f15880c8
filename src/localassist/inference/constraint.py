"""Grammars enforced while decoding, with llguidance: which tokens may come next, and which must."""

import ctypes
import json
import logging
import re
import threading
from collections import OrderedDict
from typing import Any

import llama_cpp
import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray

from localassist.errors import GenerationFailed, InvalidRequest
from localassist.inference.vocabulary import Vocabulary
from localassist.protocols import Constraint

logger = logging.getLogger(__name__)

_MARKER = re.compile(r"@@(.+?)@@", re.DOTALL)
_CACHED_GRAMMARS = 64


class MaskBuffer:
    """Applies masks of one bit per token to scores. One for all sequences: only the thread that samples uses it.

    Every byte of a mask stands for what is added to eight scores: 0, or -inf where the token is forbidden. Looking that
    up takes a fifth of the time of unpacking the bits, whatever the mask.
    """

    def __init__(self, vocabulary_size: int) -> None:
        num_words = (vocabulary_size + 31) // 32
        self.bits = np.zeros(num_words, np.int32)
        self._bytes = self.bits.view(np.uint8)
        self._added = np.empty((num_words * 4, 8), np.float32)
        self._flat = self._added.reshape(-1)[:vocabulary_size]
        allowed = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
        self._table = np.where(allowed, np.float32(0), np.float32(-np.inf))

    def apply(self, logits: NDArray[np.float32]) -> None:
        """Forbid, in place, every token whose bit is not set."""
        np.take(self._table, self._bytes, axis=0, out=self._added, mode="clip")
        np.add(logits, self._flat, out=logits)


class Matcher:
    """Where one sequence is in its grammar."""

    def __init__(self, matcher: Any, buffer: MaskBuffer) -> None:
        self._matcher = matcher
        self._buffer = buffer

    @property
    def is_complete(self) -> bool:
        """Nothing can follow but the end."""
        return bool(self._matcher.is_stopped())

    def mask(self, logits: NDArray[np.float32]) -> None:
        """Forbid, in place, every token the grammar does not allow next."""
        bits = self._buffer.bits
        self._matcher.unsafe_compute_mask_ptr(bits.ctypes.data, bits.nbytes)
        self._raise_error()
        self._buffer.apply(logits)

    def consume(self, token_id: int) -> None:
        """Go on past a token that was sampled under the mask."""
        self._matcher.consume_token(token_id)
        self._raise_error()

    def forced(self) -> list[int]:
        """Go on past the tokens that are the only possibility now, and return them."""
        token_ids: list[int] = self._matcher.compute_ff_tokens()
        if token_ids:
            self._matcher.consume_tokens(token_ids)
        self._raise_error()
        return token_ids

    def _raise_error(self) -> None:
        if self._matcher.is_error():
            raise GenerationFailed(f"The output could not be kept to its grammar: {self._matcher.get_error()}")


class GrammarCompiler:
    """Compiles constraints for one vocabulary, once each. Any thread."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._buffer = MaskBuffer(vocabulary.size)
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()

    def matcher(self, constraint: Constraint) -> Matcher:
        """A matcher at the start of the grammar. Raises InvalidRequest with the compiler's reason."""
        with self._lock:
            compiled = self._compiled.get(constraint.grammar)
            if compiled is None:
                compiled = self._compile_either(constraint)
            self._compiled[constraint.grammar] = compiled
            self._compiled.move_to_end(constraint.grammar)
            if len(self._compiled) > _CACHED_GRAMMARS:
                self._compiled.popitem(last=False)
            return Matcher(compiled.deep_copy(), self._buffer)

    def _compile_either(self, constraint: Constraint) -> Any:
        try:
            return self._compile(constraint.grammar)
        except InvalidRequest as error:
            if constraint.looser is None:
                raise
            logger.warning("A function's arguments are held to no schema: %s", error.message.splitlines()[0])
            return self._compile(constraint.looser)

    def _compile(self, grammar: str) -> Any:
        if self._tokenizer is None:
            self._tokenizer = _build_tokenizer(self._vocabulary)
        compiled = LLMatcher(self._tokenizer, _MARKER.sub(self._reference, grammar), log_level=0)
        if compiled.is_error():
            raise InvalidRequest(f"Invalid schema or grammar: {compiled.get_error()}")
        return compiled

    def _reference(self, marker: re.Match[str]) -> str:
        """A marker as the one special token it is in this vocabulary, or else as plain text."""
        token_id = self._vocabulary.special.get(marker[1])
        if token_id is not None and token_id in self._vocabulary.marker_ids:
            return f"<[{token_id}]>"
        return json.dumps(marker[1], ensure_ascii=False)


def _build_tokenizer(vocabulary: Vocabulary) -> Any:
    """The vocabulary for the compiler, which keeps markers apart from text: text never matches them."""
    texts = vocabulary.all_pieces()
    for token_id in vocabulary.marker_ids:
        texts[token_id] = b"\xff" + texts[token_id]
    return LLTokenizer.from_llamacpp(
        tokens=texts,
        vocab_ptr=vocabulary.handle,
        tokenize_fptr=ctypes.cast(llama_cpp.llama_tokenize, ctypes.c_void_p).value,
        eos_token=vocabulary.end_ids.tolist() or [vocabulary.eos_id],
        slices=None,
    )
