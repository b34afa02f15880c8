"""Starts a program that drives an application, with a server to speak to."""

import os
import subprocess
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT_S = 600


def run_program(command: list[str], lab: Any, **environment: str) -> None:
    """Run it to its end, with the SDK's variables and these: it has to say "done" at last."""
    url = str(lab.client.base_url).rstrip("/")
    variables = os.environ | {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "NO_PROXY": "127.0.0.1"} | environment
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=180, env=variables, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert done.stdout.rstrip().endswith("done")
