"""Writes what the user tells about themselves and others, and the questions about it later."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from generator import lexicon, small_talk, words
from generator.phrases import read_phrases
from generator.scene import Scene, fill
from generator.terms import Term

# What people tell, and the kind of value it has.
_PERSONAL: Final = """
name|이름|名字|person; dog's name|강아지 이름|狗的名字|person; cat's name|고양이 이름|猫的名字|person; favorite color|좋아하는 색|最喜欢的颜色|color;
home town|고향|家乡|city; birthday|생일|生日|date; job|직업|工作|thing; phone number|전화번호|电话号码|phone; email|이메일|邮箱|email;
wifi password|와이파이 비밀번호|无线密码|code; favorite food|좋아하는 음식|最喜欢的食物|thing; age|나이|年龄|integer; sister's name|여동생 이름|妹妹的名字|person;
brother's name|형 이름|哥哥的名字|person; boss|상사|老板|person; teacher|선생님|老师|person; employee number|사번|工号|code; flight number|항공편 번호|航班号|code;
room number|방 번호|房间号|integer; meeting time|회의 시간|会议时间|time; deadline|마감일|截止日期|date; budget|예산|预算|integer; lucky number|행운의 숫자|幸运数字|integer;
favorite book|좋아하는 책|最喜欢的书|title; favorite song|좋아하는 노래|最喜欢的歌|title; company|회사|公司|company; address|주소|地址|street; car|차|车|company;
project name|프로젝트 이름|项目名称|title; order number|주문 번호|订单号|code; shoe size|신발 크기|鞋码|integer; hobby|취미|爱好|thing; best friend|친한 친구|最好的朋友|person;
daughter|딸|女儿|person; son|아들|儿子|person; wife|아내|妻子|person; husband|남편|丈夫|person; doctor|의사|医生|person; hotel|호텔|酒店|company;
destination|여행지|目的地|city; seat|좌석|座位|code; locker code|사물함 번호|储物柜密码|code; team|팀|团队|company; goal|목표|目标|phrase; allergy|알레르기|过敏|thing
"""
PERSONAL: Final = [(Term(*row.split("|")[:3]), row.split("|")[3]) for row in " ".join(_PERSONAL.split()).split("; ")]

_PHRASES: Final = read_phrases("memory")
_TELL: Final = _PHRASES["tell"]
_TELL_NAME: Final = _PHRASES["tell_name"]
_TELL_HOME: Final = _PHRASES["tell_home"]
_ASK_HOME: Final = _PHRASES["ask_home"]
_ANSWER_HOME: Final = _PHRASES["answer_home"]
_ASK: Final = _PHRASES["ask"]
_ANSWER: Final = _PHRASES["answer"]
_UNTOLD: Final = _PHRASES["untold"]
_NOTED: Final = _PHRASES["noted"]
_WELCOME: Final = _PHRASES["welcome"]
_CHANGE: Final = _PHRASES["change"]
_TELL_OTHER: Final = _PHRASES["tell_other"]
_ASK_OTHER: Final = _PHRASES["ask_other"]
_ANSWER_OTHER: Final = _PHRASES["answer_other"]


# What is told, in several ways | what is asked later, in several ways | the answer.
_FACTS: Final = _PHRASES["facts"]
_RELATIONS: Final = _PHRASES["relations"]
_NODS: Final = _PHRASES["nods"]
_LEAD: Final = _PHRASES["lead"]
_CORRECT: Final = _PHRASES["correct"]
_SMALL_TALK: Final = read_phrases("small_talk")["asides_short"]
# What is told | what is asked later | the answer.
_TOLD: Final = _PHRASES["told"]
_SLOT: Final = re.compile(r"\{(\w+)\}")
Told = tuple[list[str], dict[str, object]]


def write_told(scene: Scene) -> None:
    """Let the user tell one to three things in plain sentences, then ask for one of them."""
    rng, language = scene.rng, scene.language
    rows = rng.sample(_TOLD[language], rng.randint(1, 3))
    told = [(row.split("|"), _told_values(rng, language)) for row in rows]
    statements = [fill(parts[0], values) for parts, values in told]
    joint = "" if language == "zh" else " "
    noted = {"en": "Noted.", "ko": "기억하겠습니다.", "zh": "记住了。"}[scene.answer_language]
    for statement in statements if rng.random() < 0.5 else [joint.join(statements)]:
        scene.user(statement)
        scene.answer(noted)
    parts, values = rng.choice(told)
    scene.user(fill(parts[1], values))
    index = _TOLD[language].index("|".join(parts))
    if scene.answer_language == language:
        scene.answer(fill(_TOLD[language][index].split("|")[2], values))
    else:
        scene.answer(next(str(v) for k, v in values.items() if "{" + k + "}" in parts[2]))


def _told_values(rng: Random, language: str) -> dict[str, object]:
    return {
        "t": lexicon.a_thing(rng, language),
        "p": words.city(rng, language),
        "i": rng.randint(2, 99),
        "d": words.iso_date(rng),
        "m": words.whole(rng),
        "h": words.clock_time(rng),
        "n": words.person(rng, language),
        "k": words.code(rng),
        "c": rng.choice(lexicon.COLORS).in_language(language),
    }


def write_fact(scene: Scene) -> None:
    """Let the user tell one to three things in many ways, talk of other things, then ask for one of them."""
    rng, language = scene.rng, scene.language
    rows = rng.sample(_FACTS[language], rng.choices((1, 2, 3, 4), (3, 3, 2, 1))[0])
    told = [(row.split("|"), _fact_values(rng, language)) for row in rows]
    statements = [fill(_sentence(rng.choice(parts[0].split(";")), language), values) for parts, values in told]
    joint = "" if language == "zh" else " "
    for statement in statements if rng.random() < 0.5 else [joint.join(statements)]:
        scene.user(statement)
        _nod(scene)
    if rng.random() < 0.25:
        index = rng.randrange(len(told))
        told[index] = _corrected(scene, *told[index])
    if rng.random() < 0.3:
        scene.user(scene.pick(_SMALL_TALK))
        _nod(scene)
    for parts, values in rng.sample(told, rng.randint(1, len(told))):
        question = fill(rng.choice(parts[1].split(";")), values)
        scene.user(rng.choice(_LEAD[language]).replace("{0}", question))
        if scene.answer_language == language:
            scene.answer(fill(parts[2], values))
        else:
            scene.answer(next(str(value) for key, value in values.items() if "{" + key + "}" in parts[2]))
    if rng.random() < 0.4:
        _ask_of_another(scene, *rng.choice(told))


def _corrected(scene: Scene, parts: list[str], values: dict[str, object]) -> Told:
    """Take back what a fact answers and tell it anew; what its questions name stays."""
    asked = set(_SLOT.findall(parts[1]))
    new = _fact_values(scene.rng, scene.language)
    values = values | {key: new[key] for key in _SLOT.findall(parts[2]) if key not in asked}
    if not set(_SLOT.findall(parts[2])) - asked:
        return parts, values
    statement = fill(_sentence(scene.rng.choice(parts[0].split(";")), scene.language), values)
    scene.user(scene.rng.choice(_CORRECT[scene.language]).replace("{0}", statement))
    _nod(scene)
    return parts, values


def _ask_of_another(scene: Scene, parts: list[str], values: dict[str, object]) -> None:
    """Ask the same of a person, a thing or a relative of whom nothing was told."""
    questions = [(text, key) for text in parts[1].split(";") for key in _SLOT.findall(text) if key in "ntr"]
    if not questions:
        return
    question, key = scene.rng.choice(questions)
    other = str(_fact_values(scene.rng, scene.language)[key])
    if not scene.mentions(other):
        asked = fill(question, values | {key: other})
        scene.user(scene.rng.choice(_LEAD[scene.language]).replace("{0}", asked))
        small_talk.decline(scene)


def _nod(scene: Scene) -> None:
    """Answer what the user tells: as the assistant is taught to, or as other assistants might."""
    if scene.rng.random() < 0.4:
        scene.answer({"en": "Noted.", "ko": "기억하겠습니다.", "zh": "记住了。"}[scene.answer_language])
    else:
        scene.messages.append({"role": "assistant", "content": scene.pick(_NODS), "learn": False})


def _sentence(text: str, language: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith("?") else text + ("。" if language == "zh" else ".")


def _fact_values(rng: Random, language: str) -> dict[str, object]:
    colors = rng.sample(lexicon.COLORS, 2)
    return _told_values(rng, language) | {
        "u": lexicon.a_thing(rng, language),
        "q": words.city(rng, language),
        "i2": rng.randint(2, 99),
        "n2": words.person(rng, language),
        "f": words.spoken_date(rng, language),
        "f2": words.spoken_date(rng, language),
        "g": words.spoken_time(rng, language),
        "e": words.email(rng),
        "x": words.phone(rng),
        "w": words.coined(rng, language) if rng.random() < 0.6 else lexicon.a_thing(rng, language),
        "b": lexicon.title(rng, language),
        "b2": lexicon.title(rng, language),
        "c": colors[0].in_language(language),
        "c2": colors[1].in_language(language),
        "r": rng.choice(_RELATIONS[language]),
        "s": rng.choice(words.ZH_SURNAMES) if rng.random() < 0.6 else words.coined(rng, "zh"),
    }


def told_and_asked(rng: Random, language: str) -> tuple[str, str, str]:
    """Return a fact, and with values that have nothing in common what is told of it and what asks for it."""
    fact = rng.choice(_FACTS[language])
    told, asked, _ = fact.split("|")
    statement, question = (fill(rng.choice(text.split(";")), _fact_values(rng, language)) for text in (told, asked))
    return fact, statement, question


def write_telling(scene: Scene) -> None:
    """Let the user tell one to three facts; the assistant notes them."""
    for _ in range(scene.rng.choices((1, 2, 3), (5, 3, 1))[0]):
        _tell(scene)


def write_recall(scene: Scene) -> None:
    """Ask for a fact told earlier, tell one first when there is none; now and then ask for one never told."""
    if not scene.facts:
        write_telling(scene)
    if scene.rng.random() < 0.2:
        _ask_untold(scene)
        return
    label_en = scene.rng.choice(list(scene.facts))
    _ask(scene, label_en)


def write_others(scene: Scene) -> None:
    """Tell the same quality of several people or things, then ask for one of them."""
    rng, language = scene.rng, scene.language
    quality = rng.choice(lexicon.QUALITIES)
    label = quality.label.in_language(language)
    owners = {
        words.person(rng, language) if rng.random() < 0.6 else lexicon.title(rng, language)
        for _ in range(rng.randint(1, 4))
    }
    told = [(owner, str(lexicon.value(rng, quality.kind, language))) for owner in sorted(owners)]
    joint = "" if language == "zh" else " "
    shape = rng.choice(_TELL_OTHER[language])
    rng.shuffle(told)
    statements = [scene.pick({language: [shape]}, l=label, o=owner, v=value) for owner, value in told]
    owner, value = rng.choice(told)
    question = scene.pick(_ASK_OTHER, l=label, o=owner)
    if rng.random() < 0.5:
        scene.user(joint.join([*statements, question]))
    else:
        scene.user(joint.join(statements))
        scene.answer({"en": "Noted.", "ko": "기억하겠습니다.", "zh": "记住了。"}[scene.answer_language])
        scene.user(question)
    label = quality.label.in_language(scene.answer_language)
    scene.answer(scene.pick_answer(_ANSWER_OTHER, l=label, o=owner, v=value))
    other = words.person(rng, language)
    if rng.random() < 0.2 and not scene.mentions(other):
        scene.user(scene.pick(_ASK_OTHER, l=quality.label.in_language(language), o=other))
        small_talk.decline(scene)


def _tell(scene: Scene) -> None:
    rng = scene.rng
    label, kind = rng.choice(PERSONAL)
    if rng.random() < 0.3:
        label, kind = PERSONAL[0]
    if rng.random() < 0.12:
        made_up = words.coined(rng, scene.language)
        label, kind = Term(made_up, made_up, made_up), rng.choice(("word", "code", "integer", "person"))
    value = str(lexicon.value(rng, kind, scene.language))
    texts = _TELL if label.en not in scene.facts else _CHANGE
    if label.en == "name" and rng.random() < 0.5:
        texts = _TELL_NAME
    if label.en == "home town" and rng.random() < 0.6:
        texts = _TELL_HOME
    scene.facts[label.en] = value
    scene.user(scene.pick(texts, l=label.in_language(scene.language), v=value))
    if label.en == "name":
        scene.answer(
            scene.pick_answer(_WELCOME, v=value),
            {"en": "How can I help you?", "ko": "무엇을 도와드릴까요?", "zh": "有什么可以帮您?"}[scene.answer_language],
        )
    else:
        scene.answer(scene.pick_answer(_NOTED, l=_own_label(label, scene.answer_language), v=value))


def _ask(scene: Scene, label_en: str) -> None:
    label = next((label for label, _ in PERSONAL if label.en == label_en), Term(label_en, label_en, label_en))
    value = scene.facts[label_en]
    if label_en == "home town" and scene.rng.random() < 0.5:
        scene.user(scene.pick(_ASK_HOME))
        scene.answer(scene.pick_answer(_ANSWER_HOME, v=value))
        return
    if label_en == "name" and scene.rng.random() < 0.3:
        scene.user(
            scene.pick(
                {
                    "en": ["Who am I?", "Do you know who I am?", "How do people call me?"],
                    "ko": ["내가 누구지?", "제가 누구라고 했죠?"],
                    "zh": ["我是谁?", "你知道我是谁吗?"],
                }
            )
        )
    else:
        scene.user(scene.pick(_ASK, l=label.in_language(scene.language)))
    scene.answer(scene.pick_answer(_ANSWER, l=_own_label(label, scene.answer_language), v=value))


def _ask_untold(scene: Scene) -> None:
    untold = [label for label, _ in PERSONAL if label.en not in scene.facts]
    label = scene.rng.choice(untold)
    if label.en == "name" and scene.manner.address_as:
        return
    question = scene.pick(_ASK, l=label.in_language(scene.language))
    scene.user(scene.rng.choice(_LEAD[scene.language]).replace("{0}", question))
    scene.answer(scene.pick_answer(_UNTOLD, l=_own_label(label, scene.answer_language)))


def _own_label(label: Term, language: str) -> str:
    return label.in_language(language)
