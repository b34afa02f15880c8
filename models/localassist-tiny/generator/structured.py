"""Writes SQL questions over a described table, and quizzes as nested arguments."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from generator import lexicon, results, words
from generator.phrases import read_phrases
from generator.scene import Scene

_PHRASES: Final = read_phrases("structured")
_COUNT: Final = _PHRASES["count"]
_SELECT: Final = _PHRASES["select"]
_ALL: Final = _PHRASES["all"]
_ALL_SQL: Final = _PHRASES["all_sql"]
_TEACHING: Final = _PHRASES["teaching"]


def write_sql(scene: Scene) -> None:
    """Ask a question over a table that the function's description lays out; now and then for two values at once."""
    rng = scene.rng
    table, columns, property_name, tool = _database(rng)
    if tool["function"]["name"] in scene.tool_names:
        return
    scene.offer(tool)
    name = tool["function"]["name"]
    if rng.random() < 0.2:
        index = rng.randrange(len(_ALL[scene.language]))
        column = rng.choice(columns)
        scene.user(scene.pick({scene.language: [_ALL[scene.language][index]]}, t=table, d=column))
        queries = [_ALL_SQL[scene.language][index].format(t=table, d=column)]
        values = [table]
    else:
        values, queries = _filtered(scene, table, columns)
    scene.call(*[(name, {property_name: query}) for query in queries])
    outputs = [_rows(scene) for _ in queries]
    for output in outputs:
        scene.result(output)
    if len(outputs) == 1:
        scene.answer(results.report(outputs[0], scene.answer_language))
    else:
        scene.answer(results.report_each(values, outputs, scene.answer_language))


def _filtered(scene: Scene, table: str, columns: list[str]) -> tuple[list[str], list[str]]:
    rng = scene.rng
    column, shown = rng.sample(columns, 2)
    count = rng.choices((1, 2, 3), (6, 4, 1))[0]
    person = "teacher" in columns and table.lower() == "courses" and rng.random() < 0.7
    made = {
        words.person(rng, scene.language)
        if person or rng.random() < 0.6
        else str(lexicon.value(rng, "word", scene.language))
        for _ in range(count)
    }
    values = sorted(made)
    rng.shuffle(values)
    said = lexicon.joined(values, scene.language)
    if person:
        scene.user(scene.pick(_TEACHING, v=said))
        return values, [f"SELECT COUNT(*) FROM {table} WHERE teacher = '{value}'" for value in values]
    if rng.random() < 0.6:
        scene.user(scene.pick({k: [t for t in v if "{c}" in t] for k, v in _COUNT.items()}, t=table, c=column, v=said))
        return values, [f"SELECT COUNT(*) FROM {table} WHERE {column} = '{value}'" for value in values]
    scene.user(scene.pick(_SELECT, t=table, c=column, d=shown, v=said))
    return values, [f"SELECT {shown} FROM {table} WHERE {column} = '{value}'" for value in values]


def _database(rng: Random) -> tuple[str, list[str], str, dict[str, Any]]:
    if rng.random() < 0.35:
        table, columns = rng.choice(("Courses", "courses", "Classes")), ["course", "teacher", "price", "room"]
    else:
        table = rng.choice((rng.choice(lexicon.THINGS).en.replace(" ", "_") + "s", words.nonsense(rng)))
        table = table.title() if rng.random() < 0.6 else table
        columns = list(
            dict.fromkeys(
                rng.choice((rng.choice(lexicon.QUALITIES).label.en.replace(" ", "_"), words.nonsense(rng)))
                for _ in range(5)
            )
        )
        columns = columns if len(columns) > 1 else [*columns, "name", "id"]
    schema = rng.choice(
        (
            f"Table: {table}\nColumns: {', '.join(columns)}",
            f"CREATE TABLE {table} ({', '.join(columns)})",
            f"{table}({', '.join(columns)})",
        )
    )
    property_name = rng.choice(("query", "query", "sql", "statement"))
    described = {
        "type": "object",
        "properties": {property_name: {"type": "string", "description": f"SQL query. Schema:\n{schema}"}},
        "required": [property_name],
    }
    body: dict[str, Any] = {
        "name": rng.choice(("ask_database", "query_database", "run_sql", "database_query", "sql_query")),
        "description": rng.choice(
            ("Answer questions about the data with a SQL query.", "Run a SQL query.", "Query the database.")
        ),
        "parameters": described,
    }
    if rng.random() < 0.4:
        body["description"] += f" Schema: {schema}"
        described["properties"][property_name].pop("description")
    return table, columns, property_name, {"type": "function", "function": body}


def _rows(scene: Scene) -> object:
    rng = scene.rng
    number = words.whole(rng) if rng.random() < 0.5 else rng.randint(0, 12)
    return rng.choice((f"[({number},)]", str(number), f"[[{number}]]", {"count": number}, f"[({number},)]",
                       "[('" + str(lexicon.value(rng, "word", scene.language)) + "',)]"))  # fmt: skip


# A handful of things a quiz may ask; the only knowledge of the world this model is given.
_QUIZ_BANK: Final = {
    "en": [("How many days does a week have?", "7", "5", "9"), ("Which colour is the clear sky?", "Blue", "Green", "Red"), ("How many legs does a dog have?", "4", "2", "6"),
           ("Which planet do we live on?", "Earth", "Mars", "Venus"), ("What is frozen water called?", "Ice", "Steam", "Sand"), ("How many months are in a year?", "12", "10", "14"),
           ("Which animal says meow?", "Cat", "Dog", "Cow"), ("What do bees make?", "Honey", "Milk", "Bread"), ("Which season comes after winter?", "Spring", "Autumn", "Summer"),
           ("What is 2 + 2?", "4", "3", "5"), ("What is 3 + 4?", "7", "6", "8"), ("What is 10 - 3?", "7", "6", "5"), ("What is 5 x 2?", "10", "8", "12")],
    "ko": [("일주일은 며칠인가요?", "7", "5", "9"), ("맑은 하늘은 무슨 색인가요?", "파란색", "초록색", "빨간색"), ("강아지 다리는 몇 개인가요?", "4", "2", "6"),
           ("언 물을 무엇이라고 하나요?", "얼음", "수증기", "모래"), ("일 년은 몇 달인가요?", "12", "10", "14"), ("2 + 2는 얼마인가요?", "4", "3", "5")],
    "zh": [("一周有几天?", "7", "5", "9"), ("晴朗的天空是什么颜色?", "蓝色", "绿色", "红色"), ("狗有几条腿?", "4", "2", "6"), ("水结冰后叫什么?", "冰", "蒸汽", "沙子"),
           ("一年有几个月?", "12", "10", "14"), ("2 + 2等于多少?", "4", "3", "5")],
}  # fmt: skip
_QUIZ_ASK: Final = _PHRASES["quiz_ask"]
_QUIZ_TITLE: Final = {"en": "Quiz", "ko": "퀴즈", "zh": "测验"}
_FEEDBACK: Final = {
    "en": ("Question {i}: {a} is right.", "Question {i}: {a} is not right, the answer is {b}."),
    "ko": ("{i}번: {a} 정답입니다.", "{i}번: {a} 오답입니다. 정답은 {b}입니다."),
    "zh": ("第{i}题:{a}正确。", "第{i}题:{a}不对,答案是{b}。"),
}


def write_quiz(scene: Scene) -> None:
    """Ask for a quiz; the assistant writes it as arguments, gets the user's answers and gives feedback."""
    rng, language = scene.rng, scene.language
    names = _quiz_names(rng)
    if names["tool"] in scene.tool_names:
        return
    scene.offer(_quiz_tool(names))
    count = rng.randint(2, 4)
    scene.user(scene.pick(_QUIZ_ASK, i=count, t=lexicon.a_thing(rng, language)))
    # The order of the bank is kept: what cannot be chosen for a reason should not be left to chance.
    bank = _QUIZ_BANK[language]
    chosen = bank[:count]
    questions = [
        {names["text"]: q, names["type"]: "MULTIPLE_CHOICE", names["choices"]: sorted((right, *wrong))}
        for q, right, *wrong in chosen
    ]
    scene.call((names["tool"], {"title": _QUIZ_TITLE[language], "questions": questions}))
    given = [rng.choice((right, right, *wrong)) for _, right, *wrong in chosen]
    scene.result(given)
    right_text, wrong_text = _FEEDBACK[scene.answer_language]
    said = [
        (right_text if answer == item[1] else wrong_text).format(i=number, a=answer, b=item[1])
        for number, (answer, item) in enumerate(zip(given, chosen, strict=True), 1)
    ]
    scene.answer(("" if language == "zh" else " ").join(said))


def _quiz_names(rng: Random) -> dict[str, str]:
    return {
        "tool": rng.choice(("display_quiz", "show_quiz", "present_quiz", "make_quiz")),
        "text": rng.choice(("question_text", "text", "question")),
        "type": rng.choice(("question_type", "type", "kind")),
        "choices": rng.choice(("choices", "options", "answers")),
    }


def _quiz_tool(names: dict[str, str]) -> dict[str, Any]:
    question = {
        names["text"]: {"type": "string"},
        names["type"]: {"type": "string", "enum": ["MULTIPLE_CHOICE", "FREE_RESPONSE"]},
        names["choices"]: {"type": "array", "items": {"type": "string"}},
    }
    properties = {
        "title": {"type": "string"},
        "questions": {
            "type": "array",
            "items": {"type": "object", "properties": question, "required": [names["text"]]},
        },
    }
    parameters = {"type": "object", "properties": properties, "required": ["title", "questions"]}
    description = "Shows a quiz to the student and returns the answers."
    return {
        "type": "function",
        "function": {"name": names["tool"], "description": description, "parameters": parameters},
    }
