"""Grammars enforced while decoding, with llguidance: which tokens may come next, and which must."""

import json
import re
import threading
from collections import OrderedDict
from typing import Any

import llama_cpp
import numpy as np
from llguidance import LLMatcher
from llguidance.llamacpp import lltokenizer_from_vocab
from numpy.typing import NDArray

from localassist.errors import GenerationFailed, InvalidRequest
from localassist.inference.vocabulary import Vocabulary
from localassist.protocols import Constraint

_MARKER = re.compile(r"@@(.+?)@@", re.DOTALL)
_CACHED_GRAMMARS = 64


class Matcher:
    """Where one sequence is in its grammar."""

    def __init__(self, matcher: Any, vocabulary_size: int) -> None:
        self._matcher = matcher
        self._size = vocabulary_size
        self._mask = np.zeros((vocabulary_size + 31) // 32, np.int32)

    @property
    def is_complete(self) -> bool:
        """Nothing can follow but the end."""
        return bool(self._matcher.is_stopped())

    def mask(self, logits: NDArray[np.float32]) -> None:
        """Forbid, in place, every token the grammar does not allow next."""
        self._matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        self._raise_error()
        allowed = np.unpackbits(self._mask.view(np.uint8), count=self._size, bitorder="little")
        np.putmask(logits, allowed == 0, -np.inf)

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
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._compiled: OrderedDict[str, Any] = OrderedDict()

    def matcher(self, constraint: Constraint) -> Matcher:
        """A matcher at the start of the grammar. Raises InvalidRequest with the compiler's reason."""
        with self._lock:
            compiled = self._compiled.get(constraint.grammar)
            if compiled is None:
                compiled = self._compile(constraint.grammar)
            self._compiled[constraint.grammar] = compiled
            self._compiled.move_to_end(constraint.grammar)
            if len(self._compiled) > _CACHED_GRAMMARS:
                self._compiled.popitem(last=False)
            return Matcher(compiled.deep_copy(), self._vocabulary.size)

    def _compile(self, grammar: str) -> Any:
        if self._tokenizer is None:
            ends = self._vocabulary.end_ids.tolist()
            self._tokenizer = lltokenizer_from_vocab(self._vocabulary.handle, eos_token=ends or None)
        compiled = LLMatcher(self._tokenizer, _MARKER.sub(self._reference, grammar), log_level=0)
        if compiled.is_error():
            raise InvalidRequest(f"Invalid schema or grammar: {compiled.get_error()}")
        return compiled

    def _reference(self, marker: re.Match[str]) -> str:
        """A marker as the one special token it is in this vocabulary, or else as plain text."""
        token_id = self._vocabulary.special.get(marker[1])
        if token_id is not None and self._is_special(token_id):
            return f"<[{token_id}]>"
        return json.dumps(marker[1], ensure_ascii=False)

    def _is_special(self, token_id: int) -> bool:
        """Whether the compiler keeps the token apart from text; it does so for <these> and for control tokens."""
        handle = self._vocabulary.handle
        if llama_cpp.llama_vocab_get_attr(handle, token_id) & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL:
            return True
        text = self._vocabulary.text_of(token_id)
        return text.startswith("<") and text.endswith(">")
