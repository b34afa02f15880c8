"""Files laid into a session and files that its code makes."""

import pytest

from localassist.interpreter.interpreter import KernelInterpreter
from tests.interpreter.conftest import Notebook, open_interpreter, session_file, wait_until

SALES = session_file("file-sales1", "sales.csv", b"month,units\njan,3\nfeb,4\n")


def made(result) -> dict[str, bytes]:
    """What a cell gave out: contents by path."""
    contents = {}
    for file in result.files:
        with file.open() as stream:
            contents[file.path] = stream.read()
        assert file.size_bytes == len(contents[file.path])
    return contents


def test_a_file_is_there_under_its_name_and_its_id(notebook: Notebook) -> None:
    result = notebook(
        "import os, pandas as pd\n"
        "print(sorted(os.listdir('/mnt/data')), os.path.islink('/mnt/data/file-sales1'), os.getcwd())\n"
        "int(pd.read_csv('/mnt/data/sales.csv').units.sum() + pd.read_csv('/mnt/data/file-sales1').units.sum())",
        files=[SALES],
    )
    assert result.output == "['file-sales1', 'sales.csv'] False /mnt/data\n14\n"
    assert result.files == ()


def test_a_file_laid_in_is_the_code_s_to_change_and_is_not_laid_in_again(notebook: Notebook) -> None:
    notebook("open('/mnt/data/sales.csv', 'a').write('mar,5\\n')", files=[SALES])
    assert "mar,5" in notebook("print(open('/mnt/data/sales.csv').read())", files=[SALES]).output


def test_a_changed_upload_is_given_out_once_under_its_name(notebook: Notebook) -> None:
    result = notebook("_ = open('/mnt/data/sales.csv', 'a').write('mar,5\\n')", files=[SALES])
    assert made(result) == {"sales.csv": b"month,units\njan,3\nfeb,4\nmar,5\n"}


def test_files_of_the_same_name_are_told_apart(notebook: Notebook) -> None:
    other = session_file("file-sales2", "sales.csv", b"other")
    result = notebook("print(open('/mnt/data/sales-sales2.csv').read())", files=[SALES, other])
    assert result.output == "[file-sales2 is /mnt/data/sales-sales2.csv: there was another sales.csv]\nother\n"
    again = notebook("print(open('/mnt/data/file-sales2').read())", files=[SALES, other])
    assert again.output == "other\n"


def test_a_later_file_does_not_replace_one_that_the_code_made(notebook: Notebook) -> None:
    notebook("_ = open('/mnt/data/sales.csv', 'w').write('mine')")
    result = notebook("print(open('/mnt/data/sales.csv').read())", files=[SALES])
    assert result.output == "[file-sales1 is /mnt/data/sales-sales1.csv: there was another sales.csv]\nmine\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\a b.csv", "a b.csv"),
        (".hidden", "hidden"),
        ("..", "file-odd"),
        ("", "file-odd"),
        ("new\nline\x1b[31m.txt", "new_line_[31m.txt"),
        ("über 表.csv", "über 表.csv"),
    ],
)
def test_names_are_made_safe(notebook: Notebook, name: str, expected: str) -> None:
    result = notebook("import os; sorted(os.listdir('/mnt/data'))", files=[session_file("file-odd", name, b"x")])
    assert result.output == f"{sorted({expected, 'file-odd'})}\n"


def test_a_file_too_large_for_the_session_is_named_and_left_out(notebook: Notebook) -> None:
    result = notebook(
        "import os; os.listdir('/mnt/data')",
        files=[SALES, type(SALES)("file-huge", "huge.bin", 4 << 30, SALES.open)],
    )
    assert "[file-huge (4096 MiB) is not here: the session's disk is full]" in result.output
    assert "sales.csv" in result.output


def test_new_and_changed_files_are_given_out_and_unchanged_ones_are_not(notebook: Notebook) -> None:
    first = notebook("import os; os.makedirs('out')\nfor n in ('a.txt', 'out/b.txt'): open(n, 'w').write(n)")
    assert made(first) == {"a.txt": b"a.txt", "out/b.txt": b"out/b.txt"}
    second = notebook("for n in ('a.txt', 'out/b.txt'): open(n, 'w').write('new' if n == 'a.txt' else n)")
    assert made(second) == {"a.txt": b"new"}


def test_a_change_of_the_same_size_with_an_old_date_is_seen(notebook: Notebook) -> None:
    notebook("import os; open('a.txt', 'w').write('one'); s = os.stat('a.txt')")
    result = notebook(
        "with open('a.txt', 'r+') as f: f.write('two')\n"
        "try: os.utime('a.txt', ns=(s.st_atime_ns, s.st_mtime_ns))\n"
        "except PermissionError: print('times cannot be set here')"
    )
    assert made(result) == {"a.txt": b"two"}


def test_what_was_given_out_stays_as_it_was(notebook: Notebook) -> None:
    first = notebook("_ = open('a.txt', 'w').write('one')")
    notebook("_ = open('a.txt', 'w').write('two')")
    assert made(first) == {"a.txt": b"one"}
    assert made(first) == {"a.txt": b"one"}


def test_hidden_files_and_caches_are_not_given_out(notebook: Notebook) -> None:
    result = notebook(
        "import os\nos.makedirs('__pycache__'); os.makedirs('.git')\n"
        "for n in ('.hidden', '__pycache__/x.pyc', '.git/config', 'shown'): open(n, 'w').write('x')"
    )
    assert list(made(result)) == ["shown"]


def test_nothing_but_plain_files_reaches_the_engine(notebook: Notebook, tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the engine's secret")
    result = notebook(
        "import os\n"
        f"os.symlink({str(secret)!r}, 'link.txt'); os.symlink('/etc', 'linked directory')\n"
        "os.mkfifo('pipe.txt')\n"
        "with open('sparse.bin', 'wb') as f: f.truncate(300 << 20)\n"
        "open(b'bad\\xff\\nname\\x1b.txt', 'w').write('fine')\n"
        "print('made')"
    )
    assert made(result) == {"bad__name_.txt": b"fine"}
    assert "secret" not in result.output
    assert "[file sparse.bin left out: its 300 MiB are more than the 50 MiB allowed]" in result.output


def test_a_link_planted_where_a_file_is_laid_in_is_replaced(notebook: Notebook, tmp_path) -> None:
    target = tmp_path / "target.txt"
    target.write_text("untouched")
    notebook(f"import os; os.symlink({str(target)!r}, '/mnt/data/file-sales1')")
    notebook("1", files=[SALES])
    assert target.read_text() == "untouched"
    assert "jan" in notebook("print(open('/mnt/data/file-sales1').read())").output


def test_a_directory_planted_where_a_file_is_laid_in_is_said(notebook: Notebook) -> None:
    notebook("import os; os.makedirs('/mnt/data/file-sales1')")
    result = notebook("2", files=[SALES])
    assert "file-sales1 is not here: it cannot be written" in result.output


def test_many_files_are_given_out_up_to_a_number(notebook: Notebook) -> None:
    result = notebook("for i in range(30): _ = open(f'{i:02}.txt', 'w').write(str(i))")
    assert len(result.files) == 20
    assert "[more than 20 files made at once: the rest is left out]" in result.output


def test_the_files_of_a_failed_cell_are_given_out_too(notebook: Notebook) -> None:
    result = notebook("_ = open('partial.txt', 'w').write('x')\n1 / 0")
    assert result.failed
    assert list(made(result)) == ["partial.txt"]


def test_copies_go_when_nobody_holds_them(opened, tmp_path) -> None:
    interpreter = opened()
    cell = Notebook(interpreter, "s")
    result = cell("_ = open('a.txt', 'w').write('x')")
    copies = list((tmp_path / "data" / "interpreter").glob("*/copies/*"))
    assert len(copies) == 1
    del result
    assert not copies[0].exists()


def test_files_work_where_mnt_data_is_only_a_name(tmp_path) -> None:
    interpreter: KernelInterpreter = open_interpreter(tmp_path, code_sandbox="none")
    try:
        cell = Notebook(interpreter, "s")
        result = cell(
            "import os\nfrom pathlib import Path\n"
            "print(open('/mnt/data/sales.csv').readline(), os.getcwd())\n"
            "f = '/mnt/database'; name = 'x'\n"
            "Path(f'/mnt/data/{name}.txt').write_text('out'); f",
            files=[SALES],
        )
        assert result.output == "month,units\n /mnt/data\n'/mnt/database'\n"
        assert made(result) == {"x.txt": b"out"}
        missing = cell("open('/mnt/data/missing.csv')")
        assert "No such file or directory: '/mnt/data/missing.csv'" in missing.output
        assert str(tmp_path) not in missing.output
    finally:
        interpreter.close()


def test_deep_and_locked_directories_are_deleted_with_the_session(opened, tmp_path) -> None:
    interpreter = opened()
    cell = Notebook(interpreter, "s")
    cell(
        "import os\n"
        "for i in range(50):\n    os.mkdir('d' * 100); os.chdir('d' * 100)\n"
        "os.chdir('/mnt/data'); os.mkdir('locked')\n"
        "try: os.chmod('locked', 0)\nexcept PermissionError: pass"
    )
    interpreter.forget("s")
    wait_until(lambda: not list((tmp_path / "data" / "interpreter").glob("w-*")))
