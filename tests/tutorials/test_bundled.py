"""Every tutorial program runs to its end on the bundled model, whatever that small model makes of it."""

import re
from pathlib import Path

import pytest

from tests.tutorials.programs import TUTORIALS, run_program

# What is printed however well the model does: an answer, or a line that says why there is none.
PRINTS = {
    "math_tutor.py": r"assistant: .|The run is failed: .",
    "three_threads.py": r"# Mira again\n     user: Hello",
    "interpreter_steps.py": r"第 1 步:(tool_calls|message_creation)",
    "two_pdfs.py": r"2/2개 준비됨 \(completed\)(.|\n)*(답: .|failed)",
    "quiz.py": r"Feedback:\n.|it said:\n.|was cancelled\.|The run is ",
    "course_database.py": r"\[(completed|cancelled|failed)\]\n$",
    "charts.py": r"에 파일 \d+개를 저장했습니다\.\n$",
    "footnotes.py": r"\n\[1\] shop_handbook.pdf|cites nothing|The run is failed: .",
    "resume.py": r"小林的第 1 次来访,话题:旅行\n我:你好",
    "actions.py": r"assistant: .|The run is ",
}
WITH_FOLDER = {"charts.py": "charts", "resume.py": "saved.json"}


def test_every_program_is_run_here() -> None:
    assert {path.name for path in TUTORIALS.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize("name", sorted(PRINTS))
def test_it_runs_to_its_end(name: str, bundled: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path / WITH_FOLDER[name])] if name in WITH_FOLDER else []
    shown = run_program(name, *arguments, url=bundled, stdin="a\n" * 100)
    assert re.search(PRINTS[name], shown), shown
