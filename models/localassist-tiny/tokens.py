"""The tokenizer: byte-level BPE that cuts a word the same way wherever it stands, so that copying it is copying tokens.

The pre-tokenizer is llama.cpp's "qwen2", which keeps a word together with the space, quote or underscore before it.
Merges are learned on words without that character, hence `Paris`, ` Paris` and `_Paris` share their pieces. The most
common words get a token with the space in front as well, which costs nothing in copying and shortens prose.
"""

from __future__ import annotations

import json
import re
from collections import Counter
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
    vocab = {token: index for index, token in enumerate(described["vocab"])}
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
