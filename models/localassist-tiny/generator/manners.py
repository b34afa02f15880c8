"""Writes instructions: who the assistant is, and how it must answer."""

from __future__ import annotations

from random import Random
from typing import Final

from generator import lexicon, words
from generator.phrases import read_phrases
from generator.scene import Manner, Scene, fill

_PHRASES: Final = read_phrases("manners")
_ROLES: Final = _PHRASES["roles"]
_ADDRESS: Final = _PHRASES["address"]
_ADDRESSING: Final = _PHRASES["addressing"]
_BRIEF: Final = _PHRASES["brief"]
_SPEAK: Final = _PHRASES["speak"]
_OPEN: Final = _PHRASES["open"]
_CLOSE: Final = _PHRASES["close"]
_ASIDE: Final = _PHRASES["aside"]
_LANGUAGE_TERMS: Final = {
    "en": lexicon.SPOKEN_LANGUAGES[0],
    "ko": lexicon.SPOKEN_LANGUAGES[1],
    "zh": lexicon.SPOKEN_LANGUAGES[2],
}


def instruct(scene: Scene) -> None:
    """Choose the manner of a dialogue and write its instructions; many dialogues have none."""
    rng = scene.rng
    language = scene.language if rng.random() < 0.6 else "en"
    if rng.random() < 0.12:
        return
    scene.manner = _manner(rng, scene.language)
    parts = _demands(scene, language)
    if rng.random() < 0.8 or not parts:
        parts.insert(0, _said(rng, _ROLES, language))
    if rng.random() < 0.25:
        parts.append(_said(rng, _ASIDE, language))
    if len(parts) > 2 and rng.random() < 0.3:
        tail = parts[1:]
        rng.shuffle(tail)
        parts[1:] = tail
    scene.system = rng.choice((" ", " ", "\n", "\n\n")).join(parts)


def _manner(rng: Random, language: str) -> Manner:
    manner = Manner()
    if rng.random() < 0.3:
        manner.address_as = words.titled(rng, language)
    if rng.random() < 0.15:
        manner.one_sentence = True
    if rng.random() < 0.2:
        manner.answer_language = rng.choice(words.LANGUAGES)
    unusual = rng.random()
    if unusual < 0.08:
        manner.opening = _mark(rng, language)
    elif unusual < 0.16:
        manner.closing = _mark(rng, language)
    return manner


def _mark(rng: Random, language: str) -> str:
    return rng.choice(
        (
            words.coined(rng, language).title(),
            lexicon.phrase(rng, language).capitalize() + "!",
            words.nonsense(rng).upper(),
        )
    )


def _demands(scene: Scene, language: str) -> list[str]:
    rng, manner = scene.rng, scene.manner
    parts = []
    if manner.address_as:
        parts.append(_said(rng, _ADDRESS, language, n=manner.address_as))
    if manner.one_sentence:
        parts.append(_said(rng, _BRIEF, language))
    if manner.answer_language:
        parts.append(_said(rng, _SPEAK, language, l=_LANGUAGE_TERMS[manner.answer_language].in_language(language)))
    if manner.opening:
        parts.append(_said(rng, _OPEN, language, w=manner.opening))
    if manner.closing:
        parts.append(_said(rng, _CLOSE, language, w=manner.closing))
    return parts


def _said(rng: Random, texts: dict[str, list[str]], language: str, **values: str) -> str:
    details: dict[str, object] = {
        "t": rng.choice(lexicon.THINGS).in_language(language),
        "c": words.coined(rng, language).title(),
        "p": words.city(rng, language),
        "d": words.iso_date(rng),
        **values,
    }
    details["ADDR"], details["as"] = rng.choice(_ADDRESSING["en"]).split("|")
    return fill(rng.choice(texts[language]), details)
