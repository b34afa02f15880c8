"""The tokenizer: byte-level BPE that cuts a word the same way wherever it stands, so that copying it is copying tokens.

The pre-tokenizer is llama.cpp's "qwen2", which keeps a word together with the space, quote or underscore before it.
Merges are learned on words without that character, hence `Paris`, ` Paris` and `_Paris` share their pieces. The most
common words get a token with the space in front as well, which costs nothing in copying and shortens prose.
"""

from __future__ import annotations

import heapq
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from generator.render import SPECIAL_TOKENS, TOOL_TOKENS

_QWEN2: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_BARE_WORDS: Final = r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPACE: Final = "Ġ"
_FILLED: Final = re.compile(r"\{[^}]*\}|\[..?\]")
_GENERATOR: Final = Path(__file__).parent / "generator"
TOKENIZER_PATH: Final = Path(__file__).parent / "tokenizer.json"


def train_tokenizer(texts: list[str], *, vocab_size: int, num_spaced_words: int) -> Tokenizer:
    """Learn merges on `texts`; `num_spaced_words` of the tokens are common words with their space."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer(_BARE_WORDS)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - num_spaced_words - len(SPECIAL_TOKENS) - len(TOOL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=10,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_plain(texts), trainer)
    described = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in described["merges"]]
    merges += [(_SPACE, word) for word in _common_words(texts, described["vocab"], num_spaced_words)]
    return _assembled(list(described["vocab"]), merges)


def extend_tokenizer(tokenizer: Tokenizer, *, vocab_size: int) -> Tokenizer:
    """Add tokens for the words of the generator's texts until there are `vocab_size`; the old ones stay as they are."""
    described = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in described["merges"]]
    added = more_merges(tokenizer, written_words(), vocab_size - tokenizer.get_vocab_size())
    # A word is put together before its space is, or it would be cut in another way behind one.
    spaced = [merge for merge in merges if merge[0] == _SPACE]
    ordered = [*(merge for merge in merges if merge[0] != _SPACE), *added, *spaced]
    return _assembled(sorted(described["vocab"], key=described["vocab"].get), ordered)


def written_words() -> Counter[str]:
    """Count the words of the generator's texts, without the values that are filled in."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(_GENERATOR.rglob("*.txt")))
    return Counter(re.findall(r"[^\W\d_]+", _FILLED.sub(" ", texts)))


def more_merges(tokenizer: Tokenizer, words: Counter[str], count: int) -> list[tuple[str, str]]:
    """Go on with byte-pair encoding where a tokenizer stopped, until `count` tokens are new."""
    pieces = {word: tokenizer.encode(word).tokens for word in words}
    pairs = _Pairs()
    for word in words:
        pairs.add(word, pieces[word], words[word])
    known = set(tokenizer.get_vocab())
    wanted = len(known) + count
    merges: list[tuple[str, str]] = []
    while len(known) < wanted:
        best = pairs.commonest()
        # Two ways to the same token need a merge each, but one place in the vocabulary.
        known.add("".join(best))
        merges.append(best)
        for word in sorted(pairs.holders.pop(best)):
            pairs.add(word, pieces[word], -words[word])
            pieces[word] = _merged(pieces[word], best)
            pairs.add(word, pieces[word], words[word])
    return merges


class _Pairs:
    """How often each pair of neighbouring pieces stands in the words, and in which."""

    def __init__(self) -> None:
        self.frequency: Counter[tuple[str, str]] = Counter()
        self.holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._queue: list[tuple[int, tuple[str, str]]] = []

    def add(self, word: str, pieces: list[str], times: int) -> None:
        """Count the pairs of a word, or with negative `times` take them back."""
        for pair in itertools.pairwise(pieces):
            self.frequency[pair] += times
            (self.holders[pair].add if times > 0 else self.holders[pair].discard)(word)
            heapq.heappush(self._queue, (-self.frequency[pair], pair))

    def commonest(self) -> tuple[str, str]:
        """Take the most frequent pair; entries that are no longer true are passed over."""
        while True:
            negative, pair = heapq.heappop(self._queue)
            if -negative == self.frequency[pair] > 0 and self.holders[pair]:
                return pair


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in pieces:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _assembled(tokens: list[str], merges: list[tuple[str, str]]) -> Tokenizer:
    vocab = {token: index for index, token in enumerate(tokens)}
    for left, right in merges:
        vocab.setdefault(left + right, len(vocab))
    final = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    final.pre_tokenizer = _pre_tokenizer(_QWEN2)
    final.decoder = decoders.ByteLevel()
    final.add_special_tokens(list(SPECIAL_TOKENS))
    final.add_tokens(list(TOOL_TOKENS))
    return final


def load_tokenizer() -> Tokenizer:
    """Read the committed tokenizer."""
    return Tokenizer.from_file(str(TOKENIZER_PATH))


def _pre_tokenizer(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _plain(texts: Iterable[str]) -> Iterable[str]:
    marks = re.compile("|".join(re.escape(token) for token in (*SPECIAL_TOKENS, *TOOL_TOKENS)))
    for text in texts:
        yield marks.sub("\n", text)


def _common_words(texts: list[str], vocab: dict[str, int], count: int) -> list[str]:
    words = Counter(
        word for text in texts for word in text.split(" ")[1:] if word.isalpha() and len(word) > 1 and word.isascii()
    )
    return [word for word, _ in words.most_common() if word in vocab][:count]
