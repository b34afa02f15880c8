"""What the documentation tells people to type exists: commands with their options, addresses, files, links."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from localassist.cli.app import app
from localassist.http.compatibility.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def typed_lines(page: Path) -> list[str]:
    """The lines after a `$`, those that end in a backslash joined with the next."""
    blocks = CONSOLE.findall(page.read_text(encoding="utf-8"))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def cases(begin: str) -> list[Any]:
    return [
        pytest.param(line, id=f"{page.relative_to(ROOT).as_posix()}: {line}")
        for page in PAGES
        for line in typed_lines(page)
        if line.startswith(begin)
    ]


@pytest.mark.parametrize("line", cases("localassist "))
def test_a_command_exists_with_its_options(line: str) -> None:
    _, *words = shlex.split(line, comments=True)
    words = words[: next((i for i, word in enumerate(words) if word in ("|", ">", "&&", "&")), len(words))]
    command: Any = get_command(app)
    while inner := getattr(command, "commands", None):
        name = words.pop(0)
        assert name in inner, f"there is no command {name}"
        command = inner[name]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options


@pytest.mark.parametrize("line", cases("make "))
def test_a_target_exists(line: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    _, *words = shlex.split(line, comments=True)
    assert {word for word in words if "=" not in word} <= targets


@pytest.mark.parametrize("line", cases("curl "))
def test_an_address_is_served(line: str) -> None:
    patterns = [re.sub(r"\{[^}]*\}", "[^/]+", f"/v1{endpoint.path}") for endpoint in ENDPOINTS]
    for path in re.findall(r"127\.0\.0\.1:\d+([^\s'\"?]*)", line):
        assert any(re.fullmatch(pattern, path) for pattern in patterns), path


LINKS = [
    pytest.param(page, target, id=f"{page.relative_to(ROOT).as_posix()}: {target}")
    for page in PAGES
    for target in dict.fromkeys(LINK.findall(page.read_text(encoding="utf-8")))
    if not target.startswith(("http://", "https://", "sandbox:"))
]


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), target
    if anchor:
        headings = HEADING.findall(file.read_text(encoding="utf-8"))
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, f"{file.name} has no heading #{anchor}"
