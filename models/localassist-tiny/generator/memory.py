"""Writes what the user tells about themselves and others, and the questions about it later."""

from __future__ import annotations

from typing import Final

from generator import lexicon, words
from generator.lexicon import Term
from generator.scene import Scene

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

_TELL: Final = {
    "en": ["My {l} is {v}.", "Remember that my {l} is {v}.", "By the way, my {l} is {v}.", "Please note: my {l} is {v}.",
           "{v} is my {l}.", "For later: my {l} is {v}.", "Just so you know, my {l} is {v}.", "Keep in mind that my {l} is {v}.",
           "Hello, my {l} is {v}.", "I should mention that {v} is my {l}."],
    "ko": ["내 {l}[은는] {v}야.", "제 {l}[은는] {v}입니다.", "기억해 줘. 내 {l}[은는] {v}야.", "참고로 내 {l}[은는] {v}.", "{v}[이가] 내 {l}이야.",
           "안녕하세요, 제 {l}[은는] {v}예요."],
    "zh": ["我的{l}是{v}。", "请记住,我的{l}是{v}。", "顺便说一下,我的{l}是{v}。", "你好,我的{l}是{v}。", "{v}是我的{l}。", "记一下:我的{l}是{v}。"],
}  # fmt: skip
_TELL_NAME: Final = {
    "en": ["I'm {v}.", "Hi, I am {v}.", "Call me {v}.", "Hello, this is {v}.", "People call me {v}."],
    "ko": ["저는 {v}입니다.", "나는 {v}야.", "안녕하세요, {v}라고 합니다.", "{v}라고 불러 줘."],
    "zh": ["我叫{v}。", "你好,我是{v}。", "叫我{v}吧。", "大家叫我{v}。"],
}
_TELL_HOME: Final = {
    "en": ["I live in {v}.", "I come from {v}.", "I was born in {v}.", "I moved to {v} last year."],
    "ko": ["나는 {v}에 살아.", "저는 {v} 출신입니다.", "{v}에서 왔어요."],
    "zh": ["我住在{v}。", "我来自{v}。", "我出生在{v}。"],
}
_ASK_HOME: Final = {
    "en": ["Where do I live?", "Where am I from?", "Which city did I mention?", "Where is my home?"],
    "ko": ["내가 어디에 산다고 했지?", "나는 어디 출신이야?", "내가 사는 곳은?"],
    "zh": ["我住在哪里?", "我来自哪里?", "我说过我在哪个城市?"],
}
_ANSWER_HOME: Final = {"en": ["You are from {v}."], "ko": ["{v}입니다."], "zh": ["您在{v}。"]}
_ASK: Final = {
    "en": ["What is my {l}?", "Do you remember my {l}?", "What's my {l}?", "Can you tell me my {l}?", "What did I say my {l} was?",
           "Which {l} did I tell you?", "Remind me, what is my {l}?", "I forgot my {l}. What was it?", "Tell me my {l}."],
    "ko": ["내 {l}[이가] 뭐야?", "내 {l}[이가] 뭐라고 했지?", "제 {l} 기억하세요?", "내 {l} 알려 줘.", "내 {l}[을를] 말해 줘.", "제 {l}[이가] 뭐였죠?"],
    "zh": ["我的{l}是什么?", "你还记得我的{l}吗?", "我的{l}是多少?", "告诉我我的{l}。", "我刚才说我的{l}是什么?", "我忘了我的{l},是什么?"],
}  # fmt: skip
_ANSWER: Final = {"en": ["Your {l} is {v}."], "ko": ["{l}[은는] {v}입니다."], "zh": ["您的{l}是{v}。"]}
_UNTOLD: Final = {
    "en": ["You have not told me your {l}."],
    "ko": ["{l}[은는] 아직 알려 주지 않으셨습니다."],
    "zh": ["您还没有告诉我您的{l}。"],
}
_NOTED: Final = {"en": ["Noted: {l} {v}."], "ko": ["기억하겠습니다: {l} {v}."], "zh": ["记住了:{l}{v}。"]}
_WELCOME: Final = {"en": ["Nice to meet you, {v}."], "ko": ["{v}님, 반갑습니다."], "zh": ["{v},很高兴认识您。"]}
_CHANGE: Final = {
    "en": ["Actually, my {l} is {v} now.", "Correction: my {l} is {v}.", "My {l} has changed to {v}."],
    "ko": ["아니, 내 {l}[은는] 이제 {v}야.", "정정할게. 내 {l}[은는] {v}야."],
    "zh": ["更正一下,我的{l}是{v}。", "现在我的{l}改成{v}了。"],
}
_TELL_OTHER: Final = {
    "en": ["The {l} of {o} is {v}.", "{o}'s {l} is {v}.", "Note that the {l} for {o} is {v}.", "{o} has the {l} {v}."],
    "ko": ["{o}의 {l}[은는] {v}야.", "{o} {l}: {v}. 기억해 줘.", "참고로 {o}의 {l}[은는] {v}입니다."],
    "zh": ["{o}的{l}是{v}。", "记住:{o}的{l}是{v}。", "{o}的{l}为{v}。"],
}
_ASK_OTHER: Final = {
    "en": ["What is the {l} of {o}?", "What is {o}'s {l}?", "Which {l} does {o} have?", "Tell me the {l} for {o}."],
    "ko": ["{o}의 {l}[은는] 뭐야?", "{o}의 {l} 알려 줘.", "{o} {l}[이가] 뭐였지?"],
    "zh": ["{o}的{l}是什么?", "{o}的{l}是多少?", "告诉我{o}的{l}。"],
}
_ANSWER_OTHER: Final = {
    "en": ["The {l} of {o} is {v}."],
    "ko": ["{o}의 {l}[은는] {v}입니다."],
    "zh": ["{o}的{l}是{v}。"],
}


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


def _tell(scene: Scene) -> None:
    rng = scene.rng
    label, kind = rng.choice(PERSONAL)
    if rng.random() < 0.2:
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
    scene.user(scene.pick(_ASK, l=label.in_language(scene.language)))
    scene.answer(scene.pick_answer(_UNTOLD, l=_own_label(label, scene.answer_language)))


def _own_label(label: Term, language: str) -> str:
    return label.in_language(language)
