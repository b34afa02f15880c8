"""Writes the file search parts of a dialogue: look up, answer in the passage's own sentence with its marker, or say it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator import lexicon, small_talk, words
from generator.scene import Scene, Texts, fill
from localassist.runs.hosted_tools import (
    FILE_SEARCH_TOOL_NAME,
    Passage,
    citation_marker,
    file_search_tool,
    format_attachments,
    format_passages,
)

# Each row: the sentence in the document | questions it answers (";" between them) | what to search for.
_FACTS: Final[Texts] = {
    "en": [
        "The {l} of {e} is {v}.|What is the {l} of {e}?;Tell me the {l} of {e}.;Which {l} does {e} have?;Do the documents give the {l} of {e}?|{l} of {e}",
        "{e} has a {l} of {v}.|What {l} does {e} have?;How is the {l} of {e} given?;{e}: {l}?|{l} of {e}",
        "For {e}, the {l} is set to {v}.|What is the {l} for {e}?;Find the {l} for {e} in my files.|{l} for {e}",
        "The {t} must be checked every {i} days.|How often must the {t} be checked?;When do I have to check the {t}?|check the {t}",
        "The {t} can be returned within {i} days.|How long can I return the {t}?;What is the return period for the {t}?;Can I give the {t} back?|return the {t}",
        "{n} is responsible for the {t}.|Who is responsible for the {t}?;Who looks after the {t}?;Who is in charge of the {t}?|responsible for the {t}",
        "The {t} is located in {p}.|Where is the {t} located?;Where can I find the {t}?;In which place is the {t}?|location of the {t}",
        "Press the {c} button to reset the {t}.|How do I reset the {t}?;Which button resets the {t}?|reset the {t}",
        "The {t} was founded by {n} in {y}.|Who founded the {t}?;When was the {t} founded?;In what year did the {t} start?|{t} founded",
        "Use the code {k} to open the {t}.|What code opens the {t}?;How do I open the {t}?;Which code do I need for the {t}?|code to open the {t}",
        "The {t} costs {m} dollars per month.|How much does the {t} cost?;What is the monthly price of the {t}?;What do I pay for the {t}?|cost of the {t}",
        "Employees get {i} days of {t} leave.|How many days of {t} leave do employees get?;How much {t} leave is there?|{t} leave",
        "The {t} opens at {h} and closes at night.|When does the {t} open?;What time does the {t} open?;Opening time of the {t}?|opening time of the {t}",
        "{n} discovered the {t} near {p}.|Who discovered the {t}?;Where was the {t} discovered?|discovered the {t}",
        "The warranty of the {t} lasts {i} months.|How long is the warranty of the {t}?;How many months of warranty does the {t} have?|warranty of the {t}",
        "To clean the {t}, use {q} water.|How do I clean the {t}?;What do I need to clean the {t}?|clean the {t}",
    ],
    "ko": [
        "{e}의 {l}[은는] {v}입니다.|{e}의 {l}[은는] 뭐야?;{e}의 {l} 알려 줘.;문서에서 {e}의 {l}[을를] 찾아 줘.|{e}의 {l}",
        "{t}[은는] {i}일 안에 반품할 수 있습니다.|{t}[은는] 며칠 안에 반품할 수 있어?;{t} 반품 기간은?|{t} 반품",
        "{n}[이가] {t} 담당자입니다.|{t} 담당자는 누구야?;누가 {t}[을를] 담당해?|{t} 담당자",
        "{t}[은는] {p}에 있습니다.|{t}[은는] 어디에 있어?;{t} 위치 알려 줘.|{t} 위치",
        "{t}의 가격은 한 달에 {m}원입니다.|{t}[은는] 얼마야?;{t}의 월 가격은?|{t} 가격",
        "{t}[은는] {h}에 문을 엽니다.|{t}[은는] 몇 시에 열어?;{t} 여는 시간은?|{t} 여는 시간",
        "{t}의 보증 기간은 {i}개월입니다.|{t} 보증 기간은 얼마야?;{t}의 보증은 몇 개월이야?|{t} 보증 기간",
        "{t}[을를] 열려면 코드 {k}[을를] 쓰세요.|{t}[을를] 여는 코드는?;{t}[은는] 어떻게 열어?|{t} 코드",
        "{t}[은는] {y}년에 {n}[이가] 만들었습니다.|{t}[은는] 누가 만들었어?;{t}[은는] 언제 만들어졌어?|{t} 만든 사람",
    ],
    "zh": [
        "{e}的{l}是{v}。|{e}的{l}是什么?;告诉我{e}的{l}。;在文件里查{e}的{l}。|{e}的{l}",
        "{t}可以在{i}天内退货。|{t}多少天内可以退货?;{t}的退货期限是多久?|{t}退货",
        "{n}负责{t}。|谁负责{t}?;{t}的负责人是谁?|{t}负责人",
        "{t}位于{p}。|{t}在哪里?;{t}位于什么地方?|{t}位置",
        "{t}每月的价格是{m}元。|{t}多少钱?;{t}每月要付多少?|{t}价格",
        "{t}在{h}开门。|{t}几点开门?;{t}什么时候开?|{t}开门时间",
        "{t}的保修期是{i}个月。|{t}的保修期多长?;{t}保修几个月?|{t}保修期",
        "打开{t}需要代码{k}。|打开{t}的代码是什么?;怎么打开{t}?|{t}代码",
        "{t}由{n}于{y}年创建。|{t}是谁创建的?;{t}是哪年创建的?|{t}创建",
    ],
}  # fmt: skip
_NOT_FOUND: Final[Texts] = {
    "en": ["I could not find this in the files."],
    "ko": ["파일에서 찾을 수 없습니다."],
    "zh": ["在文件中没有找到。"],
}
_ABOUT: Final[Texts] = {
    "en": [
        "What is this document about?",
        "Summarize the file.",
        "What does the file say?",
        "Give me a short summary of the document.",
    ],
    "ko": ["이 문서는 무슨 내용이야?", "파일을 요약해 줘."],
    "zh": ["这个文件讲什么?", "请总结这份文件。"],
}
_ABOUT_QUERY: Final = {"en": "main topic", "ko": "주요 내용", "zh": "主要内容"}
_PREFACE: Final[Texts] = {
    "en": [
        "{0}",
        "{0}",
        "{0}",
        "According to the documents, {0}",
        "Look in the files: {0}",
        "{0} Please cite the source.",
        "Search my files. {0}",
    ],
    "ko": ["{0}", "{0}", "문서에 따르면 {0}", "파일에서 찾아 줘. {0}", "{0} 출처도 알려 줘."],
    "zh": ["{0}", "{0}", "根据文件,{0}", "请在文件中查找。{0}", "{0}请注明出处。"],
}


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
        "q": rng.choice(lexicon.QUALIFIERS).in_language(language),
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
