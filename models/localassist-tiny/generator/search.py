"""Writes the file search parts of a dialogue: look up, answer in the passage's own sentence with its marker, or say it is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from generator import lexicon, small_talk, words
from generator.phrases import read_phrases
from generator.scene import Scene, fill
from localassist.runs.hosted_tools import (
    FILE_SEARCH_TOOL_NAME,
    Passage,
    citation_marker,
    file_search_tool,
    format_attachments,
    format_passages,
)

_PHRASES: Final = read_phrases("search")
_NOT_FOUND: Final = _PHRASES["not_found"]
_ABOUT: Final = _PHRASES["about"]
_ABOUT_QUERY: Final = {"en": "main topic", "ko": "주요 내용", "zh": "主要内容"}
_PREFACE: Final = _PHRASES["preface"]
# What sentences can have in common; a passage about the same of these need not answer what is asked about it.
_SUBJECTS: Final = frozenset("oet")
# What a question may name; the same sentence about another of these does not answer it.
_NAMED: Final = frozenset("oetnplkw")


class Row(NamedTuple):
    """What a document can say: its wordings, the questions it answers, what to search for, and its topics.

    Written `sentence;sentence|question;question|query|topics`. Rows that share a topic might answer each other's questions.
    """

    sentences: list[str]
    questions: list[str]
    query: str
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence of a document with a question that it answers, and the row and the values they are made from."""

    row: Row
    sentence: str
    question: str
    query: str
    asked: str
    values: dict[str, object]
    quality: lexicon.Quality


def _row(text: str) -> Row:
    sentences, questions, query, *topics = text.split("|")
    return Row(sentences.split(";"), questions.split(";"), query, frozenset(" ".join(topics).split()))


_ROWS: Final = {language: [_row(text) for text in texts] for language, texts in _PHRASES["facts"].items()}


def write_search(scene: Scene) -> None:
    """Ask for one thing, now and then two, from the documents."""
    scene.offer(file_search_tool())
    if scene.rng.random() < 0.08:
        _write_summary(scene)
        return
    count = 2 if scene.rng.random() < 0.12 else 1
    facts = [_fact(scene) for _ in range(count)]
    joint = "" if scene.language == "zh" else " "
    question = scene.rng.choice(_PREFACE[scene.language]).replace("{0}", joint.join(fact.question for fact in facts))
    file_name = _file_name(scene)
    if scene.rng.random() < 0.15:
        question = f"{question}\n{format_attachments([(file_name, 'file-' + words.nonsense(scene.rng, 2))])}"
    scene.user(question)
    scene.call((FILE_SEARCH_TOOL_NAME, {"queries": [fact.query for fact in facts]}))
    missing = scene.rng.random() < 0.18
    sentences = [] if missing else [fact.sentence for fact in facts]
    near = [_near_miss(scene, scene.rng.choice(facts)) for _ in range(scene.rng.choices((0, 1, 2), (5, 4, 1))[0])]
    passages = _passages(scene, sentences, [text for text in near if text not in sentences], file_name)
    scene.result(format_passages(passages))
    scene.num_searches += 1
    if missing:
        scene.answer(scene.pick_answer(_NOT_FOUND))
    else:
        scene.answer(joint.join(_cited(sentence, passages) for sentence in sentences))


def _write_summary(scene: Scene) -> None:
    file_name = _file_name(scene)
    text = scene.pick(_ABOUT)
    scene.user(f"{text}\n{format_attachments([(file_name, 'file-' + words.nonsense(scene.rng, 2))])}")
    scene.call((FILE_SEARCH_TOOL_NAME, {"queries": [_ABOUT_QUERY[scene.language]]}))
    facts = [_fact(scene) for _ in range(2)]
    turn = scene.num_searches
    passages = [Passage(turn, index, file_name, fact.sentence) for index, fact in enumerate(facts)]
    scene.result(format_passages(passages))
    scene.num_searches += 1
    scene.answer(_cited(facts[0].sentence, passages))


def _cited(sentence: str, passages: list[Passage]) -> str:
    """Put the marker of the passage that holds `sentence` before its full stop's end."""
    passage = next(passage for passage in passages if sentence in passage.text)
    return sentence + citation_marker(passage.turn, passage.index, passage.file_name)


def statement(rng: Random, language: str) -> str:
    """Make one sentence of a document."""
    values = _values(rng, language, rng.choice(lexicon.QUALITIES))
    return fill(rng.choice(rng.choice(_ROWS[language]).sentences), values)


def written_and_asked(rng: Random, language: str) -> tuple[str, str, str]:
    """Return a subject, and with values that have nothing in common what a document says and what asks for it."""
    row = rng.choice(_ROWS[language])
    sentence, question = (
        fill(rng.choice(texts), _values(rng, language, rng.choice(lexicon.QUALITIES)))
        for texts in (row.sentences, row.questions)
    )
    return row.query, sentence, question


def _fact(scene: Scene) -> Fact:
    rng, language = scene.rng, scene.language
    row = rng.choice(_ROWS[language])
    asked, quality = rng.choice(row.questions), rng.choice(lexicon.QUALITIES)
    values = _values(rng, language, quality)
    sentence = fill(rng.choice(row.sentences), values)
    question = fill(asked, values)
    return Fact(row, sentence, question, _query(fill(row.query, values), question), asked, values, quality)


def _query(keywords: str, question: str) -> str:
    """Search for the keywords where they are said, else for the question itself: nothing must be invented."""
    said = question.lower()
    return keywords if all(word in said for word in keywords.lower().split()) else question.rstrip("?.!。")


def _values(rng: Random, language: str, quality: lexicon.Quality) -> dict[str, object]:
    organisation = words.coined(rng, language).title()
    entity = rng.choice(
        (words.person(rng, language), words.city(rng, language), organisation, lexicon.title(rng, language))
    )
    thing = lexicon.a_thing(rng, language)
    if rng.random() < 0.5:
        adjective = rng.choice(lexicon.QUALIFIERS).in_language(language)
        thing = adjective + ("" if language == "zh" else " ") + thing
    return {
        "l": quality.label.in_language(language), "e": entity, "v": lexicon.value(rng, quality.kind, language), "t": thing,
        "i": rng.randint(2, 90), "s": rng.randint(1, 28), "n": words.person(rng, language), "p": words.city(rng, language), "y": rng.randint(1700, 2039),
        "c": rng.choice(lexicon.COLORS).in_language(language), "k": words.code(rng), "m": words.whole(rng), "h": words.clock_time(rng),
        "w": lexicon.a_thing(rng, language), "w2": lexicon.a_thing(rng, language), "q": rng.choice(lexicon.QUALIFIERS).in_language(language),
        "o": organisation, "i2": rng.randint(2, 300), "n2": words.person(rng, language), "a": words.amount(rng),
        "f": words.spoken_date(rng, language), "j": rng.choice(lexicon.WEEKDAYS).in_language(language), "x": words.phone(rng),
        "u": words.email(rng),
    }  # fmt: skip


def _slots(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _near_miss(scene: Scene, fact: Fact) -> str:
    """Write a sentence close to what is asked that does not answer it: of another subject, or of the same but not of this."""
    rng = scene.rng
    asked = _slots(fact.asked)
    others = [
        (sentence, shared)
        for row in _ROWS[scene.language]
        if row is not fact.row and not row.topics & fact.row.topics
        for sentence in row.sentences
        if any((shared := _slots(sentence) & _SUBJECTS & _slots(kept)) for kept in fact.row.sentences)
    ]
    named = sorted(asked & _NAMED)
    if named and (not others or rng.random() < 0.4):
        return _of_another(scene, fact, rng.choice(named))
    if not others:
        return small_talk.aside(scene)
    sentence, shared = rng.choice(others)
    values = _values(rng, scene.language, rng.choice(lexicon.QUALITIES))
    return fill(sentence, values | {name: fact.values[name] for name in shared})


def _of_another(scene: Scene, fact: Fact, changed: str) -> str:
    """Write the same of another subject: everything the question names stays, but for `changed`; the rest is new."""
    rng, quality, old = scene.rng, fact.quality, str(fact.values[changed])
    if changed == "l":
        old = quality.label.en
        quality = rng.choice(
            [other for other in lexicon.QUALITIES if other.kind != quality.kind and not _alike(old, other.label.en)]
        )
    kept = {name: fact.values[name] for name in _slots(fact.asked) if name != changed}
    values = _values(rng, scene.language, quality) | kept
    while changed != "l" and _alike(old, str(values[changed])):
        values |= {changed: _values(rng, scene.language, quality)[changed]}
    return fill(rng.choice(fact.row.sentences), values)


def _alike(first: str, second: str) -> bool:
    return first in second or second in first


def _passages(scene: Scene, facts: list[str], near: list[str], file_name: str) -> list[Passage]:
    """Spread the facts and what comes near over one to eight passages among sentences that answer other questions."""
    rng = scene.rng
    count = max(
        len(facts), bool(near), rng.choices((0, 1, 2, 3, 4, 5, 6, 8), (0 if facts else 2, 3, 4, 4, 3, 2, 1, 1))[0]
    )
    held: list[list[str]] = [[] for _ in range(count)]
    for text in near:
        rng.choice(held).append(text)
    texts = [
        texts
        + [
            _other_sentence(scene)
            for _ in range(rng.choices((0, 1, 2), (3, 4, 2))[0] or (index >= len(facts) and not texts))
        ]
        for index, texts in enumerate(held)
    ]
    for index, fact in enumerate(facts):
        texts[index].insert(rng.randint(0, len(texts[index])), fact)
    for text in texts:
        if rng.random() < 0.5:
            rng.shuffle(text)
    # The best passage comes first more often than not, as a retriever would have it.
    if rng.random() < 0.5:
        rng.shuffle(texts)
    several = rng.random() < 0.3
    paged = rng.random() < 0.3
    joint = "" if scene.language == "zh" else rng.choice((" ", " ", "\n"))
    names = [file_name if not several else rng.choice((file_name, _file_name(scene))) for _ in texts]
    return [
        Passage(scene.num_searches, index, name, joint.join(text), rng.randint(1, 300) if paged else None)
        for index, (text, name) in enumerate(zip(texts, names, strict=True))
    ]


def _other_sentence(scene: Scene) -> str:
    if scene.rng.random() < 0.6:
        return _fact(scene).sentence
    return small_talk.aside(scene)


def _file_name(scene: Scene) -> str:
    rng = scene.rng
    stem = rng.choice(
        (
            rng.choice(lexicon.THINGS).en.replace(" ", "_"),
            words.nonsense(rng),
            words.coined(rng, scene.language),
            f"{words.nonsense(rng, 1)}-{rng.randint(1, 2039)}",
        )
    )
    return f"{stem}.{rng.choice(('pdf', 'txt', 'md', 'docx', 'html'))}"
