"""Help, usage errors, completion, and how fast a command that does nothing is."""

import resource
import subprocess
import sys

import pytest

from tests.cli.driving import environment, run, run_process

HEAVY = ("rich", "openai", "pydantic", "fastapi", "llama_cpp", "numpy", "sqlalchemy", "huggingface_hub", "jinja2")
GROUPS = {
    "models": ("list", "show", "pull", "remove"),
    "assistants": ("list", "show", "create", "remove"),
    "threads": ("list", "show", "remove"),
    "runs": ("list", "show", "watch", "cancel"),
    "files": ("list", "show", "add", "get", "remove"),
}


def test_help_lists_every_command() -> None:
    shown = run("--help").stdout
    assert all(f"\n  {name} " in shown for name in ("serve", "chat", "doctor", "config", *GROUPS))


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands(group: str) -> None:
    shown = run(group, "--help").stdout
    assert all(f"\n  {name} " in shown for name in GROUPS[group])


def test_every_command_takes_the_common_options() -> None:
    shown = run("runs", "watch", "-h").stdout
    assert all(option in shown for option in ("--json", "--data-dir", "--debug"))


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, localassist.cli.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    costs = []
    for _ in range(3):
        before = spent()
        run_process("--help")
        costs.append(spent() - before)
    assert min(costs) < 0.3


@pytest.mark.parametrize("arguments", [("nope",), ("runs", "show"), ("serve", "--port", "many"), ("chat", "--nope")])
def test_wrong_usage_ends_with_two(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, check=False)
    assert done.returncode == 2
    assert "Error" in done.stderr
    assert not done.stdout


def test_the_shell_completes_commands() -> None:
    words = {"_LOCALASSIST_COMPLETE": "complete_bash", "COMP_WORDS": "localassist mod", "COMP_CWORD": "1"}
    command = [sys.executable, "-m", "localassist"]
    done = subprocess.run(command, capture_output=True, text=True, env={**environment(None), **words}, check=False)
    assert done.stdout.split() == ["models"]


def test_the_shell_completes_catalogue_names() -> None:
    words = {"_LOCALASSIST_COMPLETE": "complete_bash", "COMP_WORDS": "localassist models pull bge", "COMP_CWORD": "3"}
    command = [sys.executable, "-m", "localassist"]
    done = subprocess.run(command, capture_output=True, text=True, env={**environment(None), **words}, check=False)
    assert done.stdout.split() == ["bge-m3"]
