"""What is shipped: the wheel holds all that the package reads at run time, the sdist all that builds and tests it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the sdist and the wheel."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", directory], cwd=ROOT, check=True)
    return directory


def test_the_wheel_holds_the_package_and_its_data(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "src" / "localassist"
    sources = (file for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc")
    assert names >= {f"localassist/{file.relative_to(package).as_posix()}" for file in sources}
    assert "localassist/py.typed" in names
    assert any(name.startswith("localassist/store/migrations/versions/0001") for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_holds_the_bundled_models_where_they_exist(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("localassist/_models/")}
    present = [*MODELS.glob("catalog.toml"), *MODELS.glob("localassist-tiny/*.gguf")]
    assert shipped >= {f"localassist/_models/{file.relative_to(MODELS).as_posix()}" for file in present}


def test_the_sdist_can_be_built_tested_and_read(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"README.md", "LICENSE", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile"}
    expected |= {"pyproject.toml", "constraints.txt", "hatch_build.py", "tests/conftest.py", "docs/glossary.md"}
    assert expected <= names
