"""What `localassist` offers is pinned: a name that comes or goes changes users' programs and is in the changelog."""

import ast
import importlib
import tomllib
from pathlib import Path

import pytest

import localassist

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "localassist"


def test_the_package_offers_these_names() -> None:
    assert localassist.__all__ == ["AsyncLocalAssist", "LocalAssist", "__version__"]


@pytest.mark.parametrize("name", localassist.__all__)
def test_an_offered_name_can_be_imported(name: str) -> None:
    assert getattr(localassist, name) is not None


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Assistent"):
        _ = localassist.Assistent


def test_the_version_is_the_distribution_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert localassist.__version__ == project["version"]
    assert f"## [{localassist.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_list_of_public_names_is_sorted_and_true(file: Path) -> None:
    if not any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for node in ast.parse(file.read_text(encoding="utf-8")).body
    ):
        return
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    constants_first = sorted(module.__all__, key=lambda name: (not name.isupper(), name))
    assert module.__all__ == constants_first
    assert all(hasattr(module, name) for name in module.__all__)
