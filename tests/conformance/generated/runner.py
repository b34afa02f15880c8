"""openai-python's generated tests, from its source package, against `localassist serve` behind the proxy.

`python -m tests.conformance.generated.runner` writes what it found to `results.json`.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.conformance.environments import python_with, sdk_source
from tests.conformance.generated.proxy import proxied
from tests.conformance.matrix import served

VERSION = "3.52.0"
RESOURCES = (
    "beta/test_assistants.py",
    "beta/test_threads.py",
    "beta/threads",
    "test_vector_stores.py",
    "vector_stores",
    "test_files.py",
    "test_uploads.py",
    "uploads",
)
NEEDED = (f"openai[aiohttp]=={VERSION}", "pytest", "pytest-asyncio", "rich", "inline-snapshot")
RESULTS = Path(__file__).parent / "results.json"
TIMEOUT_S = 600


@dataclass(frozen=True)
class Outcome:
    """How many tests there are, made a request, and passed of those; why requests were mended, and of how many tests;
    and what was wrong with the tests that failed."""

    sdk: str
    total: int
    reached: int
    passed: int
    num_mended: int
    mended: list[str]
    failures: dict[str, str]


def run_generated(url: str, folder: Path) -> Outcome:
    """The suite against the API at `url`."""
    report = folder / "outcomes.jsonl"
    with proxied(url) as (proxy, proxy_url):
        environment = {
            **os.environ,
            "TEST_API_BASE_URL": proxy_url,
            "GENERATED_TESTS_REPORT": str(report),
            "PYTHONPATH": str(Path(__file__).parent),
        }
        command = [str(python_with(VERSION, *NEEDED)), "-m", "pytest", "-q", "-p", "reached", "--override-ini=addopts="]
        done = subprocess.run(
            [*command, *(f"tests/api_resources/{one}" for one in RESOURCES)],
            cwd=sdk_source(VERSION),
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    reached = [line for line in lines if line["test"] in proxy.reached]
    failed = [line for line in lines if line["outcome"] == "failed"]
    failures = {line["test"]: proxy.refused.get(line["test"], line["text"]) for line in failed}
    passed = sum(line["outcome"] == "passed" for line in reached)
    return Outcome(
        f"openai-python {VERSION}",
        total=len(lines),
        reached=len(reached),
        passed=passed,
        num_mended=len(proxy.mended),
        mended=sorted(proxy.swap.mended),
        failures=failures,
    )


def read_results() -> dict[str, Any]:
    """What is recorded: the fields of an `Outcome`."""
    recorded: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return recorded


def main() -> None:
    """Run them, and record what was found."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as place:
        outcome = run_generated(place.url, Path(folder))
    print(f"{outcome.passed} of {outcome.reached} that reach a server passed, of {outcome.total}")
    for test, text in outcome.failures.items():
        print(f"--- {test}\n{text}")
    RESULTS.write_text(json.dumps(asdict(outcome), indent=1) + "\n", encoding="utf-8")
    sys.exit(bool(outcome.failures))


if __name__ == "__main__":
    main()
