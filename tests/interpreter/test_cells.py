"""What a cell shows: printed text, its last value, tracebacks and pictures, in order and in bounds."""

import base64
import struct

import pytest

from localassist.protocols import CellImage
from tests.interpreter.conftest import Notebook


def pictures(outputs: object) -> list[CellImage]:
    return [output for output in outputs if isinstance(output, CellImage)]


def test_printed_text_and_the_last_value_are_shown(shared: Notebook) -> None:
    result = shared("print('hello')\n6 * 7")
    assert result.output == "hello\n42\n"
    assert result.outputs == ("hello\n42\n",)
    assert "".join(shared.shown) == "hello\n42\n"
    assert not result.failed
    assert result.note is None


def test_a_cell_without_output_shows_nothing(shared: Notebook) -> None:
    result = shared("quiet = 1")
    assert (result.output, result.outputs, result.files) == ("", (), ())


def test_variables_last_from_cell_to_cell(shared: Notebook) -> None:
    shared("kept = [1, 2]")
    assert shared("kept.append(3); kept").output == "[1, 2, 3]\n"


def test_windows_line_ends_are_fine(shared: Notebook) -> None:
    assert shared("a = 1\r\nif a:\r\n    print(a)\r\n").output == "1\n"


def test_a_traceback_names_line_and_error_and_no_path_of_this_machine(shared: Notebook) -> None:
    result = shared("def divide(x):\n    return x / 0\n\ndivide(1)")
    assert result.failed
    assert result.note is None
    assert "Cell In[" in result.output
    assert "line 4" in result.output
    assert "return x / 0" in result.output
    assert result.output.endswith("ZeroDivisionError: division by zero\n")
    deep = shared("import pandas as pd\npd.DataFrame({'a': [1]})['b']")
    assert deep.output.endswith("KeyError: 'b'\n")
    assert "site-packages/pandas" in deep.output
    assert "/lib/python" not in deep.output


def test_code_that_is_no_python_is_an_ordinary_failure(shared: Notebook) -> None:
    result = shared("for in range(3)")
    assert result.failed
    assert "SyntaxError: invalid syntax" in result.output


def test_a_missing_package_is_explained(shared: Notebook) -> None:
    result = shared("import surely_not_installed")
    assert result.output.endswith("[there is no network here, so packages cannot be installed]\n")


def test_pip_says_at_once_that_it_cannot_install(shared: Notebook) -> None:
    result = shared("!python -m pip install surely-not-installed")
    refusals = (
        "No matching distribution found",
        "No module named pip",
        "Could not install packages due to an OSError",  # Landlock: it may not see the tree under test
    )
    assert any(refusal in result.output for refusal in refusals)


def test_output_of_child_processes_is_shown(shared: Notebook) -> None:
    assert shared("import subprocess; _ = subprocess.run(['echo', 'from a child'])").output == "from a child\n"


def test_all_output_of_child_processes_belongs_to_their_cell(shared: Notebook) -> None:
    """In whatever pieces it comes, and however soon the cell ends."""
    code = "import subprocess, sys; _ = subprocess.run([sys.executable, '-c', \"print('가나다' * 3000 + '{}')\"])"
    for number in range(10):
        assert shared(code.format(number)).output.rstrip("\n").endswith(str(number))
    assert "".join(map(str, shared(code.format("end")).outputs)) == "가나다" * 3000 + "end\n"


def test_shell_commands_are_run(shared: Notebook) -> None:
    assert shared("word = 'hello'\n!echo {word}; echo to the error output >&2; exit 3").output == (
        "hello\nto the error output\n"
    )
    assert shared("_exit_code").output == "3\n"
    assert shared("lines = !echo one; echo two\nprint(lines)").output == "['one', 'two']\n"


def test_input_is_refused(shared: Notebook) -> None:
    result = shared("input('name? ')")
    assert result.failed
    assert "StdinNotImplementedError" in result.output


def test_terminal_codes_are_removed(shared: Notebook) -> None:
    result = shared(r"print('\x1b[31mred\x1b[0m \x1b]0;title\x07plain\x00\x08')")
    assert result.output == "red plain\n"


def test_a_progress_bar_is_shown_as_it_stands_at_the_end(shared: Notebook) -> None:
    result = shared("for i in range(3): print(f'\\r{i} of 2', end='')\nprint()")
    assert result.output == "2 of 2\n"
    assert "0 of 2" in "".join(map(str, result.outputs))


def test_long_output_keeps_its_beginning_and_its_end(shared: Notebook) -> None:
    result = shared("for i in range(200_000): print('line', i)")
    assert result.output.startswith("line 0\nline 1\n")
    assert result.output.endswith("line 199999\n")
    assert "characters left out" in result.output
    assert len(result.output) < 8_200
    (logs,) = result.outputs
    assert isinstance(logs, str)
    assert 200_000 < len(logs) <= 256 << 10
    assert logs.startswith("line 0\n")
    assert logs.endswith("line 199999\n")


def test_the_end_of_long_output_stands_before_the_traceback(shared: Notebook) -> None:
    result = shared("for i in range(100_000): print('line', i)\n1 / 0")
    assert result.output.index("line 99999") < result.output.index("ZeroDivisionError")


def test_a_long_value_is_shortened(shared: Notebook) -> None:
    result = shared("'x' * 10_000_000")
    assert len("".join(map(str, result.outputs))) < 70_000


def test_a_huge_error_message_keeps_the_error_s_name(shared: Notebook) -> None:
    result = shared("raise ValueError('x' * 300_000)")
    assert len(result.output) < 9_000
    assert "ValueError: xxx" in result.output


def test_a_data_frame_is_text(shared: Notebook) -> None:
    result = shared("import pandas as pd\npd.DataFrame({'a': [1, 2]})")
    assert result.output == "   a\n0  1\n1  2\n"


def test_figures_are_pictures_in_their_place(shared: Notebook) -> None:
    result = shared(
        "import matplotlib.pyplot as plt\n"
        "print('before')\nplt.plot([1, 2])\nplt.show()\nprint('after')\nplt.plot([2, 1]); plt.show()"
    )
    assert [type(output) for output in result.outputs] == [str, CellImage, str, CellImage]
    assert list(result.outputs) == shared.shown
    first = pictures(result.outputs)[0]
    assert first.media_type == "image/png"
    assert first.content.startswith(b"\x89PNG")
    assert result.output == "before\nafter\n"


def test_a_figure_is_shown_without_asking_and_only_once(shared: Notebook) -> None:
    result = shared("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 3])\nfig")
    assert len(pictures(result.outputs)) == 1


def test_a_figure_is_shown_though_the_code_asks_for_another_backend(notebook: Notebook) -> None:
    result = notebook(
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 5])\nNone"
    )
    assert len(pictures(result.outputs)) == 1
    assert not result.failed


def test_jpeg_is_a_picture_and_other_data_is_not(shared: Notebook) -> None:
    result = shared(
        "import io, matplotlib.pyplot as plt\nfrom IPython.display import Image, display, SVG\n"
        "fig = plt.figure(figsize=(1, 1)); buffer = io.BytesIO(); fig.savefig(buffer, format='jpeg'); plt.close(fig)\n"
        "display(Image(buffer.getvalue(), format='jpeg'))\n"
        "display({'image/png': 'bm90IGEgcGljdHVyZQ=='}, raw=True)\n"
        "display({'image/png': '!!!', 'text/plain': 'x'}, raw=True)"
    )
    assert [picture.media_type for picture in pictures(result.outputs)] == ["image/jpeg"]
    assert result.output.count("picture left out") == 2


def test_a_picture_with_too_many_pixels_is_left_out(shared: Notebook) -> None:
    header = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 30_000, 30_000)
    encoded = base64.b64encode(header).decode()
    code = f"from IPython.display import display\ndisplay({{'image/png': '{encoded}'}}, raw=True)"
    result = shared(code)
    assert not pictures(result.outputs)
    assert "30000 x 30000 pixels" in result.output


def test_too_many_displays_are_counted_not_shown(shared: Notebook) -> None:
    result = shared("for i in range(5000): display(i)")
    assert not result.failed
    assert "99\n" in "".join(map(str, result.outputs))
    assert "more than 100 things shown" in result.output


@pytest.mark.parametrize("code", ["", "   ", "# only a remark", "x = 1;"])
def test_empty_cells_end(shared: Notebook, code: str) -> None:
    assert shared(code).output == ""
