"""One generation: its tokens, how many of them are computed, and what it has to tell its reader."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from localassist.inference.constraint import Matcher
from localassist.inference.llama import Context
from localassist.inference.sampling import Sampler
from localassist.inference.text import TextDecoder
from localassist.inference.vocabulary import Vocabulary
from localassist.protocols import FinishReason, GenerationRequest, GenerationUsage, Token

_NO_SEQ_ID = -1


@dataclass(eq=False, slots=True)
class Sequence:
    """State of a request from its arrival to its last token.

    `token_ids` are prompt and output; the first `num_computed` are in the context under `seq_id`, the rest are
    computed next. `outbox` holds tokens the reader has not been given yet.
    """

    request: GenerationRequest
    token_ids: list[int]
    num_prompt: int
    max_length: int  # of token_ids: the token budget or the end of the window
    vocabulary: Vocabulary
    sampler: Sampler
    matcher: Matcher | None
    decoder: TextDecoder
    seq_id: int = _NO_SEQ_ID
    num_computed: int = 0
    num_shared: int = 0  # of the computed tokens, those whose cells belong to another sequence as well
    prefill_until: int = 0  # up to here tokens are read, from here on they are written
    num_cached: int | None = None  # prompt tokens found computed when the sequence was first admitted
    is_cancelled: bool = False
    finish_reason: FinishReason | None = None
    outbox: list[Token] = field(default_factory=list)
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    checkpoint_at: set[int] = field(default_factory=set)  # lengths at which to take one, for recurrent models

    @property
    def num_pending(self) -> int:
        """Tokens that are known but not computed."""
        return len(self.token_ids) - self.num_computed

    @property
    def num_output(self) -> int:
        return len(self.token_ids) - self.num_prompt

    @property
    def is_prefilling(self) -> bool:
        return self.num_computed < self.prefill_until

    @property
    def is_finished(self) -> bool:
        return self.finish_reason is not None

    def begin(self) -> None:
        """Write what the grammar leaves no choice about, before anything is computed."""
        if self.matcher is not None:
            self._write(self.matcher.forced())

    def advance(self, context: Context, row: int) -> None:
        """Choose the next token by the logits of a row, and write it with all the grammar forces after it."""
        logits = context.logits(row)
        if self.matcher is not None:
            self.matcher.mask(logits)
        if not self.request.may_be_empty and not self.decoder.has_visible_text:
            self._forbid_end(logits)
        token_id = self.sampler.sample(context, row, logits)
        if self.vocabulary.is_end(token_id):
            self._finish("stop", self.decoder.finish())
        elif self.matcher is None:
            self._write([token_id])
        else:
            self.matcher.consume(token_id)
            self._write([token_id, *self.matcher.forced()])

    def _forbid_end(self, logits: NDArray[np.float32]) -> None:
        """Forbid ending now, unless the grammar allows nothing else."""
        ends = logits[self.vocabulary.end_ids]
        logits[self.vocabulary.end_ids] = -np.inf
        if self.matcher is not None and np.isneginf(logits.max()):
            logits[self.vocabulary.end_ids] = ends

    def _write(self, token_ids: list[int]) -> None:
        for token_id in token_ids:
            if self.is_finished:
                return
            if self.vocabulary.is_end(token_id):
                self._finish("stop", self.decoder.finish())
                return
            self.token_ids.append(token_id)
            chunk = self.decoder.feed(self.vocabulary.piece(token_id))
            if chunk.stopped:
                self._finish("stop", chunk.text)
            elif len(self.token_ids) >= self.max_length:
                self._finish("length", chunk.text + self.decoder.finish())
            else:
                self.outbox.append(Token(chunk.text, usage=self._usage() if self.num_output == 1 else None))
        if self.matcher is not None and self.matcher.is_complete and not self.is_finished:
            self._finish("stop", self.decoder.finish())

    def _finish(self, reason: FinishReason, text: str) -> None:
        self.finish_reason = reason
        self.outbox.append(Token(text, reason, self._usage()))

    def _usage(self) -> GenerationUsage:
        return GenerationUsage(self.num_prompt, self.num_output, self.num_cached or 0)

    def take_outbox(self) -> list[Token]:
        """The tokens not yet given to the reader."""
        tokens, self.outbox = self.outbox, []
        return tokens
