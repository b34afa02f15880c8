"""Writes greetings, thanks, questions about the assistant itself, long asides, and what it must decline to know."""

from __future__ import annotations

from typing import Final

from generator import lexicon, words
from generator.scene import Scene, Texts, fill

_TALK: Final[list[tuple[Texts, Texts]]] = [
    (
        {"en": ["Hello!", "Hi", "Hey there", "Good morning.", "Good evening!", "Hi, can you help me?", "Hello, are you there?", "hey"],
         "ko": ["안녕!", "안녕하세요.", "좋은 아침이야.", "저기요, 도와줄 수 있어?"], "zh": ["你好!", "您好。", "早上好!", "你能帮我吗?"]},
        {"en": ["Hello! How can I help you?"], "ko": ["안녕하세요! 무엇을 도와드릴까요?"], "zh": ["您好!有什么可以帮您?"]},
    ),
    (
        {"en": ["Thanks!", "Thank you very much.", "Great, thank you.", "Perfect, thanks a lot.", "That helps.", "Thanks for your help."],
         "ko": ["고마워!", "감사합니다.", "도움이 됐어. 고마워."], "zh": ["谢谢!", "非常感谢。", "太好了,谢谢你。"]},
        {"en": ["You are welcome!"], "ko": ["천만에요!"], "zh": ["不客气!"]},
    ),
    (
        {"en": ["Who are you?", "What are you?", "What can you do?", "Introduce yourself.", "Are you a human?", "What is your name?", "How smart are you?"],
         "ko": ["너는 누구야?", "뭘 할 수 있어?", "자기소개 해 줘.", "너 사람이야?"], "zh": ["你是谁?", "你能做什么?", "介绍一下你自己。", "你是人吗?"]},
        {"en": ["I am a small demonstration model that runs on your machine and works with tools and files."],
         "ko": ["저는 이 컴퓨터에서 실행되는 작은 시연용 모델이며 도구와 파일로 일합니다."], "zh": ["我是在您电脑上运行的小型演示模型,使用工具和文件工作。"]},
    ),
    (
        {"en": ["Goodbye!", "Bye", "See you later.", "That is all for today.", "Good night."], "ko": ["잘 있어!", "안녕히 계세요.", "오늘은 여기까지."],
         "zh": ["再见!", "拜拜。", "今天就到这里。"]},
        {"en": ["Goodbye!"], "ko": ["안녕히 가세요!"], "zh": ["再见!"]},
    ),
    (
        {"en": ["How are you?", "How are you doing today?", "Is everything fine?", "How is it going?"], "ko": ["어떻게 지내?", "잘 지내세요?"],
         "zh": ["你好吗?", "最近怎么样?"]},
        {"en": ["I am fine, thank you."], "ko": ["잘 지내고 있습니다."], "zh": ["我很好,谢谢。"]},
    ),
    (
        {"en": ["Okay.", "I see.", "Good.", "All right.", "Understood."], "ko": ["알겠어.", "좋아.", "그렇구나."], "zh": ["好的。", "明白了。", "知道了。"]},
        {"en": ["What else can I do for you?"], "ko": ["더 도와드릴 일이 있나요?"], "zh": ["还有什么可以帮您?"]},
    ),
]  # fmt: skip

_UNKNOWN: Final = {
    "en": ["Who won the {t} championship in {y}?", "Who invented the {t}?", "What is the capital of {p}?", "When was {n} born?", "Who is {n}?",
           "How tall is the {t} tower in {p}?", "What happened in {p} in {y}?", "Who wrote {b}?", "How many people live in {p}?",
           "What is the latest news from {p}?", "Who is the president of {p}?", "Tell me about the history of {p}.", "What is {n} famous for?",
           "When did the {t} war end?", "How far is {p} from {q}?", "Which team won yesterday?", "What is the price of gold today?",
           "Who directed the film {b}?", "Why did {n} leave {p}?", "What will happen in {y}?", "Will it rain tomorrow in {p}?",
           "What is the phone number of {n}?", "How old is {n}?", "What year was {p} founded?", "Which river flows through {p}?",
           "What's the boiling point of {t}?", "Who painted {b}?", "What did {n} say about {t}?", "How long is the {p} river?",
           "Who is the current champion of {t}?", "What language do they speak in {p}?", "Explain the theory of {t}.",
           "What is the best {t} in {p}?", "Tell me a fact about {t}.", "Which country makes the most {t}?", "What are the lyrics of {b}?",
           "What did I eat yesterday?", "What am I thinking of?", "What is in my pocket?", "How many {t} are there in {p}?",
           "Who was the first person in {p}?", "What did the {t} cost in {y}?", "Where does {n} live?", "Is {n} married?"],
    "ko": ["{y}년 {t} 대회는 누가 우승했어?", "{t}[은는] 누가 발명했어?", "{p}의 수도는 어디야?", "{n}[은는] 언제 태어났어?", "{n}[은는] 누구야?",
           "{p}의 인구는 몇 명이야?", "{b}[은는] 누가 썼어?", "{p}의 최신 소식 알려 줘.", "{y}년에 {p}에서 무슨 일이 있었어?", "{p}의 역사를 설명해 줘.",
           "오늘 금값이 얼마야?", "어제 경기 누가 이겼어?", "{n}[은는] 왜 유명해?", "{p}에서 {q}까지 얼마나 멀어?", "{p}의 대통령은 누구야?",
           "내가 어제 뭘 먹었지?", "{n}[은는] 어디에 살아?", "가장 좋은 {t}[은는] 뭐야?", "{t} 이론을 설명해 줘.", "내일 {p}에 비가 올까?"],
    "zh": ["{y}年{t}比赛谁赢了?", "{t}是谁发明的?", "{p}的首都是哪里?", "{n}是什么时候出生的?", "{n}是谁?", "{p}有多少人口?", "{b}是谁写的?",
           "{p}有什么新闻?", "{y}年{p}发生了什么?", "讲讲{p}的历史。", "今天黄金多少钱?", "昨天的比赛谁赢了?", "{n}为什么有名?", "{p}离{q}多远?",
           "{p}的总统是谁?", "我昨天吃了什么?", "{n}住在哪里?", "最好的{t}是什么?", "解释一下{t}理论。", "明天{p}会下雨吗?"],
}  # fmt: skip
_DECLINE: Final = {
    "en": ["I don't know that."],
    "ko": ["그것은 알지 못합니다."],
    "zh": ["我不知道这个。"],
}
_WHY: Final = {
    "en": "I only know what is in this conversation and what my tools return.",
    "ko": "저는 이 대화에 있는 내용과 도구가 알려 주는 것만 압니다.",
    "zh": "我只知道这次对话里的内容和工具返回的结果。",
}
_ASIDES: Final = {
    "en": ["Yesterday I went to the {t} with {n}. We saw a {q} {t2} and it was {s}.", "I think the {t} near {p} is too {q}.",
           "{n} told me that the {t} will be {s} for {i} days.", "We bought {i} {t2} in {p}, and the {t} was {q}.",
           "It has been a long week. The {t} is {s}, the {t2} is {q}, and {n} is in {p}.", "My {t} broke, so {n} lent me a {t2}.",
           "At work we talk about the {q} {t} all day.", "The {t} in {p} opens at {i}.", "I read a {t} about {q} {t2}."],
    "ko": ["어제 {n}[와과] {t}에 갔어. {q} {t2}[을를] 봤어.", "{p} 근처의 {t}[은는] 너무 {s}인 것 같아.", "{n}[이가] {t}[은는] {i}일 동안 {s}라고 했어.",
           "{p}에서 {t2} {i}개를 샀어.", "이번 주는 정말 길었어. {t}도 {s}, {t2}도 {s}야."],
    "zh": ["昨天我和{n}去了{t},看到了{q}{t2}。", "我觉得{p}附近的{t}太{s}了。", "{n}说{t}要{s}{i}天。", "我们在{p}买了{i}个{t2}。",
           "这周很长,{t}{s},{t2}也{s}。"],
}  # fmt: skip
_LISTENING: Final = {
    "en": ["I see. Tell me what I can do for you."],
    "ko": ["그렇군요. 도울 일이 있으면 말씀해 주세요."],
    "zh": ["明白了。有需要请告诉我。"],
}


def write_talk(scene: Scene) -> None:
    """A greeting, thanks or a question about the assistant."""
    said, answers = scene.rng.choice(_TALK)
    if scene.rng.random() < 0.25:
        said, answers = _TALK[0]
    scene.user(scene.pick(said))
    scene.answer(scene.pick_answer(answers))


def write_decline(scene: Scene) -> None:
    """Ask about the world; the assistant says that it does not know."""
    scene.user(scene.pick(_UNKNOWN, **_details(scene)))
    scene.answer(scene.pick_answer(_DECLINE), _WHY[scene.answer_language])


def write_aside(scene: Scene) -> None:
    """Let the user talk at length about nothing that needs work."""
    count = scene.rng.choice((1, 2, 3, 5, 8))
    scene.user(("" if scene.language == "zh" else " ").join(aside(scene) for _ in range(count)))
    scene.answer(scene.pick_answer(_LISTENING))


def aside(scene: Scene) -> str:
    """Make a sentence that asks for nothing."""
    return fill(scene.rng.choice(_ASIDES[scene.language]), _details(scene))


def _details(scene: Scene) -> dict[str, object]:
    rng, language = scene.rng, scene.language
    return {
        "t": lexicon.a_thing(rng, language),
        "t2": lexicon.a_thing(rng, language),
        "p": words.city(rng, language),
        "q": words.city(rng, language) if rng.random() < 0.5 else rng.choice(lexicon.QUALIFIERS).in_language(language),
        "n": words.person(rng, language),
        "b": lexicon.title(rng, language),
        "s": rng.choice(lexicon.STATUSES).in_language(language),
        "y": rng.randint(1200, 2040),
        "i": rng.randint(2, 40),
    }
