"""Writes the file search parts of a dialogue: look up, answer in the passage's own sentence with its marker, or say it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
# Each row: the sentence in the document | questions it answers (";" between them) | what to search for.
_FACTS: Final = _PHRASES["facts"]
_NOT_FOUND: Final = _PHRASES["not_found"]
_ABOUT: Final = _PHRASES["about"]
_ABOUT_QUERY: Final = {"en": "main topic", "ko": "주요 내용", "zh": "主要内容"}
_PREFACE: Final = _PHRASES["preface"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence of a document with a question that it answers."""

    sentence: str
    question: str
    query: str


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
    missing = scene.rng.random() < 0.2
    passages = _passages(scene, [] if missing else facts, file_name)
    scene.result(format_passages(passages))
    scene.num_searches += 1
    if missing:
        scene.answer(scene.pick_answer(_NOT_FOUND))
    else:
        scene.answer(joint.join(_cited(fact.sentence, passages) for fact in facts))


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


def _fact(scene: Scene) -> Fact:
    rng, language = scene.rng, scene.language
    sentence, questions, query = rng.choice(_FACTS[language]).split("|")
    quality = rng.choice(lexicon.QUALITIES)
    entity = rng.choice(
        (
            words.person(rng, language),
            words.city(rng, language),
            words.coined(rng, language).title(),
            lexicon.title(rng, language),
        )
    )
    thing = lexicon.a_thing(rng, language)
    if rng.random() < 0.5:
        adjective = rng.choice(lexicon.QUALIFIERS).in_language(language)
        thing = adjective + ("" if language == "zh" else " ") + thing
    values: dict[str, object] = {
        "l": quality.label.in_language(language), "e": entity, "v": lexicon.value(rng, quality.kind, language), "t": thing,
        "i": rng.randint(2, 90), "n": words.person(rng, language), "p": words.city(rng, language), "y": rng.randint(1700, 2039),
        "c": rng.choice(lexicon.COLORS).in_language(language), "k": words.code(rng), "m": words.whole(rng), "h": words.clock_time(rng),
        "w": lexicon.a_thing(rng, language), "w2": lexicon.a_thing(rng, language), "q": rng.choice(lexicon.QUALIFIERS).in_language(language),
    }  # fmt: skip
    return Fact(fill(sentence, values), fill(rng.choice(questions.split(";")), values), fill(query, values))


def _passages(scene: Scene, facts: list[Fact], file_name: str) -> list[Passage]:
    """Spread the facts over one to eight passages among sentences that answer other questions."""
    rng = scene.rng
    count = max(len(facts), rng.choices((0, 1, 2, 3, 4, 5, 6, 8), (0 if facts else 2, 3, 4, 4, 3, 2, 1, 1))[0])
    texts = [
        [_other_sentence(scene) for _ in range(rng.choices((0, 1, 2), (3, 4, 2))[0] or (index >= len(facts)))]
        for index in range(count)
    ]
    for index, fact in enumerate(facts):
        texts[index].insert(rng.randint(0, len(texts[index])), fact.sentence)
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
