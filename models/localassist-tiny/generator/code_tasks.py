"""Makes sums, equations, sequences and dates to be worked out with Python; the outputs come from running the code."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from generator import lexicon, words
from generator.phrases import read_phrases
from generator.recipes import RECIPES, listed, make_value
from generator.scene import Texts, fill
from generator.terms import Term


@dataclass(frozen=True, slots=True)
class CodeTask:
    """A question, the code that answers it, and how the answer is worded; `{out}` is the printed output."""

    questions: Texts
    code: str
    answers: Texts


_PHRASES: Final = read_phrases("code_tasks")
_RECIPE_SHARE: Final = 0.3
_LETTERS: Final = "xxxxxxyyyzzntabkmpqrsuvw"
# What makes a fraction of whole numbers, or is one already.
_FRACTION: Final = re.compile(r"(?<!/)/(?!/)|math\.(?:sqrt|log|pi)|\d\.\d")
_FLOAT: Final = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")
_SIGNS: Final = {"plus": "+", "minus": "-", "times": "*", "divide": "/", "power": "**", "modulo": "%"}
# Conversions: how many of the second unit one of the first is.
_UNITS: Final[list[tuple[Term, Term, int]]] = [
    (Term("hours", "시간", "小时"), Term("minutes", "분", "分钟"), 60),
    (Term("minutes", "분", "分钟"), Term("seconds", "초", "秒"), 60),
    (Term("days", "일", "天"), Term("hours", "시간", "小时"), 24),
    (Term("weeks", "주", "周"), Term("days", "일", "天"), 7),
    (Term("kilometers", "킬로미터", "公里"), Term("meters", "미터", "米"), 1000),
    (Term("kilograms", "킬로그램", "公斤"), Term("grams", "그램", "克"), 1000),
    (Term("meters", "미터", "米"), Term("centimeters", "센티미터", "厘米"), 100),
    (Term("years", "년", "年"), Term("months", "개월", "个月"), 12),
]


def run(code: str) -> str:
    """Run generated code in this process and return what it prints; only for code made in this module."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<task>", "exec"), {})
    return printed.getvalue().strip()


def rounded(code: str) -> str:
    """Round what is printed where it seldom comes out even: nobody reads sixteen digits, and the model miscopies them."""
    if "round(" in code or not _FRACTION.search(code):
        return code
    *_, last = ast.parse(code).body
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and len(last.value.args) == 1):
        return code
    printed = ast.get_source_segment(code, last.value.args[0])
    if isinstance(last.value.args[0], ast.JoinedStr) or not _FLOAT.fullmatch(run(code)):
        return code
    return f"{code[: -len(f'print({printed})')]}print(round({printed}, 4))"


def make_task(rng: Random) -> CodeTask:
    """Make one task of any kind."""
    return _from_recipe(rng) if rng.random() < _RECIPE_SHARE else rng.choice(_MAKERS)(rng)


def _from_recipe(rng: Random) -> CodeTask:
    recipe = rng.choice(RECIPES)
    values = {key: make_value(rng, kind) for key, kind in recipe.kinds.items()}
    code = fill("\n".join(recipe.code), {key: value.code for key, value in values.items()})
    spoken = {key: value.spoken for key, value in values.items()}
    return _worded(rng, recipe.questions, code, _PHRASES["plain"], spoken)


def _task(rng: Random, name: str, code: str, *, answer: str = "", **values: object) -> CodeTask:
    """Word a task with one of the phrases called `name`; the answer is plain unless the task has its own."""
    answers = _PHRASES.get(answer or f"{name}_answer", _PHRASES["plain"])
    return _worded(rng, _PHRASES[name], code, answers, values)


def _worded(rng: Random, asked: Texts, code: str, answered: Texts, values: dict[str, object]) -> CodeTask:
    """Say one of the questions, and the answers, with the values' words in each language."""
    questions, answers = {}, {}
    for language in words.LANGUAGES:
        said = {key: v.in_language(language) if isinstance(v, Term) else v for key, v in values.items()}
        questions[language] = [fill(rng.choice(asked[language]), said)]
        answers[language] = [fill(text, said) for text in answered[language]]
    return CodeTask(questions, rounded(code), answers)


def _linear(rng: Random) -> CodeTask:
    a, b, c = rng.randint(2, 99), rng.randint(1, 300), rng.randint(-50, 500)
    letter, sign = rng.choice(_LETTERS), rng.choice("+-")
    if rng.random() < 0.4:
        # Many a question has a whole solution.
        c = a * rng.randint(-9, 30) + (b if sign == "+" else -b)
    if rng.random() < 0.12:
        name = "riddle_plus" if sign == "+" else "riddle_minus"
        code = f"x = ({c} {'-' if sign == '+' else '+'} {b}) / {a}\nprint(x)"
        return _task(rng, name, code, answer="equation_answer", a=a, b=b, c=c, x="x")
    shapes = [
        f"{a}{letter} {sign} {b} = {c}",
        f"{a}{letter} {sign} {b} = {c}",
        f"{a}{letter}{sign}{b}={c}",
        f"{a} * {letter} {sign} {b} = {c}",
        f"{a}*{letter}{sign}{b} = {c}",
        f"{a} {letter} {sign} {b} = {c}",
        f"{a}·{letter} {sign} {b} = {c}",
        f"{c} = {a}{letter} {sign} {b}",
    ]
    if sign == "+":
        shapes += [f"{b} + {a}{letter} = {c}", f"{b}+{a}{letter}={c}"]
    return _linear_equation(rng, rng.choice(shapes), letter)


def _short_linear(rng: Random) -> CodeTask:
    a, c, letter = rng.randint(2, 99), rng.randint(1, 900), rng.choice(_LETTERS)
    b = rng.randint(1, 99)
    shapes = (
        f"{a}{letter} = {c}",
        f"{a}{letter} = {c}",
        f"{letter} + {a} = {c}",
        f"{letter} - {a} = {c}",
        f"{letter} / {a} = {c}",
        f"{a}({letter} + {b}) = {c}",
        f"{a}({letter} - {b}) = {c}",
        f"{a + b}{letter} = {b}{letter} + {c}",
    )
    return _linear_equation(rng, rng.choice(shapes), letter)


def _linear_equation(rng: Random, equation: str, letter: str) -> CodeTask:
    """Ask for an equation's solution, by code that holds it as it was asked: what is copied need not be rearranged.

    In place of the unknown stands the imaginary unit, so that real and imaginary part are what is known and what not.
    """
    code = (
        f'equation = "{equation}".replace("{letter}", "j").replace(" ", "").replace("(", "*(").replace("·", "*")\n'
        'left, right = equation.split("=")\nj = 1j\nz = eval(left) - eval(right)\nprint(round(-z.real / z.imag, 4) + 0)'
    )
    return _equation(rng, equation, letter, code)


def _quadratic(rng: Random) -> CodeTask:
    a, b, c = rng.choice((1, 1, 2, 3)), rng.randint(-12, 12) or 5, rng.randint(-40, -1)
    letter = rng.choice("xxxxyzt")
    if rng.random() < 0.4:
        # Whole solutions, of which one may be the other's double or opposite.
        first, second = rng.choice((-1, 1)) * rng.randint(1, 12), rng.randint(1, 12)
        a, b, c = 1, -(first + second) or 0, first * second
    lead = "" if a == 1 else str(a)
    middle = f" {'+' if b > 0 else '-'} {'' if abs(b) == 1 else abs(b)}{letter}" if b else ""
    square = rng.choice(("^2", "²", "**2" if a == 1 else "²"))
    code = (
        f"import math\na, b, c = {a}, {b}, {c}\nd = math.sqrt(b * b - 4 * a * c)\n"
        "print(round((-b + d) / (2 * a), 4), round((-b - d) / (2 * a), 4))"
    )
    return _equation(
        rng,
        f"{lead}{letter}{square}{middle} {'+' if c > 0 else '-'} {abs(c)} = 0",
        letter,
        code,
        answer="quadratic_answer",
    )


def _equation(rng: Random, equation: str, letter: str, code: str, *, answer: str = "") -> CodeTask:
    quoted = rng.choice((equation, equation, equation, f"`{equation}`", f'"{equation}"'))
    return _task(rng, "equation", code, answer=answer, E=quoted, x=letter)


def _arithmetic(rng: Random) -> CodeTask:
    name, sign = rng.choice(list(_SIGNS.items()))
    a, b = _number(rng), _number(rng) or 3
    if name == "power":
        a, b = rng.randint(2, 99), rng.randint(2, 12)
    if rng.random() < 0.4:
        return _task(rng, name, f"print({a} {sign} {b})", a=a, b=b)
    shown = {"*": rng.choice("*×x"), "/": rng.choice("/÷")}.get(sign, sign)
    code, rest = f"print({a} {sign} {b})", ""
    if rng.random() < 0.25 and sign in "+-*":
        other, c = rng.choice("+-*"), rng.randint(1, 999)
        rest, code = f" {other} {c}", f"print({a} {sign} {b} {other} {c})"
    elif rng.random() < 0.1 and sign in "+-":
        c = rng.randint(2, 99)
        return _task(rng, "calculate", f"print(({a} {sign} {b}) * {c})", S=f"({a} {sign} {b}) * {c}")
    said = f"{a} {shown} {b}{rest}"
    return _task(rng, "calculate", code, S=said if sign == "**" or rng.random() < 0.5 else said.replace(" ", ""))


def _story(rng: Random) -> CodeTask:
    """Tell a sum as something that happens."""
    a, b = words.whole(rng), rng.randint(2, 60)
    c, d = words.whole(rng), rng.randint(2, 300)
    kind = rng.choice(("plus", "minus", "times", "divide", "divide", "times_plus", "two_prices", "change"))
    if kind == "minus":
        return _task(rng, "minus_story", f"print({a + b} - {b})", a=a + b, b=b)
    if kind == "times_plus":
        return _task(rng, kind, f"print({a} * {b} + {c})", a=a, b=b, c=c)
    if kind == "two_prices":
        return _task(rng, kind, f"print({b} * {a} + {c} * {d})", a=b, b=a, c=c, d=d)
    if kind == "change":
        whole = b * d + rng.randint(1, 500)
        return _task(rng, kind, f"print({whole} - {b} * {d})", a=b, b=d, c=whole)
    return _task(rng, f"{kind}_story", f"print({a} {_SIGNS[kind]} {b})", a=a, b=b)


def _number(rng: Random) -> int | float:
    return words.whole(rng) if rng.random() < 0.75 else words.amount(rng)


def _percentage(rng: Random) -> CodeTask:
    part, whole = rng.randint(1, 99), words.whole(rng)
    name, share = rng.choice((("percent", str(part)), ("percent", str(part)), ("percent_off", f"(100 - {part})"), ("percent_more", f"(100 + {part})")))  # fmt: skip
    return _task(rng, name, f"print({whole} * {share} / 100)", a=part, b=whole)


def _root(rng: Random) -> CodeTask:
    n = rng.choice((rng.randint(2, 200), rng.randint(200, 99999), rng.randint(100000, 9999999)))
    return _task(rng, "root", f"import math\nprint(math.sqrt({n}))", n=n)


def _small_power(rng: Random) -> CodeTask:
    name, exponent = rng.choice((("squared", 2), ("cubed", 3)))
    n = rng.choice((rng.randint(2, 99), rng.randint(100, 3000)))
    return _task(rng, name, f"print({n} ** {exponent})", n=n)


def _fibonacci(rng: Random) -> CodeTask:
    n = rng.randint(3, 30)
    spelled = rng.choice(("Fibonacci", "fibonacci", "fibonaci"))
    code = f"numbers = [0, 1]\nwhile len(numbers) < {n}:\n    numbers.append(numbers[-1] + numbers[-2])\nprint(numbers)"
    return _task(rng, "fibonacci", code, n=n, F=spelled)


def _primes(rng: Random) -> CodeTask:
    kind = rng.random()
    if kind < 0.45:
        n = rng.randint(3, 25)
        code = f"primes = []\nn = 2\nwhile len(primes) < {n}:\n    if all(n % p for p in primes):\n        primes.append(n)\n    n += 1\nprint(primes)"
        return _task(rng, "primes", code, n=n)
    if kind < 0.6:
        n = rng.randint(10, 120)
        return _task(rng, "primes_below", f"print([n for n in range(2, {n}) if all(n % d for d in range(2, n))])", n=n)
    n = rng.choice((rng.randint(4, 300), rng.randint(4, 9999)))
    return _task(rng, "is_prime", f"n = {n}\nprint(all(n % d for d in range(2, int(n ** 0.5) + 1)))", n=n)


def _list_work(rng: Random) -> CodeTask:
    numbers = [words.whole(rng) for _ in range(rng.randint(2, 8))]
    if rng.random() < 0.1:
        numbers = [words.amount(rng) for _ in numbers]
    name, head, printed = rng.choice((
        ("mean", "", "sum(numbers) / len(numbers)"), ("sum", "", "sum(numbers)"), ("max", "", "max(numbers)"), ("min", "", "min(numbers)"),
        ("sorted", "", "sorted(numbers)"), ("median", "import statistics\n", "statistics.median(numbers)"),
        ("product", "import math\n", "math.prod(numbers)"),
    ))  # fmt: skip
    return _task(
        rng,
        f"list_{name}",
        f"{head}numbers = {numbers}\nprint({printed})",
        S=listed(rng, [str(number) for number in numbers]),
    )


def _whole_number_function(rng: Random) -> CodeTask:
    n, m, k = rng.randint(3, 25), rng.randint(4, 900), rng.randint(4, 900)
    name, code = rng.choice((
        ("factorial", f"import math\nprint(math.factorial({n}))"),
        ("gcd", f"import math\nprint(math.gcd({m}, {k}))"),
        ("lcm", f"import math\nprint(math.lcm({m}, {k}))"),
        ("sum_to", f"print(sum(range(1, {m} + 1)))"),
        ("binary", f"print(bin({m}))"),
        ("logarithm", f"import math\nprint(math.log({m}))"),
        ("cube_root", f"print({m} ** (1 / 3))"),
        ("circle", f"import math\nprint(math.pi * {n} ** 2)"),
    ))  # fmt: skip
    return _task(rng, name, code, n=n, m=m, k=k)


def _conversion(rng: Random) -> CodeTask:
    large, small, factor = rng.choice(_UNITS)
    n = rng.randint(2, 99) if rng.random() < 0.8 else words.amount(rng)
    return _task(rng, "convert", f"print({n} * {factor})", n=n, v=large, u=small)


def _dates(rng: Random) -> CodeTask:
    first, second = sorted((words.iso_date(rng), words.iso_date(rng)))
    if rng.random() < 0.5:
        # Within the same year, as most questions are.
        first, second = sorted((first, f"{first[:4]}{words.iso_date(rng)[4:]}"))
    days, year = rng.randint(2, 400), rng.randint(1990, 2039)
    head = "from datetime import date, timedelta\n"
    name, code = rng.choice((
        ("days_between", f'{head}print((date.fromisoformat("{second}") - date.fromisoformat("{first}")).days)'),
        ("days_between", f'{head}print((date.fromisoformat("{second}") - date.fromisoformat("{first}")).days)'),
        ("weekday", f'{head}print(date.fromisoformat("{first}").strftime("%A"))'),
        ("weekday", f'{head}print(date.fromisoformat("{first}").strftime("%A"))'),
        ("days_after", f'{head}print(date.fromisoformat("{first}") + timedelta(days={days}))'),
        ("days_before", f'{head}print(date.fromisoformat("{first}") - timedelta(days={days}))'),
        ("leap_year", f"import calendar\nprint(calendar.isleap({year}))"),
    ))  # fmt: skip
    spoken = rng.random() < 0.4
    said = [_spoken(rng, day) if spoken else day for day in (first, second)]
    return _task(rng, name, code, d=said[0], e=said[1], i=days, y=year)


def _spoken(rng: Random, day: str) -> Term:
    """Write a date with its year as people say it."""
    moment = date.fromisoformat(day)
    month, number, year = words.MONTHS[moment.month - 1], moment.day, moment.year
    return Term(
        rng.choice((f"{month} {number}, {year}", f"{number} {month} {year}")),
        f"{year}년 {moment.month}월 {number}일",
        f"{year}年{moment.month}月{number}{rng.choice('日日号')}",
    )


def _text_work(rng: Random) -> CodeTask:
    text, letter = lexicon.phrase(rng, "en"), rng.choice("aeiorst")
    name, code = rng.choice((
        ("reverse", f'print("{text}"[::-1])'), ("length", f'print(len("{text}"))'), ("occurrences", f'print("{text}".count("{letter}"))'),
        ("capitals", f'print("{text}".upper())'),
    ))  # fmt: skip
    return _task(rng, name, code, t=text, r=letter)


_MAKERS: Final[list[Callable[[Random], CodeTask]]] = [
    _linear, _linear, _short_linear, _quadratic, _arithmetic, _arithmetic, _arithmetic, _story, _story, _story, _percentage, _root, _root, _small_power,
    _fibonacci, _primes, _list_work, _list_work, _list_work, _whole_number_function, _conversion, _dates, _dates, _text_work, _text_work,
]  # fmt: skip
