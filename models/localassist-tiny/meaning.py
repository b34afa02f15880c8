"""Teaches tokens what they mean: the words of a request those of its function, those of a question those of its answer.

A mean over a text's tokens of what one head of layer 0 reads in each has to tell the text that belongs to another from
hundreds. So words are learned from pairs by the thousand, in all languages; dialogues, with a handful of functions or
facts each, teach them slowly.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Final, NamedTuple

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from circuits import meaning_head
from generator.compose import choose_language
from generator.domain_texts import DOMAINS
from generator.functions import domain_function
from generator.memory import told_and_asked
from generator.requests import ask
from generator.search import written_and_asked
from model import TinyModel

_PAIRS_KEPT: Final = 12_000
_PAIRS_AT_FIRST: Final = 6_000
_NEW_PAIRS: Final = 192
_PAIRS_COMPARED: Final = 384
_LONGEST: Final = 48
# Two descriptions of one function are a pair, most in different languages; so are what is told and a question for it,
# and what documents say and a question for that. The rest are functions and requests.
_SHARES: Final = {"descriptions": 0.2, "told": 0.12, "written": 0.12, "functions": 0.56}
# So many words are left out, so that every one of them counts.
_LEFT_OUT: Final = 0.3
_SHARPNESS: Final = 16.0


class Pair(NamedTuple):
    """Tokens of two texts on the same subject."""

    subject: str
    texts: tuple[Tensor, Tensor]


class Meaning:
    """The loss on what tokens mean, over a store of pairs of which some are new each time."""

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        self._tokenizer = tokenizer
        self._rng = Random(seed)
        self._leaving_out = torch.Generator().manual_seed(seed)
        self._pairs: deque[Pair] = deque((self._pair() for _ in range(_PAIRS_AT_FIRST)), maxlen=_PAIRS_KEPT)

    def loss(self, model: TinyModel) -> Tensor:
        """Return the mean surprise at the second text of a pair among those of other pairs, and at the first."""
        self._pairs.extend(self._pair() for _ in range(_NEW_PAIRS))
        pairs = self._rng.sample(self._pairs, _PAIRS_COMPARED)
        table, device = read_values(model), model.token_embd.weight.device
        one, other = (meanings(table, [self._some(pair.texts[side]) for pair in pairs]) for side in (0, 1))
        scores = one @ other.T * _SHARPNESS
        subjects = {pair.subject: number for number, pair in enumerate(pairs)}
        numbers = torch.tensor([subjects[pair.subject] for pair in pairs], device=device)
        same = (numbers[:, None] == numbers).fill_diagonal_(False)
        scores = scores.masked_fill(same, float("-inf"))
        right = torch.arange(len(pairs), device=device)
        return (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2

    def _some(self, token_ids: Tensor) -> Tensor:
        return token_ids[torch.rand(len(token_ids), generator=self._leaving_out) > _LEFT_OUT]

    def _pair(self) -> Pair:
        rng = self._rng
        language = choose_language(rng)
        kind = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        if kind == "told":
            return self._tokenized(*told_and_asked(rng, language))
        if kind == "written":
            return self._tokenized(*written_and_asked(rng, language))
        domain = rng.choice(DOMAINS)
        if kind == "descriptions" and len(domain.descriptions) > 1:
            return self._tokenized(domain.names[0], *rng.sample(domain.descriptions, 2))
        function = domain_function(rng, language)
        described = f"{function.tool['function'].get('description', '')} {function.name}"
        return self._tokenized(function.domain.names[0], described, ask(rng, function, language).text)

    def _tokenized(self, subject: str, *texts: str) -> Pair:
        one, other = (torch.tensor(self._tokenizer.encode(text).ids[:_LONGEST]) for text in texts)
        return Pair(subject, (one, other))


def read_values(model: TinyModel) -> Tensor:
    """Return what the head reads in each token of the vocabulary (tokens, length), as if it stood in a text."""
    head, block = meaning_head(model.config), model.blk[0]
    first = head.number * model.config.head_length
    normalised = block.attn_norm(model.token_embd.weight)
    return F.linear(normalised, block.attn_v.weight[first : first + model.config.still_length])


def meanings(values: Tensor, texts: list[Tensor]) -> Tensor:
    """Return the mean of the values of each text's tokens, at length 1 (texts, length)."""
    lengths = torch.tensor([0, *(len(text) for text in texts[:-1])])
    bags = F.embedding_bag(torch.cat(texts).to(values.device), values, lengths.cumsum(0).to(values.device), mode="mean")
    return F.normalize(bags, dim=-1)
