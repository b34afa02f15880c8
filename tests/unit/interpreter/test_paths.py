"""What paths of this machine are called in the output of code."""

import sysconfig
from pathlib import Path

from localassist.interpreter.paths import python_paths
from localassist.interpreter.text import PathNames


def test_an_installation_below_the_home_of_code_is_named_with_its_tilde_too() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    names = PathNames(dict(python_paths(str(library.parent))))
    assert names.replace(f"{library}/json/decoder.py") == "lib/json/decoder.py"
    assert names.replace(f"~/{library.name}/json/decoder.py") == "lib/json/decoder.py"


def test_a_home_elsewhere_adds_no_names() -> None:
    assert not [path for path, _ in python_paths("/nowhere") if path.startswith("~")]
