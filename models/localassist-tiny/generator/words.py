"""Made-up values: names, places, codes, dates and nonsense words, so that answers must be copied, not remembered."""

from __future__ import annotations

import re
import string
from random import Random
from typing import Final

Language = str
LANGUAGES: Final = ("en", "ko", "zh")

_ONSETS: Final = [
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "w",
    "z",
    "br",
    "ch",
    "cl",
    "cr",
    "dr",
    "fl",
    "fr",
    "gl",
    "gr",
    "pl",
    "pr",
    "sh",
    "sk",
    "sl",
    "sp",
    "st",
    "th",
    "tr",
    "qu",
    "y",
]
_VOWELS: Final = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "ia", "ie", "io", "oa", "oo", "ou", "y"]
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

FIRST_NAMES: Final = [
    "Emma",
    "Liam",
    "Olivia",
    "Noah",
    "Ava",
    "Lucas",
    "Mia",
    "Ethan",
    "Sofia",
    "James",
    "Anna",
    "Henry",
    "Clara",
    "Jack",
    "Nora",
    "Leo",
    "Ella",
    "Max",
    "Ruth",
    "Oscar",
    "Alice",
    "Hugo",
    "Julia",
    "Adam",
    "Eva",
    "Simon",
    "Sara",
    "David",
    "Laura",
    "Peter",
    "Maria",
    "John",
    "Jane",
    "Robert",
    "Susan",
    "Mark",
    "Linda",
    "Paul",
    "Karen",
    "Tom",
    "Amy",
    "Ben",
    "Lucy",
    "Sam",
    "Grace",
    "Daniel",
    "Rosa",
    "Carlos",
    "Elena",
    "Diego",
    "Ivan",
    "Olga",
    "Yuki",
    "Kenji",
    "Sakura",
    "Priya",
    "Arjun",
    "Fatima",
    "Omar",
    "Leila",
    "Hassan",
    "Zoe",
    "Felix",
    "Iris",
    "Victor",
    "Hannah",
    "Jonas",
    "Marta",
    "Erik",
    "Ingrid",
    "Lars",
    "Freya",
    "Nadia",
    "Tariq",
    "Chloe",
    "Pierre",
    "Amelie",
    "Bruno",
    "Greta",
    "Minh",
    "Linh",
    "Kofi",
    "Ama",
    "Thandi",
    "Sipho",
    "Mateo",
    "Lucia",
    "Rafael",
    "Camila",
    "Finn",
    "Maeve",
    "Dylan",
    "Megan",
    "Boris",
    "Vera",
    "Stefan",
    "Petra",
]
LAST_NAMES: Final = [
    "Smith",
    "Jones",
    "Brown",
    "Miller",
    "Davis",
    "Wilson",
    "Moore",
    "Taylor",
    "Clark",
    "Lewis",
    "Walker",
    "Hall",
    "Young",
    "King",
    "Wright",
    "Hill",
    "Green",
    "Baker",
    "Adams",
    "Nelson",
    "Carter",
    "Turner",
    "Parker",
    "Evans",
    "Collins",
    "Stewart",
    "Morris",
    "Rogers",
    "Reed",
    "Cook",
    "Bell",
    "Murphy",
    "Bailey",
    "Cooper",
    "Garcia",
    "Martinez",
    "Lopez",
    "Silva",
    "Santos",
    "Rossi",
    "Ferrari",
    "Weber",
    "Schmidt",
    "Fischer",
    "Novak",
    "Kowalski",
    "Ivanov",
    "Petrov",
    "Tanaka",
    "Sato",
    "Suzuki",
    "Kim",
    "Park",
    "Chen",
    "Wang",
    "Singh",
    "Patel",
    "Khan",
    "Ali",
    "Haddad",
    "Okafor",
    "Mensah",
    "Nguyen",
    "Larsen",
    "Hansen",
    "Berg",
    "Dubois",
    "Laurent",
    "Moreau",
    "Byrne",
]
CITIES: Final = [
    "London",
    "Paris",
    "Berlin",
    "Madrid",
    "Rome",
    "Vienna",
    "Prague",
    "Warsaw",
    "Lisbon",
    "Dublin",
    "Oslo",
    "Stockholm",
    "Helsinki",
    "Athens",
    "Budapest",
    "Tokyo",
    "Osaka",
    "Kyoto",
    "Seoul",
    "Busan",
    "Beijing",
    "Shanghai",
    "Taipei",
    "Bangkok",
    "Hanoi",
    "Manila",
    "Jakarta",
    "Singapore",
    "Sydney",
    "Melbourne",
    "Auckland",
    "Toronto",
    "Montreal",
    "Vancouver",
    "Chicago",
    "Boston",
    "Seattle",
    "Denver",
    "Austin",
    "Dallas",
    "Miami",
    "Atlanta",
    "Houston",
    "Phoenix",
    "Portland",
    "Lima",
    "Bogota",
    "Quito",
    "Santiago",
    "Cairo",
    "Lagos",
    "Nairobi",
    "Accra",
    "Tunis",
    "Dubai",
    "Doha",
    "Delhi",
    "Mumbai",
    "Chennai",
    "Munich",
    "Hamburg",
    "Milan",
    "Turin",
    "Naples",
    "Porto",
    "Seville",
    "Valencia",
    "Lyon",
    "Nice",
    "Geneva",
    "Zurich",
    "Basel",
    "Ghent",
    "Bergen",
    "Malmo",
    "Tampere",
    "Riga",
    "Vilnius",
]
KO_SURNAMES: Final = [
    "김",
    "이",
    "박",
    "최",
    "정",
    "강",
    "조",
    "윤",
    "장",
    "임",
    "한",
    "오",
    "서",
    "신",
    "권",
    "황",
    "안",
    "송",
    "류",
    "홍",
]
KO_GIVEN: Final = [
    "민준",
    "서연",
    "지훈",
    "하은",
    "도윤",
    "수빈",
    "예준",
    "지우",
    "현우",
    "서윤",
    "준호",
    "은지",
    "성민",
    "유나",
    "태현",
    "소라",
    "동현",
    "미나",
    "영수",
    "정희",
    "민수",
    "지영",
    "상우",
    "혜진",
    "재호",
    "나연",
    "우진",
    "다은",
    "승현",
    "보라",
    "철수",
    "영희",
    "가은",
    "시우",
    "주원",
    "하린",
]
KO_CITIES: Final = [
    "서울",
    "부산",
    "대구",
    "인천",
    "광주",
    "대전",
    "울산",
    "수원",
    "제주",
    "강릉",
    "전주",
    "청주",
    "춘천",
    "포항",
    "창원",
    "여수",
    "목포",
    "경주",
    "속초",
    "천안",
    "런던",
    "파리",
    "도쿄",
    "뉴욕",
    "베를린",
    "로마",
    "방콕",
    "하노이",
]
ZH_SURNAMES: Final = [
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "赵",
    "黄",
    "周",
    "吴",
    "徐",
    "孙",
    "胡",
    "朱",
    "高",
    "林",
    "何",
    "郭",
    "马",
    "罗",
]
ZH_GIVEN: Final = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀英",
    "霞",
    "平",
    "刚",
    "桂英",
    "小明",
    "小红",
    "建国",
    "志强",
    "雨欣",
    "子涵",
    "浩然",
    "思远",
    "晓东",
    "美玲",
    "文博",
    "佳怡",
    "一凡",
    "天宇",
]
ZH_CITIES: Final = [
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "天津",
    "苏州",
    "青岛",
    "大连",
    "厦门",
    "长沙",
    "昆明",
    "沈阳",
    "哈尔滨",
    "郑州",
    "伦敦",
    "巴黎",
    "东京",
    "纽约",
    "柏林",
    "首尔",
    "罗马",
    "曼谷",
]


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
    """Make an integer, small ones more often."""
    return rng.choice((rng.randint(1, 12), rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 99999)))


def josa(text: str) -> str:
    """Resolve Korean particle pairs such as `값[은는]` by the sound that precedes them."""

    def particle(match: re.Match[str]) -> str:
        return match[1] if _ends_closed(text[: match.start()]) else match[2]

    return re.sub(r"\[([가-힣])([가-힣])\]", particle, text)


def _ends_closed(text: str) -> bool:
    last = next((c for c in reversed(text) if c.isalnum()), "a")
    if "가" <= last <= "힣":
        return (ord(last) - 0xAC00) % 28 != 0
    return last in "013678lmnbkpt"
