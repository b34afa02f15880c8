"""Writes instructions: who the assistant is, and how it must answer."""

from __future__ import annotations

from random import Random
from typing import Final

from generator import lexicon, words
from generator.scene import Manner, Scene

_ROLES: Final = {
    "en": ["You are a helpful assistant.", "You are a {t} assistant.", "You help people with their {t}.", "You are an expert in {t}.",
           "You work for {c}.", "You are a personal {t} tutor.", "Use the functions to answer.", "You are a {t} bot. Use the provided functions to answer questions.",
           "You answer questions about {t}.", "You are {c}, the {t} helper.", "Be friendly and brief.", "You support the customers of {c}."],
    "ko": ["당신은 도움이 되는 도우미입니다.", "당신은 {t} 도우미입니다.", "당신은 {c}에서 일합니다.", "당신은 {t} 전문가입니다.", "함수를 사용해 답하세요."],
    "zh": ["你是一个有用的助手。", "你是{t}助手。", "你在{c}工作。", "你是{t}专家。", "请使用函数回答问题。"],
}  # fmt: skip
_ADDRESS: Final = {
    "en": [
        "Please address the user as {n}.",
        "Address the user as {n}.",
        "The user is {n}; use this name in every answer.",
        "Always call the user {n}.",
        "Call the user {n} when you answer.",
        "Begin with the user's name, {n}.",
    ],
    "ko": [
        "사용자를 {n}[으]로 부르세요.",
        "항상 사용자를 {n}님이라고 부르세요.",
        "사용자 이름은 {n}입니다. 답할 때 이름을 부르세요.",
    ],
    "zh": ["请称呼用户为{n}。", "回答时叫用户{n}。", "用户叫{n},每次回答都要用这个名字。"],
}
_BRIEF: Final = {
    "en": [
        "Answer in one sentence.",
        "Reply with a single sentence.",
        "Keep every answer to one sentence.",
        "Use only one sentence.",
    ],
    "ko": ["한 문장으로 답하세요.", "답은 한 문장으로만 하세요."],
    "zh": ["用一句话回答。", "每次只回答一句话。"],
}
_SPEAK: Final = {
    "en": [
        "Always answer in {l}.",
        "Answer in {l}.",
        "Reply only in {l}.",
        "Use {l} for every answer.",
        "Whatever the user writes, respond in {l}.",
    ],
    "ko": ["항상 {l}로 답하세요.", "{l}로만 대답하세요.", "답변은 {l}로 하세요."],
    "zh": ["请始终用{l}回答。", "只用{l}回复。", "回答请使用{l}。"],
}
_OPEN: Final = {
    "en": ['Start every answer with "{w}".', 'Begin each reply with "{w}".', "Every answer must begin with {w}"],
    "ko": ['모든 답을 "{w}"로 시작하세요.'],
    "zh": ['每个回答都以"{w}"开头。'],
}
_CLOSE: Final = {
    "en": ['End every answer with "{w}".', 'Finish each reply with "{w}".', "Every answer must end with {w}"],
    "ko": ['모든 답을 "{w}"로 끝내세요.'],
    "zh": ['每个回答都以"{w}"结尾。'],
}
_ASIDE: Final = {
    "en": [
        "The user has a {t} account.",
        "The office is in {p}.",
        "Be polite.",
        "It is {d}.",
        "The {t} department is closed.",
    ],
    "ko": ["사용자는 {t} 계정이 있습니다.", "사무실은 {p}에 있습니다.", "예의 바르게 답하세요."],
    "zh": ["用户有{t}账户。", "办公室在{p}。", "请礼貌回答。"],
}
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
        manner.address_as = words.person(rng, language)
    if rng.random() < 0.12:
        manner.one_sentence = True
    if rng.random() < 0.14:
        manner.answer_language = rng.choice(words.LANGUAGES)
    unusual = rng.random()
    if unusual < 0.05:
        manner.opening = _mark(rng, language)
    elif unusual < 0.1:
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
    from generator.scene import fill

    details: dict[str, object] = {
        "t": rng.choice(lexicon.THINGS).in_language(language),
        "c": words.coined(rng, language).title(),
        "p": words.city(rng, language),
        "d": words.iso_date(rng),
        **values,
    }
    return fill(rng.choice(texts[language]).replace("[으]로", "(으)로"), details)
