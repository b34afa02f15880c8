"""One form for words, in the full-text index and in queries: compatibility forms unified, no case, CJK as bigrams.

Chinese, Japanese and Korean text gives no reliable words, so each run of it becomes its overlapping pairs of
characters (and its last character). Other words are left to SQLite's tokenizer, which stems English.
"""

import re
import unicodedata

DEFINITION = "folded-1"  # to be changed with anything below that changes what is indexed; the index is then rebuilt
MAX_TERMS = 12
_MAX_PAIRS = 24  # a pair tells less than a word

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CJK_RUN = re.compile(f"[{_CJK}\U00020000-\U0003ffff]+")
_WORD = re.compile(r"\w+")

# Words in nearly every question, which find everything and slow the search down.
_ENGLISH = (
    "a about after all also am an and any are as at be because been but by can could did do does doing done for from "
    "get had has have having he her him his how i if in into is it its just let like made make many may me might more "
    "most much must my no not of on one or other our out over own same shall she should so some such than that the "
    "their them then there these they this those through to too under until up upon us use used using very was we "
    "were what when where which while who whom whose why will with without would you your s t don isn doesn"
)
_PAIRS = (
    "하는 있는 하고 에서 으로 합니 입니 습니 니다 니까 어떻 떻게 무엇 엇을 까요 나요 해요 할까 인가 가요 "
    "이란 대한 위한 什么 如何 怎么 怎样 我们 你们 他们 可以 一个 这个 那个 是否 为什 "
    "ます です した する して から まで とは には では"
)
STOP_WORDS = frozenset(f"{_ENGLISH} {_PAIRS}".split())


def fold(text: str) -> str:
    """The text as it is indexed."""
    return _CJK_RUN.sub(_pairs, _unified(text))


def match_terms(query: str) -> list[str]:
    """FTS5 terms for the telling words of a query; for all its words when none is telling."""
    words: list[str] = []
    pairs: list[str] = []
    for word in dict.fromkeys(_WORD.findall(fold(query))):
        (pairs if _CJK_RUN.fullmatch(word) else words).append(word)
    telling = [word for word in words if word not in STOP_WORDS]
    telling_pairs = [pair for pair in pairs if pair not in STOP_WORDS]
    if not telling and not telling_pairs:
        telling, telling_pairs = words, pairs
    return [f'"{word}"' for word in telling[:MAX_TERMS]] + _pair_terms(telling_pairs)


def _pair_terms(pairs: list[str]) -> list[str]:
    """Pairs; where there are none, single characters as the beginnings of pairs."""
    longer = [f'"{pair}"' for pair in pairs if len(pair) > 1]
    return (longer or [f'"{character}"*' for character in pairs])[:_MAX_PAIRS]


def _unified(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _pairs(run: re.Match[str]) -> str:
    characters = run[0]
    pairs = [characters[at : at + 2] for at in range(len(characters) - 1)]
    return f" {' '.join([*pairs, characters[-1]])} "
