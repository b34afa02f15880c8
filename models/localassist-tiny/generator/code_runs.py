"""Writes the code interpreter parts of a dialogue: sums, tables, charts, files, and second attempts after a traceback."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from generator import lexicon, words
from generator.code_tasks import CodeTask, make_task, run
from generator.phrases import read_phrases
from generator.scene import Scene, fill
from localassist.runs.hosted_tools import PYTHON_TOOL_NAME, format_attachments, format_python_result, python_tool

_PHRASES: Final = read_phrases("code_runs")
_USING_CODE: Final = _PHRASES["using_code"]
# What a table is asked for: the call, then its names in each language, the first of which is used in answers to other languages.
_STATISTICS: Final = (
    ("sum()", ("sum", "total"), ("합계", "총합"), ("总和", "合计")),
    # Only a mean seldom comes out even.
    ("mean().round(4)", ("average", "mean"), ("평균", "평균값"), ("平均值", "平均数")),
    ("max()", ("maximum", "highest value", "largest value"), ("최댓값", "최고치"), ("最大值", "最高值")),
    ("min()", ("minimum", "lowest value", "smallest value"), ("최솟값", "최저치"), ("最小值", "最低值")),
    ("count()", ("number of values", "count"), ("개수",), ("个数",)),
    ("median()", ("median",), ("중앙값",), ("中位数",)),
)
_TABLE_QUESTIONS: Final = _PHRASES["table_questions"]
_TABLE_ANSWERS: Final = _PHRASES["table_answers"]
_COLUMN: Final = re.compile(r"""column|field|heading|under|header|열|컬럼|칸|항목|列|栏|["'“]\{c""")
_COLUMN_NAMED: Final = {
    "en": ('"{c}"', "'{c}'", "the {c} column", "column {c}", "the column {c}", "the {c} field"),
    "ko": ('"{c}"', "'{c}'", "{c} 열", "{c} 컬럼", "{c} 칸", "{c} 항목"),
    "zh": ('"{c}"', "“{c}”", "{c}列", "{c}这一列", "{c}那列", "{c}一栏"),
}
_CHARTS: Final = (
    ("bar", ("bar chart", "bar graph"), ("막대 그래프", "막대그래프", "막대 차트"), ("柱状图", "条形图")),
    ("line", ("line chart", "line graph", "line plot"), ("선 그래프", "꺾은선 그래프"), ("折线图",)),
    ("scatter", ("scatter plot", "scatter chart"), ("산점도",), ("散点图",)),
    ("pie", ("pie chart",), ("원 그래프", "원그래프"), ("饼图",)),
)
_CHART_QUESTIONS: Final = _PHRASES["chart_questions"]
_CHART_ANSWERS: Final = _PHRASES["chart_answers"]
_FILE_ANSWERS: Final = _PHRASES["file_answers"]
_FIGURE_AND_CHART: Final = _PHRASES["figure_and_chart"]
_FIGURE_IN_FILE: Final = _PHRASES["figure_in_file"]
_SEVERAL: Final = _PHRASES["several"]
_SEVERAL_ANSWERS: Final = _PHRASES["several_answers"]
_SAVE: Final = _PHRASES["save"]
_SAVED_AS: Final = _PHRASES["saved_as"]
_LOOK: Final = _PHRASES["look"]
_LOOK_ANSWERS: Final = _PHRASES["look_answers"]


def write_sum(scene: Scene) -> None:
    """Ask something that code works out; now and then the first attempt misses an import."""
    scene.offer(python_tool())
    task = make_task(scene.rng)
    _ask(scene, task)
    if "import math\n" in task.code and scene.rng.random() < 0.2:
        hasty = task.code.replace("import math\n", "")
        scene.call((PYTHON_TOOL_NAME, {"code": hasty}), learn=False)
        scene.result(_traceback(scene, hasty, "NameError: name 'math' is not defined"))
    output = run(task.code)
    _run(scene, task.code, output)
    scene.answer(scene.pick_answer(task.answers, out=output))


def write_sums(scene: Scene) -> None:
    """Ask for one sum after another and leave out what the code prints: nothing but its code."""
    scene.offer(python_tool())
    for _ in range(scene.rng.randint(3, 9)):
        task = make_task(scene.rng)
        _ask(scene, task)
        scene.call((PYTHON_TOOL_NAME, {"code": task.code}))


def _ask(scene: Scene, task: CodeTask) -> None:
    question = fill(scene.rng.choice(task.questions[scene.language]), {})
    scene.user(scene.rng.choice(_USING_CODE[scene.language]).replace("{0}", question))


def write_table(scene: Scene) -> None:
    """Ask for a figure from an attached CSV file; now and then the column is named differently there."""
    rng = scene.rng
    scene.offer(python_tool())
    name, columns = _file(scene), _columns(scene)
    column = rng.choice(columns[1:])
    function, *said = rng.choice(_STATISTICS)
    names = _names(scene, said)
    questions = _TABLE_QUESTIONS
    if rng.random() < 0.35:
        questions, names = _PHRASES[f"table_{function.partition('(')[0]}"], _names(scene, [each[:1] for each in said])
    question = _column_named(rng, rng.choice(questions[scene.language]), scene.language)
    request = fill(question, {"s": names[scene.language], "c": column, "f": name})
    scene.user(_attached(scene, request, name))
    code = f'import pandas as pd\n\ndf = pd.read_csv("/mnt/data/{name}")\nprint(df["{column}"].{function})'
    real = column
    if rng.random() < 0.25:
        _call(scene, code)
        real = rng.choice((column.upper(), column.title(), f"{column}_{words.nonsense(rng, 1)}", f"total_{column}"))
        scene.result(_traceback(scene, code, f"KeyError: '{column}'"))
        _run(scene, "print(df.columns.tolist())", str([real if c == column else c for c in columns]))
        code = f'print(df["{real}"].{function})'
    output = _figure(rng, function, round(rng.uniform(10, 99999), 4))
    _run(scene, code, output)
    scene.answer(scene.pick_answer(_TABLE_ANSWERS, s=names[scene.answer_language], c=column, out=output))


def write_chart(scene: Scene) -> None:
    """Ask for one chart of two columns, or for three charts of a file."""
    rng = scene.rng
    scene.offer(python_tool())
    name, columns = _file(scene), _columns(scene)
    if rng.random() < 0.25:
        _three_charts(scene, name, columns)
        return
    x, y = columns[0], rng.choice(columns[1:])
    kind, *said = rng.choice(_CHARTS)
    names, questions = _names(scene, said), _CHART_QUESTIONS
    if rng.random() < 0.2:
        questions, names = _PHRASES[f"chart_{kind}"], _names(scene, [each[:1] for each in said])
    made, request = "chart.png", scene.pick(questions, k=names[scene.language], x=x, y=y, f=name)
    if rng.random() < 0.3:
        made = f"{rng.choice((words.nonsense(rng, 1), y.lower()))}.png"
        request = f"{request}{scene.pick(_SAVED_AS, g=made)}"
    scene.user(_attached(scene, request, name))
    draw = f'df.plot.pie(y="{y}", labels=df["{x}"])' if kind == "pie" else f'df.plot.{kind}(x="{x}", y="{y}")'
    _run(scene, _plot_code(name, f'{draw}\nplt.savefig("/mnt/data/{made}")'), "", made)
    scene.answer(scene.pick_answer(_CHART_ANSWERS, k=names[scene.answer_language], link=_link(made)))


def write_analysis(scene: Scene) -> None:
    """Ask for a figure of an attached file together with a chart or a file that holds it."""
    rng = scene.rng
    scene.offer(python_tool())
    name, columns = _file(scene), _columns(scene)
    x, column = columns[0], rng.choice(columns[1:])
    function, *said = rng.choice(_STATISTICS)
    names = _names(scene, said)
    kind, *chart = rng.choice(_CHARTS[:3])
    charts = _names(scene, chart)
    is_chart = rng.random() < 0.7
    made = (
        f"{rng.choice(('chart', 'plot', words.nonsense(rng, 1)))}.png" if is_chart else f"{words.nonsense(rng, 1)}.txt"
    )
    texts = _FIGURE_AND_CHART if is_chart else _FIGURE_IN_FILE
    values = {"s": names[scene.language], "c": column, "f": name, "x": x, "k": charts[scene.language], "g": made}
    scene.user(_attached(scene, scene.pick(texts, **values), name))
    figure = f'df["{column}"].{function}'
    if is_chart:
        draw = f'print({figure})\ndf.plot.{kind}(x="{x}", y="{column}")\nplt.savefig("/mnt/data/{made}")'
        code = _plot_code(name, draw)
    else:
        write = f'with open("/mnt/data/{made}", "w") as file:\n    file.write(str(result))'
        code = f'import pandas as pd\n\ndf = pd.read_csv("/mnt/data/{name}")\nresult = {figure}\nprint(result)\n{write}'
    output = _figure(rng, function)
    _run(scene, code, output, made)
    answer = scene.pick_answer(_TABLE_ANSWERS, s=names[scene.answer_language], c=column, out=output)
    given = _CHART_ANSWERS if is_chart else _FILE_ANSWERS
    link = scene.pick_answer(given, k=charts[scene.answer_language], link=_link(made))
    scene.answer(f"{answer}{'' if scene.answer_language == 'zh' else ' '}{link}")


def write_file(scene: Scene) -> None:
    """Ask for a text file, or for what a table holds."""
    rng = scene.rng
    scene.offer(python_tool())
    if rng.random() < 0.4:
        name, columns = _file(scene), _columns(scene)
        scene.user(_attached(scene, scene.pick(_LOOK, f=name), name))
        code = f'import pandas as pd\n\ndf = pd.read_csv("/mnt/data/{name}")\nprint(df.columns.tolist())'
        _run(scene, code, str(columns))
        scene.answer(scene.pick_answer(_LOOK_ANSWERS, out=lexicon.joined(columns, scene.answer_language)))
        return
    text, name = lexicon.phrase(rng, scene.language), f"{words.nonsense(rng, 1)}.{rng.choice(('txt', 'md', 'csv'))}"
    scene.user(scene.pick(_SAVE, t=text, f=name))
    _run(scene, f'with open("/mnt/data/{name}", "w") as file:\n    file.write("{text}")', "", name)
    scene.answer(scene.pick_answer(_FILE_ANSWERS, link=_link(name)))


def _three_charts(scene: Scene, name: str, columns: list[str]) -> None:
    scene.user(_attached(scene, scene.pick(_SEVERAL, f=name), name))
    _run(
        scene, f'import pandas as pd\n\ndf = pd.read_csv("/mnt/data/{name}")\nprint(df.columns.tolist())', str(columns)
    )
    x, y = columns[0], columns[1]
    parts = [f'df.plot.bar(x="{x}", y="{y}")', f'df.plot.line(x="{x}", y="{y}")', f'df.plot.hist(y="{y}")']
    files = [f"chart{number}.png" for number in (1, 2, 3)]
    draw = "\n".join(f'{part}\nplt.savefig("/mnt/data/{file}")' for part, file in zip(parts, files, strict=True))
    _run(scene, "import matplotlib.pyplot as plt\n\n" + draw, "", *files)
    scene.answer(scene.pick_answer(_SEVERAL_ANSWERS, link=", ".join(map(_link, files))))


def _figure(rng: Random, function: str, *others: float) -> str:
    """Make what a statistic prints; only a count is sure to be whole."""
    return str(
        words.whole(rng) if function == "count()" else rng.choice((words.whole(rng), words.amount(rng), *others))
    )


def _names(scene: Scene, said: list[tuple[str, ...]]) -> dict[str, str]:
    """Name a notion in each language: in the user's language in any way, in the others in the first."""
    names = {language: each[0] for language, each in zip(words.LANGUAGES, said, strict=True)}
    return names | {scene.language: scene.rng.choice(said[words.LANGUAGES.index(scene.language)])}


def _plot_code(name: str, draw: str) -> str:
    return f'import pandas as pd\nimport matplotlib.pyplot as plt\n\ndf = pd.read_csv("/mnt/data/{name}")\n{draw}'


def _file(scene: Scene) -> str:
    rng = scene.rng
    stem = rng.choice((rng.choice(lexicon.THINGS).en.replace(" ", "_"), words.nonsense(rng), f"{words.nonsense(rng, 1)}_{rng.randint(1, 2040)}",
                       words.coined(rng, scene.language)))  # fmt: skip
    return f"{stem}.csv"


def _columns(scene: Scene) -> list[str]:
    rng = scene.rng
    first = rng.choice(
        (*"month date name city region product day year team country".split(), words.nonsense(rng)),
    )
    columns = [first]
    while len(columns) < rng.randint(3, 5):
        quality = rng.choice(lexicon.QUALITIES).label
        column = rng.choice(
            (
                quality.en,
                quality.en,
                words.nonsense(rng),
                rng.choice(lexicon.THINGS).en,
                quality.in_language(scene.language),
            )
        )
        column = column.replace(" ", "_")
        if column not in columns:
            columns.append(column)
    return columns


def _column_named(rng: Random, question: str, language: str) -> str:
    """Let a question that calls the column by its name alone call it a column now and then."""
    if rng.random() > 0.4 or _COLUMN.search(question):
        return question
    return question.replace("{c}", rng.choice(_COLUMN_NAMED[language]))


def _attached(scene: Scene, text: str, name: str) -> str:
    file_id = "file-" + "".join(scene.rng.choices("abcdefghijkmnopqrstuvwxyz0123456789", k=scene.rng.choice((6, 10))))
    return f"{text}\n{format_attachments([(name, file_id)])}"


def _link(name: str) -> str:
    return f"[{name}](sandbox:/mnt/data/{name})"


def _call(scene: Scene, code: str) -> None:
    scene.call((PYTHON_TOOL_NAME, {"code": code}))


def _run(scene: Scene, code: str, output: str, *files: str) -> None:
    _call(scene, code)
    scene.result(format_python_result(output, files))


def _traceback(scene: Scene, code: str, error: str) -> str:
    line = code.count("\n") + 1
    return scene.rng.choice((
        f"Traceback (most recent call last):\n  Cell In[{scene.rng.randint(1, 9)}], line {line}\n{error}",
        f'Traceback (most recent call last):\n  File "<cell>", line {line}, in <module>\n{error}',
        error,
    ))  # fmt: skip
