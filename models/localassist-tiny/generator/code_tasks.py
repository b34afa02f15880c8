"""Makes sums, equations, sequences and dates to be worked out with Python; the outputs come from running the code."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from generator import lexicon, words
from generator.phrases import read_phrases
from generator.scene import Texts


@dataclass(frozen=True, slots=True)
class CodeTask:
    """A question, the code that answers it, and how the answer is worded; `{out}` is the printed output."""

    questions: Texts
    code: str
    answers: Texts


_PHRASES: Final = read_phrases("code_tasks")
_PLAIN: Final = _PHRASES["plain"]


def run(code: str) -> str:
    """Run generated code in this process and return what it prints; only for code made in this module."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<task>", "exec"), {})
    return printed.getvalue().strip()


def make_task(rng: Random) -> CodeTask:
    """Make one task of any kind."""
    return rng.choice(_MAKERS)(rng)


def _linear(rng: Random) -> CodeTask:
    a, b, c = rng.randint(2, 99), rng.randint(1, 300), rng.randint(-50, 500)
    letter = rng.choice("xxxxyznt")
    sign = rng.choice("+-")
    shapes = [
        f"{a}{letter} {sign} {b} = {c}",
        f"{a}{letter}{sign}{b}={c}",
        f"{a} * {letter} {sign} {b} = {c}",
        f"{a}*{letter}{sign}{b} = {c}",
    ]
    if sign == "+":
        shapes.append(f"{b} + {a}{letter} = {c}")
    equation = rng.choice(shapes)
    quoted = rng.choice((equation, f"`{equation}`", f'"{equation}"'))
    code = f"{letter} = ({c} {'-' if sign == '+' else '+'} {b}) / {a}\nprint({letter})"
    return CodeTask(_equation_questions(quoted, letter), code, _solution(letter))


def _short_linear(rng: Random) -> CodeTask:
    a, c, letter = rng.randint(2, 99), rng.randint(1, 900), rng.choice("xxxy")
    if rng.random() < 0.5:
        equation, code = f"{a}{letter} = {c}", f"{letter} = {c} / {a}\nprint({letter})"
    else:
        sign = rng.choice("+-")
        equation, code = (
            f"{letter} {sign} {a} = {c}",
            f"{letter} = {c} {'-' if sign == '+' else '+'} {a}\nprint({letter})",
        )
    return CodeTask(_equation_questions(equation, letter), code, _solution(letter))


def _quadratic(rng: Random) -> CodeTask:
    a, b, c = rng.choice((1, 1, 2, 3)), rng.randint(-12, 12) or 5, rng.randint(-40, -1)
    lead = "" if a == 1 else str(a)
    middle = f"{'+' if b > 0 else '-'} {abs(b)}x"
    equation = rng.choice((f"{lead}x^2 {middle} - {-c} = 0", f"{lead}x² {middle} - {-c} = 0"))
    code = (
        f"import math\na, b, c = {a}, {b}, {c}\nd = math.sqrt(b * b - 4 * a * c)\n"
        "print((-b + d) / (2 * a), (-b - d) / (2 * a))"
    )
    return CodeTask(
        _equation_questions(equation, "x"), code,
        {"en": ["The solutions are {out}."], "ko": ["해는 {out}입니다."], "zh": ["解是{out}。"]},
    )  # fmt: skip


def _equation_questions(equation: str, letter: str) -> Texts:
    return {
        "en": [f"Solve {equation}.", f"What is {letter} if {equation}?", f"Find {letter}: {equation}", f"Help me with the equation {equation}.",
               f"Please solve the equation {equation} for {letter}.", f"Can you work out {equation}?", f"My homework says {equation}. What is {letter}?",
               f"{equation}, find {letter}", f"How do I solve {equation}?", f"I have to find {letter} in {equation}."],
        "ko": [f"{equation} 풀어 줘.", f"방정식 {equation}의 해는?", f"{equation}일 때 {letter}는 얼마야?", f"{equation} 방정식 좀 도와줘.", f"{letter}를 구해 줘: {equation}"],
        "zh": [f"解{equation}。", f"方程{equation}的解是多少?", f"如果{equation},{letter}等于多少?", f"请帮我解方程{equation}。", f"求{letter}:{equation}"],
    }  # fmt: skip


def _solution(letter: str) -> Texts:
    return {
        "en": [f"The solution is {letter} = {{out}}."],
        "ko": [f"해는 {letter} = {{out}}입니다."],
        "zh": [f"解是{letter} = {{out}}。"],
    }


def _arithmetic(rng: Random) -> CodeTask:
    sign, en, ko, zh = rng.choice((("+", "plus", "더하기", "加"), ("-", "minus", "빼기", "减"), ("*", "times", "곱하기", "乘以"),
                                   ("/", "divided by", "나누기", "除以"), ("**", "to the power of", "의 거듭제곱", "的次方"), ("%", "modulo", "나머지", "模")))  # fmt: skip
    a = _number(rng)
    b = rng.randint(2, 12) if sign == "**" else (_number(rng) or 3)
    if sign == "**":
        a = rng.randint(2, 99)
    shown = {"*": rng.choice("*×x"), "/": rng.choice("/÷")}.get(sign, sign)
    code = f"print({a} {sign} {b})"
    third = ""
    if rng.random() < 0.25 and sign in "+-*":
        other, c = rng.choice("+-*"), rng.randint(1, 999)
        third, code = f" {other} {c}", f"print({a} {sign} {b} {other} {c})"
    said = rng.choice(
        (f"{a} {shown} {b}{third}", f"{a}{shown}{b}{third.replace(' ', '')}" if sign != "**" else f"{a} ** {b}")
    )
    words_en, words_ko, words_zh = f"{a} {en} {b}", f"{a} {ko} {b}", f"{a}{zh}{b}"
    if third:
        words_en = words_ko = words_zh = said
    return CodeTask(
        {
            "en": [f"What is {said}?", f"Calculate {said}.", f"{said} = ?", f"How much is {words_en}?", f"Compute {words_en}.", f"{words_en}?",
                   f"Please tell me {said}", f"I need the result of {said}."],
            "ko": [f"{said}[은는] 얼마야?", f"{said} 계산해 줘.", f"{said} = ?", f"{words_ko}[은는]?" if sign not in ("**", "%") else f"{said}?"],
            "zh": [f"{said}等于多少?", f"计算{said}。", f"{said} = ?", f"{words_zh}是多少?" if sign != "**" else f"{said}?"],
        },
        code,
        _PLAIN,
    )  # fmt: skip


def _number(rng: Random) -> int | float:
    return words.whole(rng) if rng.random() < 0.75 else words.amount(rng)


def _percentage(rng: Random) -> CodeTask:
    part, whole = rng.randint(1, 99), words.whole(rng)
    return CodeTask(
        {"en": [f"What is {part}% of {whole}?", f"How much is {part} percent of {whole}?"], "ko": [f"{whole}의 {part}%는?", f"{whole}의 {part}퍼센트는 얼마야?"],
         "zh": [f"{whole}的{part}%是多少?", f"求{whole}的百分之{part}。"]},
        f"print({whole} * {part} / 100)", _PLAIN,
    )  # fmt: skip


def _root(rng: Random) -> CodeTask:
    n = rng.choice((rng.randint(2, 200), rng.randint(200, 99999), rng.randint(100000, 9999999)))
    return CodeTask(
        {"en": [f"What is the square root of {n}?", f"Square root of {n}", f"Compute sqrt({n}).", f"Find the root of {n}.", f"√{n} = ?"],
         "ko": [f"{n}의 제곱근은?", f"{n}의 제곱근을 구해 줘.", f"루트 {n}[은는] 얼마야?"], "zh": [f"{n}的平方根是多少?", f"求{n}的平方根。", f"计算√{n}。"]},
        f"import math\nprint(math.sqrt({n}))",
        {"en": [f"The square root of {n} is {{out}}."], "ko": [f"{n}의 제곱근은 {{out}}입니다."], "zh": [f"{n}的平方根是{{out}}。"]},
    )  # fmt: skip


def _fibonacci(rng: Random) -> CodeTask:
    n = rng.randint(3, 30)
    spelled = rng.choice(("Fibonacci", "fibonacci", "fibonaci"))
    code = f"numbers = [0, 1]\nwhile len(numbers) < {n}:\n    numbers.append(numbers[-1] + numbers[-2])\nprint(numbers)"
    return CodeTask(
        {"en": [f"List the first {n} {spelled} numbers.", f"Show me {n} {spelled} numbers.", f"What are the first {n} numbers of the {spelled} sequence?",
                f"Print the {spelled} sequence up to {n} terms.", f"I need {n} terms of the {spelled} series."],
         "ko": [f"피보나치 수를 {n}개 구해 줘.", f"처음 {n}개의 피보나치 수는?", f"피보나치 수열 {n}개 보여 줘."],
         "zh": [f"列出前{n}个斐波那契数。", f"斐波那契数列的前{n}项是什么?", f"给我{n}个斐波那契数。"]},
        code,
        {"en": [f"The first {n} Fibonacci numbers are {{out}}."], "ko": [f"처음 {n}개의 피보나치 수는 {{out}}입니다."], "zh": [f"前{n}个斐波那契数是{{out}}。"]},
    )  # fmt: skip


def _primes(rng: Random) -> CodeTask:
    n = rng.randint(3, 25)
    if rng.random() < 0.5:
        code = f"primes = []\nn = 2\nwhile len(primes) < {n}:\n    if all(n % p for p in primes):\n        primes.append(n)\n    n += 1\nprint(primes)"
        return CodeTask(
            {"en": [f"List the first {n} primes.", f"What are the first {n} prime numbers?", f"Give me {n} prime numbers."],
             "ko": [f"처음 {n}개의 소수는?", f"소수를 {n}개 구해 줘."], "zh": [f"列出前{n}个质数。", f"前{n}个素数是什么?"]},
            code, {"en": [f"The first {n} primes are {{out}}."], "ko": [f"처음 {n}개의 소수는 {{out}}입니다."], "zh": [f"前{n}个质数是{{out}}。"]},
        )  # fmt: skip
    m = rng.randint(4, 9999)
    return CodeTask(
        {"en": [f"Is {m} a prime number?", f"Is {m} prime?", f"Check whether {m} is a prime."], "ko": [f"{m}[은는] 소수야?", f"{m}[이가] 소수인지 확인해 줘."],
         "zh": [f"{m}是质数吗?", f"检查{m}是不是素数。"]},
        f"n = {m}\nprint(all(n % d for d in range(2, int(n ** 0.5) + 1)))",
        {"en": [f"Is {m} prime: {{out}}."], "ko": [f"{m} 소수 여부: {{out}}."], "zh": [f"{m}是否为质数:{{out}}。"]},
    )  # fmt: skip


def _list_work(rng: Random) -> CodeTask:
    numbers = [words.whole(rng) for _ in range(rng.randint(3, 8))]
    said = rng.choice((", ", " ")).join(map(str, numbers))
    en, ko, zh, code = rng.choice((
        (["the average", "the mean"], "평균", "平均值", f"numbers = {numbers}\nprint(sum(numbers) / len(numbers))"),
        (["the sum", "the total"], "합", "总和", f"numbers = {numbers}\nprint(sum(numbers))"),
        (["the maximum", "the largest number"], "최댓값", "最大值", f"numbers = {numbers}\nprint(max(numbers))"),
        (["the minimum", "the smallest number"], "최솟값", "最小值", f"numbers = {numbers}\nprint(min(numbers))"),
        (["the sorted order"], "정렬 순서", "排序结果", f"numbers = {numbers}\nprint(sorted(numbers))"),
        (["the median"], "중앙값", "中位数", f"import statistics\nnumbers = {numbers}\nprint(statistics.median(numbers))"),
        (["the product"], "곱", "乘积", f"import math\nnumbers = {numbers}\nprint(math.prod(numbers))"),
    ))  # fmt: skip
    name = rng.choice(en)
    return CodeTask(
        {"en": [f"What is {name} of {said}?", f"Find {name} of these numbers: {said}", f"Numbers: {said}. I want {name}."],
         "ko": [f"{said}의 {ko}[을를] 구해 줘.", f"{said}의 {ko}[은는]?"], "zh": [f"{said}的{zh}是多少?", f"求{said}的{zh}。"]},
        code, _PLAIN,
    )  # fmt: skip


def _whole_number_function(rng: Random) -> CodeTask:
    n, m = rng.randint(3, 25), rng.randint(4, 900)
    k = rng.randint(4, 900)
    en, ko, zh, code = rng.choice((
        (f"the factorial of {n}", f"{n}의 팩토리얼", f"{n}的阶乘", f"import math\nprint(math.factorial({n}))"),
        (f"the greatest common divisor of {m} and {k}", f"{m}과 {k}의 최대공약수", f"{m}和{k}的最大公约数", f"import math\nprint(math.gcd({m}, {k}))"),
        (f"the least common multiple of {m} and {k}", f"{m}과 {k}의 최소공배수", f"{m}和{k}的最小公倍数", f"import math\nprint(math.lcm({m}, {k}))"),
        (f"the sum of the numbers from 1 to {m}", f"1부터 {m}까지의 합", f"1到{m}的和", f"print(sum(range(1, {m} + 1)))"),
        (f"{m} in binary", f"{m}의 이진수", f"{m}的二进制", f"print(bin({m}))"),
        (f"the logarithm of {m}", f"{m}의 로그", f"{m}的对数", f"import math\nprint(math.log({m}))"),
        (f"the cube root of {m}", f"{m}의 세제곱근", f"{m}的立方根", f"print({m} ** (1 / 3))"),
        (f"the area of a circle with radius {n}", f"반지름 {n}인 원의 넓이", f"半径{n}的圆的面积", f"import math\nprint(math.pi * {n} ** 2)"),
    ))  # fmt: skip
    return CodeTask(
        {"en": [f"What is {en}?", f"Compute {en}.", f"Calculate {en} for me.", f"I'd like to know {en}."], "ko": [f"{ko}[은는]?", f"{ko}[을를] 구해 줘.", f"{ko}[을를] 계산해 줘."],
         "zh": [f"{zh}是多少?", f"求{zh}。", f"计算{zh}。"]},
        code, _PLAIN,
    )  # fmt: skip


def _dates(rng: Random) -> CodeTask:
    first, second, days = words.iso_date(rng), words.iso_date(rng), rng.randint(2, 400)
    head = "from datetime import date, timedelta\n"
    en, ko, zh, code = rng.choice((
        ([f"How many days are between {first} and {second}?", f"Days from {first} to {second}"], f"{first}부터 {second}까지 며칠이야?", f"{first}到{second}有多少天?",
         f'print((date.fromisoformat("{second}") - date.fromisoformat("{first}")).days)'),
        ([f"What weekday is {first}?", f"Which day of the week was {first}?"], f"{first}[은는] 무슨 요일이야?", f"{first}是星期几?",
         f'print(date.fromisoformat("{first}").strftime("%A"))'),
        ([f"What date is {days} days after {first}?", f"{first} plus {days} days?"], f"{first}에서 {days}일 후는 며칠이야?", f"{first}之后{days}天是哪天?",
         f'print(date.fromisoformat("{first}") + timedelta(days={days}))'),
    ))  # fmt: skip
    return CodeTask({"en": en, "ko": [ko], "zh": [zh]}, head + code, _PLAIN)


def _text_work(rng: Random) -> CodeTask:
    text = lexicon.phrase(rng, "en")
    letter = rng.choice("aeiorst")
    en, ko, zh, code = rng.choice((
        (f'Reverse "{text}".', f'"{text}"[을를] 뒤집어 줘.', f'把"{text}"倒过来。', f'print("{text}"[::-1])'),
        (f'How many characters are in "{text}"?', f'"{text}"[은는] 몇 글자야?', f'"{text}"有多少个字符?', f'print(len("{text}"))'),
        (f'How many times is {letter} in "{text}"?', f'"{text}"에 {letter}[이가] 몇 번 나와?', f'"{text}"里有几个{letter}?', f'print("{text}".count("{letter}"))'),
        (f'Write "{text}" in capitals.', f'"{text}"[을를] 대문자로 써 줘.', f'把"{text}"变成大写。', f'print("{text}".upper())'),
    ))  # fmt: skip
    return CodeTask({"en": [en], "ko": [ko], "zh": [zh]}, code, _PLAIN)


_MAKERS: Final[list[Callable[[Random], CodeTask]]] = [
    _linear, _linear, _short_linear, _quadratic, _arithmetic, _arithmetic, _arithmetic, _percentage, _root, _fibonacci, _primes,
    _list_work, _list_work, _whole_number_function, _dates, _text_work,
]  # fmt: skip
