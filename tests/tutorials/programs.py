"""Runs the programs of `examples/tutorials` as a reader does: a process each, and the base URL in the environment."""

import os
import subprocess
import sys
from pathlib import Path

TUTORIALS = Path(__file__).resolve().parents[2] / "examples" / "tutorials"
PATIENCE_S = 100


def run_program(
    name: str, *arguments: str, url: str = "", stdin: str = "", python: str = sys.executable, **settings: str
) -> str:
    """What a program prints; it has to end well, and its stderr may only tell which model `gpt-4o` stands for."""
    environment = os.environ | settings | {"PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore::DeprecationWarning"}
    if url:
        environment |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
    done = subprocess.run(
        [python, str(TUTORIALS / name), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, f"{name}\n{done.stdout}\n{done.stderr}"
    assert all(line.startswith("The model name 'gpt-4o' stands for") for line in done.stderr.splitlines()), done.stderr
    return done.stdout
