"""Every tutorial program runs to its end on the bundled model, whatever that small model makes of it."""

from pathlib import Path

import pytest

from tests.tutorials.programs import TUTORIALS, run_program

# A line that is printed however well the model does.
ENDS_WITH = {
    "math_tutor.py": "tokens",
    "three_threads.py": "# Mira again",
    "interpreter_steps.py": "运行状态:completed",
    "two_pdfs.py": "파일: 2/2개 준비됨 (completed)",
    "quiz.py": " ",
    "course_database.py": "\n\n[c",  # completed, or cancelled after too many rounds
    "charts.py": "개를 저장했습니다.",
    "footnotes.py": "\n",
    "resume.py": "小林的第 1 次来访",
    "actions.py": "strict function: ",
}
WITH_FOLDER = {"charts.py": "charts", "resume.py": "saved.json"}


def test_every_program_is_run_here() -> None:
    assert {path.name for path in TUTORIALS.glob("*.py")} == set(ENDS_WITH)


@pytest.mark.parametrize("name", sorted(ENDS_WITH))
def test_it_runs_to_its_end(name: str, bundled: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path / WITH_FOLDER[name])] if name in WITH_FOLDER else []
    shown = run_program(name, *arguments, url=bundled, stdin="a\n" * 100)
    assert ENDS_WITH[name] in shown
