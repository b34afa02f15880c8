"""Writes greetings, thanks, questions about the assistant itself, long asides, and what it must decline to know."""

from __future__ import annotations

from typing import Final

from generator import lexicon, words
from generator.phrases import read_phrases
from generator.scene import Scene, Texts, fill

_EXCHANGES: Final = ("greeting", "thanks", "self", "farewell", "wellbeing", "acknowledgement")

_PHRASES: Final = read_phrases("small_talk")
_UNKNOWN: Final = _PHRASES["unknown"]
# Questions put together word by word: what is asked about the world varies more than any list.
_ASSEMBLED: Final = _PHRASES["assembled"]
_WORLD: Final[dict[str, Texts]] = {
    "W": {
        "en": ["Who", "When", "Where", "What", "Which", "Why", "How"],
        "ko": ["누가", "언제", "어디서", "왜", "어떻게", "몇 년에"],
        "zh": ["谁", "什么时候", "哪里", "多少", "几", "为什么"],
    },
    "V": {
        "en": [
            "won",
            "wrote",
            "found",
            "built",
            "ruled",
            "is",
            "was",
            "made",
            "discovered",
            "lost",
            "leads",
            "owns",
            "sang",
            "played",
            "beat",
            "composed",
        ],
        "ko": ["이겼어", "썼나요", "만들었어", "발견했나요", "지었어", "죽었나요", "태어났어", "시작했나요"],
        "zh": ["是", "有", "发现了", "写了", "赢了", "建了", "在", "需要"],
    },
    "A": {
        "en": [
            "highest",
            "oldest",
            "largest",
            "first",
            "last",
            "best",
            "deep",
            "heavy",
            "fast",
            "famous",
            "longest",
            "current",
        ],
        "ko": ["가장 높은", "가장 오래된", "첫 번째", "유명한", "제일 큰"],
        "zh": ["最高", "最老", "最大", "第一", "有名", "最长"],
    },
    "D": {
        "en": ["begin", "end", "become free", "lose the war", "change its name", "live", "die", "happen"],
        "ko": ["일어났어"],
        "zh": ["发生"],
    },
}
# Greetings and thanks put together from parts.
_PARTS: Final = {
    name.partition("_")[2]: texts for name, texts in _PHRASES.items() if name.startswith(("greet_", "thank_"))
}
_DECLINE: Final = _PHRASES["decline"]
_WHY: Final = {
    "en": "I only know what is in this conversation and what my tools return.",
    "ko": "저는 이 대화에 있는 내용과 도구가 알려 주는 것만 압니다.",
    "zh": "我只知道这次对话里的内容和工具返回的结果。",
}
_ASIDES: Final = _PHRASES["asides"]
_KIN: Final = _PHRASES["kin"]
_LISTENING: Final = _PHRASES["listening"]


def write_talk(scene: Scene) -> None:
    """A greeting, thanks or a question about the assistant."""
    name = "greeting" if scene.rng.random() < 0.3 else scene.rng.choice(_EXCHANGES)
    parts = {part: scene.rng.choice(texts[scene.language]) for part, texts in _PARTS.items()}
    scene.user(scene.pick(_PHRASES[name], **parts))
    scene.answer(scene.pick_answer(_PHRASES[f"{name}_answer"]))


def write_decline(scene: Scene) -> None:
    """Ask about the world; the assistant says that it does not know."""
    texts = _UNKNOWN if scene.rng.random() < 0.6 else _ASSEMBLED
    scene.user(
        scene.pick(
            texts,
            **_details(scene),
            **{name: scene.rng.choice(choices[scene.language]) for name, choices in _WORLD.items()},
            r=scene.rng.choice(
                [kin for kin in _KIN[scene.language] if not scene.mentions(kin)] or _KIN[scene.language]
            ),
        )
    )
    decline(scene)


def decline(scene: Scene) -> None:
    """Say that this is not known, and what is."""
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
