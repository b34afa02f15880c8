"""The tutorial programs on a model that says what a test wrote; the rest is real, and what they print is known."""

import json
from pathlib import Path

from localassist.testing import call, call_all, say
from tests.models.scripted import build_scripted, calls, plain
from tests.tutorials.conftest import Scripted
from tests.tutorials.programs import run_program

CHART = (
    "import pandas, matplotlib.pyplot as plt\n"
    "data = pandas.read_csv('/mnt/data/sales.csv')\n"
    "plt.{kind}(data['{x}'], data['{y}'])\n"
)


def address(lab) -> str:
    return str(lab.client.base_url)


def test_the_math_tutor_polls_and_prints_the_conversation(scripted: Scripted) -> None:
    lab = scripted(call("python", code="print((31 - 7) / 4)"), say("The solution is x = 6."), runs_code=True)
    shown = run_program("math_tutor.py", url=address(lab)).splitlines()
    assert shown[0].startswith("queued")
    assert shown[0].rstrip().endswith("completed")
    assert shown[1:3] == ["     user: Solve the equation 4x + 7 = 31.", "assistant: The solution is x = 6."]
    assert int(shown[3].split()[0]) > 0
    (system, *_), *_ = lab.engine.library.transcripts  # type: ignore[attr-defined]
    assert "The student's name is Mina." in str(system)


def test_three_threads_are_answered_each_by_itself(scripted: Scripted) -> None:
    lab = scripted(say("Welcome!"), say("Welcome!"), say("Welcome!"), say("Your name is Mira."))
    shown = run_program("three_threads.py", url=address(lab))
    for user, text in (("Mira", "my name is Mira"), ("지우", "제 이름은 지우예요"), ("小林", "我叫小林")):
        assert f"# {user}\n     user: " in shown
        assert text in shown
    assert shown.count("assistant: Welcome!") == 4  # Mira's thread is printed twice
    assert shown.rstrip().endswith("     user: What is my name?\nassistant: Your name is Mira.")


def test_every_step_of_the_code_interpreter_is_printed(scripted: Scripted) -> None:
    lab = scripted(
        call("python", code="print(3478 * 62l)"),
        call("python", code="a = 3478 * 621\nprint(a)"),
        say("结果是 2159838。"),
        runs_code=True,
    )
    shown = run_program("interpreter_steps.py", url=address(lab))
    assert "第 1 步:tool_calls(completed)" in shown
    assert "SyntaxError" in shown
    assert "运行的代码:\n    a = 3478 * 621\n    print(a)\n输出:\n    2159838\n" in shown
    assert "第 3 步:message_creation(completed)\n回答:结果是 2159838。\n" in shown


def test_two_pdfs_are_searched_and_cited(scripted: Scripted) -> None:
    lab = scripted(
        call("file_search", queries=["return the lamp within days"]),
        say("The lamp can be returned within 30 days.【0:0†shop_handbook.pdf】"),
        call("file_search", queries=["겨울 휴가는 1년에"]),
        say("겨울 휴가는 1년에 8일입니다.【0:0†휴가 안내.pdf】"),
    )
    shown = run_program("two_pdfs.py", url=address(lab))
    assert "파일: 2/2개 준비됨 (completed)" in shown
    assert shown.count("[tool_calls: completed]\n") == 2
    assert "휴가 안내.pdf: 휴가 안내 겨울 휴가는 1년에 8일입니다." in shown
    assert "  【0:0†shop_handbook.pdf】 → shop_handbook.pdf\n" in shown
    assert "  【0:0†휴가 안내.pdf】 → 휴가 안내.pdf\n" in shown


def test_the_quiz_is_typed_in_and_commented_on(scripted: Scripted) -> None:
    questions = [
        {"question_text": "What is 6 x 7?", "question_type": "MULTIPLE_CHOICE", "choices": ["42", "36"]},
        {"question_text": "Name a prime.", "question_type": "FREE_RESPONSE", "choices": []},
    ]
    lab = scripted(call("display_quiz", title="Numbers", questions=questions), say("Both are right, well done!"))
    shown = run_program("quiz.py", url=address(lab), stdin="a\nseven, 일곱\n")
    assert "Quiz: Numbers\n\n1. What is 6 x 7?\n   a) 42\n   b) 36\nYour answer: \n2. Name a prime." in shown
    assert shown.endswith("Feedback:\nBoth are right, well done!\n")
    transcripts = lab.engine.library.transcripts  # type: ignore[attr-defined]
    results = [message.content for read in transcripts for message in read if message.role == "tool"]
    assert json.loads(results[0]) == ["a", "seven, 일곱"]


def test_a_quiz_master_who_only_talks_is_quoted(scripted: Scripted) -> None:
    shown = run_program("quiz.py", url=address(scripted(say("No quiz today."))))
    assert shown == "The assistant made no quiz this time; it said:\nNo quiz today.\n"


def test_a_handler_answers_parallel_calls_from_inside_the_stream(scripted: Scripted) -> None:
    def count(teacher: str) -> dict[str, object]:
        return {"query": f"SELECT COUNT(*) FROM Courses WHERE teacher = '{teacher}'"}

    lab = scripted(
        call("ask_database", query="SELEC 1"),
        call_all(("ask_database", count("Mina Park")), ("ask_database", count("Omar Haddad"))),
        say("Mina Park teaches three courses, Omar Haddad two."),
    )
    shown = run_program("course_database.py", url=address(lab))
    assert 'query > SELEC 1\n      = Error: near "SELEC": syntax error' in shown
    assert "teacher = 'Mina Park'\n      = [(3,)]" in shown
    assert "teacher = 'Omar Haddad'\n      = [(2,)]" in shown
    assert shown.endswith("assistant > Mina Park teaches three courses, Omar Haddad two.\n\n[completed]\n")


def test_a_model_that_only_asks_the_database_is_stopped(scripted: Scripted) -> None:
    lab = scripted(*(call("ask_database", query=f"SELECT {number}") for number in range(10)))
    shown = run_program("course_database.py", url=address(lab))
    assert shown.count("query > ") == 4
    assert shown.endswith("[after 4 rounds of queries the run is cancelled]\n\n\n[cancelled]\n")


def test_three_charts_are_downloaded(scripted: Scripted, tmp_path: Path) -> None:
    def chart(kind: str, x: str, y: str, end: str) -> object:
        return call("python", code=CHART.format(kind=kind, x=x, y=y) + end)

    lab = scripted(
        chart("bar", "month", "sales", "plt.show()"),
        say("막대 그래프입니다."),
        chart("plot", "month", "cost", "plt.savefig('/mnt/data/line.png')\nplt.close()"),
        say("[그래프](sandbox:/mnt/data/line.png)"),
        chart("scatter", "sales", "cost", "plt.show()"),
        say("산점도입니다."),
        runs_code=True,
    )
    folder = tmp_path / "charts"
    shown = run_program("charts.py", str(folder), url=address(lab))
    pictures = sorted(folder.iterdir())
    assert len(pictures) == 3
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
    assert any(picture.name.endswith("-line.png") for picture in pictures)
    assert shown.endswith(f"{folder}에 파일 3개를 저장했습니다.\n")


def test_citations_become_footnotes(scripted: Scripted) -> None:
    lab = scripted(
        call("file_search", queries=["responsible for the storeroom"]),
        say("Mina Park is responsible for the storeroom.【0:0†shop_handbook.pdf】"),
    )
    shown = run_program("footnotes.py", url=address(lab))
    value, empty, note = shown.splitlines()
    assert (value, empty) == ("Mina Park is responsible for the storeroom.[1]", "")
    assert note.startswith("[1] shop_handbook.pdf: “")


def test_a_conversation_is_resumed_by_its_saved_id(scripted: Scripted, tmp_path: Path) -> None:
    lab = scripted(say("你好,小林!"), say("你叫小林。"))
    saved = tmp_path / "saved.json"
    first = run_program("resume.py", str(saved), url=address(lab))
    again = run_program("resume.py", str(saved), url=address(lab))
    thread_id = json.loads(saved.read_text())["thread"]
    assert f"新的对话:{thread_id}" in first
    assert "小林的第 1 次来访,话题:旅行" in first
    assert f"继续对话:{thread_id}" in again
    assert "小林的第 2 次来访,话题:旅行" in again
    assert again.endswith("我:你好,我叫小林。\n助手:你好,小林!\n我:我叫什么名字?\n助手:你叫小林。\n")


def test_an_action_is_called_with_strict_arguments_in_process(tmp_path: Path) -> None:
    answer = plain("They cost", " 240 dollars.", marker="<tool_response>")
    model = build_scripted(tmp_path / "m.gguf", [calls(("get_price", {"item": "oak tables"})), answer])
    shown = run_program("actions.py", LOCALASSIST_MODEL=str(model))
    assert '"additionalProperties": false' in shown.splitlines()[0]
    assert "[the shop was asked for /price?item=oak+tables: 200]" in shown
    assert 'get_price({"item": "oak tables"}) → ' in shown
    assert shown.endswith("assistant: They cost 240 dollars.\n")
