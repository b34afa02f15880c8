"""Made-up values: names, places, codes, dates and nonsense words, so that answers must be copied, not remembered."""

from __future__ import annotations

import re
import string
from random import Random
from typing import Final

Language = str
LANGUAGES: Final = ("en", "ko", "zh")

_ONSETS: Final = """
b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gl gr pl pr sh sk sl sp st th tr qu y
""".split()
_VOWELS: Final = """
a e i o u ai ea ee ia ie io oa oo ou y
""".split()
_CODAS: Final = [""] * 6 + [
    "b",
    "ck",
    "d",
    "ff",
    "g",
    "l",
    "ll",
    "m",
    "n",
    "nd",
    "ng",
    "nt",
    "p",
    "r",
    "rd",
    "rk",
    "rt",
    "s",
    "sh",
    "ss",
    "st",
    "t",
    "th",
    "x",
    "z",
    "ve",
    "ne",
    "te",
]

FIRST_NAMES: Final = """
Emma Liam Olivia Noah Ava Lucas Mia Ethan Sofia James Anna Henry Clara Jack Nora Leo Ella Max Ruth Oscar Alice
Hugo Julia Adam Eva Simon Sara David Laura Peter Maria John Jane Robert Susan Mark Linda Paul Karen Tom Amy Ben
Lucy Sam Grace Daniel Rosa Carlos Elena Diego Ivan Olga Yuki Kenji Sakura Priya Arjun Fatima Omar Leila Hassan
Zoe Felix Iris Victor Hannah Jonas Marta Erik Ingrid Lars Freya Nadia Tariq Chloe Pierre Amelie Bruno Greta Minh
Linh Kofi Ama Thandi Sipho Mateo Lucia Rafael Camila Finn Maeve Dylan Megan Boris Vera Stefan Petra
""".split()
LAST_NAMES: Final = """
Smith Jones Brown Miller Davis Wilson Moore Taylor Clark Lewis Walker Hall Young King Wright Hill Green Baker
Adams Nelson Carter Turner Parker Evans Collins Stewart Morris Rogers Reed Cook Bell Murphy Bailey Cooper Garcia
Martinez Lopez Silva Santos Rossi Ferrari Weber Schmidt Fischer Novak Kowalski Ivanov Petrov Tanaka Sato Suzuki
Kim Park Chen Wang Singh Patel Khan Ali Haddad Okafor Mensah Nguyen Larsen Hansen Berg Dubois Laurent Moreau
Byrne
""".split()
CITIES: Final = """
London Paris Berlin Madrid Rome Vienna Prague Warsaw Lisbon Dublin Oslo Stockholm Helsinki Athens Budapest Tokyo
Osaka Kyoto Seoul Busan Beijing Shanghai Taipei Bangkok Hanoi Manila Jakarta Singapore Sydney Melbourne Auckland
Toronto Montreal Vancouver Chicago Boston Seattle Denver Austin Dallas Miami Atlanta Houston Phoenix Portland
Lima Bogota Quito Santiago Cairo Lagos Nairobi Accra Tunis Dubai Doha Delhi Mumbai Chennai Munich Hamburg Milan
Turin Naples Porto Seville Valencia Lyon Nice Geneva Zurich Basel Ghent Bergen Malmo Tampere Riga Vilnius
""".split()
KO_SURNAMES: Final = """
김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍
""".split()
KO_GIVEN: Final = """
민준 서연 지훈 하은 도윤 수빈 예준 지우 현우 서윤 준호 은지 성민 유나 태현 소라 동현 미나 영수 정희 민수 지영 상우 혜진 재호 나연 우진 다은 승현 보라 철수 영희 가은 시우 주원 하린
""".split()
KO_CITIES: Final = """
서울 부산 대구 인천 광주 대전 울산 수원 제주 강릉 전주 청주 춘천 포항 창원 여수 목포 경주 속초 천안 런던 파리 도쿄 뉴욕 베를린 로마 방콕 하노이
""".split()
ZH_SURNAMES: Final = """
王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗
""".split()
ZH_GIVEN: Final = """
伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 小明 小红 建国 志强 雨欣 子涵 浩然 思远 晓东 美玲 文博 佳怡 一凡 天宇
""".split()
ZH_CITIES: Final = """
北京 上海 广州 深圳 杭州 南京 成都 重庆 武汉 西安 天津 苏州 青岛 大连 厦门 长沙 昆明 沈阳 哈尔滨 郑州 伦敦 巴黎 东京 纽约 柏林 首尔 罗马 曼谷
""".split()


MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EN_TITLES: Final = (
    "Mr.",
    "Ms.",
    "Mrs.",
    "Miss",
    "Dr.",
    "Professor",
    "Captain",
    "Sir",
    "Lady",
    "Uncle",
    "Coach",
    "Judge",
)
_KO_TITLES: Final = (
    "선생님",
    "사장님",
    "과장님",
    "교수님",
    "박사님",
    "대표님",
    "팀장님",
    "이사님",
    "회장님",
    "선배님",
    "고객님",
)
_ZH_TITLES: Final = ("先生", "女士", "老师", "老板", "博士", "经理", "教授", "同学", "师傅", "小姐", "大夫")
_TWO_DIGITS_SHARE: Final = 0.06


def _table(codec: str, first: int, last: int) -> list[str]:
    rows = (bytes((high, low)) for high in range(first, last + 1) for low in range(0xA1, 0xFF))
    return [text for text in (row.decode(codec, "ignore") for row in rows) if text]


# The everyday characters, read off the national standards' own ordering instead of a word list.
HANGUL: Final = _table("euc-kr", 0xB0, 0xC8)
HANZI: Final = _table("gb2312", 0xB0, 0xD7)


def nonsense(rng: Random, syllables: int = 0) -> str:
    """Make a pronounceable English-looking word that means nothing."""
    count = syllables or rng.choice((1, 1, 1, 2, 2))
    return "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(count))


def coined(rng: Random, language: Language) -> str:
    """Make a word that means nothing in the script of `language`."""
    if language == "ko":
        return "".join(rng.choices(HANGUL, k=rng.choice((1, 2, 2, 3))))
    if language == "zh":
        return "".join(rng.choices(HANZI, k=rng.choice((1, 2, 2, 3))))
    return nonsense(rng)


def person(rng: Random, language: Language) -> str:
    """Make a person's name as written in `language`."""
    if language == "ko" and rng.random() < 0.8:
        given = rng.choice(KO_GIVEN) if rng.random() < 0.6 else "".join(rng.choices(HANGUL, k=2))
        return rng.choice(KO_SURNAMES) + given if rng.random() < 0.8 else given
    if language == "zh" and rng.random() < 0.8:
        given = rng.choice(ZH_GIVEN) if rng.random() < 0.6 else "".join(rng.choices(HANZI, k=rng.randint(1, 2)))
        return rng.choice(ZH_SURNAMES) + given
    first = rng.choice(FIRST_NAMES) if rng.random() < 0.5 else nonsense(rng).title()
    if rng.random() < 0.45:
        return first
    return f"{first} {rng.choice(LAST_NAMES) if rng.random() < 0.5 else nonsense(rng).title()}"


def city(rng: Random, language: Language) -> str:
    """Make a place name as written in `language`."""
    known = {"en": CITIES, "ko": KO_CITIES, "zh": ZH_CITIES}[language]
    if rng.random() < 0.55:
        return rng.choice(known)
    made_up = coined(rng, language) if rng.random() < 0.8 else nonsense(rng)
    name = made_up.title()
    return (
        f"{rng.choice(('New', 'San', 'Port', 'Saint', 'North'))} {name}"
        if name.isascii() and rng.random() < 0.15
        else name
    )


def code(rng: Random) -> str:
    """Make an identifier such as an order number."""
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 4)))
    digits = "".join(rng.choices(string.digits, k=rng.randint(2, 6)))
    shapes = (
        f"{letters}-{digits}",
        f"{letters}{digits}",
        f"{digits}-{letters}",
        f"{letters}-{digits[:2]}-{digits[1:3]}",
    )
    mixed = "".join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(5, 9)))
    return rng.choice((*shapes, *shapes, mixed, f"{nonsense(rng, 1)}_{digits}", f"{nonsense(rng, 1)}-{digits}"))


def email(rng: Random) -> str:
    """Make an e-mail address."""
    first = rng.choice(FIRST_NAMES).lower() if rng.random() < 0.4 else nonsense(rng)
    user = rng.choice(
        (first, f"{first}.{nonsense(rng, 1)}", f"{first}{rng.randint(1, 99)}", f"{first}_{nonsense(rng, 1)}")
    )
    host = rng.choice(("example", "mail", "corp", "shop", nonsense(rng, 2), nonsense(rng, 2)))
    return f"{user}@{host}.{rng.choice(('com', 'com', 'org', 'net', 'io', 'co.kr', 'cn', 'edu'))}"


def spoken_date(rng: Random, language: Language) -> str:
    """Make a day of the year as people say it."""
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    if language == "ko":
        return f"{month}월 {day}일"
    if language == "zh":
        return f"{month}月{day}{rng.choice('日号')}"
    return rng.choice((f"{day} {MONTHS[month - 1]}", f"{MONTHS[month - 1]} {day}"))


def spoken_time(rng: Random, language: Language) -> str:
    """Make a time of day as people say it."""
    hour, minute = rng.randint(1, 12), rng.choice((10, 15, 20, 25, 30, 35, 45, 50))
    if language == "ko":
        return rng.choice((f"{hour}시", f"{hour}시 {minute}분", f"오후 {hour}시", f"{hour + 12}시 {minute}분"))
    if language == "zh":
        return rng.choice((f"{hour}点", f"{hour}点{minute}分", f"下午{hour}点", f"{hour + 12}点{minute}分"))
    return rng.choice((f"{hour} o'clock", f"{hour}:{minute} pm", f"{hour} am", f"half past {hour}"))


def phone(rng: Random) -> str:
    """Make a telephone number in one of the ways they are written."""

    def digits(count: int) -> str:
        return "".join(rng.choices(string.digits, k=count))

    shapes = ((2, 3, 4), (2, 4, 4), (3, 4), (3, 4, 4), (3, 3, 4), (4, 3), (4, 4), (3, 3))
    number = "-".join(digits(count) for count in rng.choice(shapes))
    return rng.choice((number, number, number, f"+{digits(2)} {digits(2)} {digits(5)}", digits(rng.randint(6, 9))))


def alike(rng: Random, value: str) -> str:
    """Make another value of the look of one with digits or with an `@`: what is asked for at once often looks the same."""
    if "@" in value:
        return f"{email(rng).partition('@')[0]}@{value.partition('@')[2]}"
    *_, last = re.finditer(r"\d+", value)

    def changed(match: re.Match[str]) -> str:
        if match.start() != last.start() and rng.random() < 0.6:
            return match[0]
        return "".join(rng.choices(string.digits, k=len(match[0])))

    return re.sub(r"\d+", changed, value)


def titled(rng: Random, language: Language) -> str:
    """Make a way to address somebody: a name, or a name with a title."""
    name = person(rng, language)
    last = name.split()[-1]
    if language == "ko":
        return rng.choice(
            (name, f"{name[0]} {rng.choice(_KO_TITLES)}", f"{name} {rng.choice(_KO_TITLES)}", rng.choice(_KO_TITLES))
        )
    if language == "zh":
        return rng.choice(
            (name, f"{name[0]}{rng.choice(_ZH_TITLES)}", f"{name}{rng.choice(_ZH_TITLES)}", f"老{coined(rng, 'zh')}")
        )
    title = rng.choice(_EN_TITLES)
    return rng.choice((name, name, f"{title} {last}", f"{title} {name}"))


def iso_date(rng: Random) -> str:
    """Make a date such as 2031-04-07."""
    return f"{rng.randint(1990, 2039)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def clock_time(rng: Random) -> str:
    """Make a time of day such as 07:45."""
    return f"{rng.randint(0, 23):02d}:{rng.choice((0, 0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"


def amount(rng: Random) -> float:
    """Make a decimal with one or two places that is not whole."""
    value = round(rng.choice((rng.uniform(0, 10), rng.uniform(1, 200), rng.uniform(100, 9000))), rng.choice((1, 2)))
    return value if value != int(value) else value + 0.5


def whole(rng: Random) -> int:
    """Make an integer, small ones more often, and now and then one of two digits, which is harder to copy."""
    if rng.random() < _TWO_DIGITS_SHARE:
        digits = rng.sample("123456789", 2)
        return int("".join(rng.choices(digits, k=rng.randint(2, 6))))
    return rng.choice((rng.randint(1, 12), rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 99999)))


def josa(text: str) -> str:
    """Resolve Korean particle pairs such as `값[은는]`, and `길[으]로`, `말[이]라고`, by the sound that precedes them."""

    def particle(match: re.Match[str]) -> str:
        return match[1] if _final_sound(text[: match.start()]) else match[2]

    def linking(match: re.Match[str]) -> str:
        # After a final ㄹ the direction particle needs no vowel.
        needed = _final_sound(text[: match.start()]) not in (("", "l") if match[1] == "으" else ("",))
        return match[1] if needed else ""

    text = re.sub(r"\[([가-힣])([가-힣])\]", particle, text)
    return re.sub(r"\[([으이])\]", linking, text)


def _final_sound(text: str) -> str:
    """Return "l" when the last syllable ends in ㄹ, "closed" when it ends in another consonant, else nothing."""
    last = next((c for c in reversed(text) if c.isalnum()), "a")
    if "가" <= last <= "힣":
        final = (ord(last) - 0xAC00) % 28
        return "l" if final == 8 else "closed" if final else ""
    return "l" if last in "178lL" else "closed" if last in "036mnbkptMN" else ""
