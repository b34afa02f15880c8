"""Every released SDK against `localassist serve`, and what each can do.

`python -m tests.conformance.matrix` drives them all and records what they can do in `sdk_results.json`; with names of
SDKs, such as `python-1.21.0` or `node-7.55.0`, those alone. `tests.conformance.page` makes the table of it.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.driving import serving
from tests.conformance import lab
from tests.conformance.driver import KEY, SCENARIOS, WRONG_KEY, Place
from tests.conformance.environments import ROOT, node, node_with, parsed, python_with
from tests.conformance.lab import Need, Row
from tests.conformance.models import build_models, settings

PYTHON = ("1.3.0", "1.12.0", "1.20.0", "1.21.0", "1.40.0", "1.65.5", "1.99.0", "2.54.0", "3.52.0")
NODE = ("4.36.0", "4.104.0", "6.49.0", "7.55.0")
WITH_ASYNC = ("1.20.0", "1.21.0", "1.65.5", "3.52.0")  # the async client of others has nothing of its own
STYLES = ("sync", "async")
EVERY = (*(f"python-{version}" for version in PYTHON), *(f"node-{version}" for version in NODE))
RESULTS = Path(__file__).parent / "sdk_results.json"
TIMEOUT_S = 900
PASS, ABSENT = "pass", "not in this SDK"

# What the scenarios of Node are told of the models and what they say.
WORDS = {
    "plain": lab.PLAIN,
    "plain_text": lab.PLAIN_TEXT,
    "two_calls_model": lab.TWO_CALLS,
    "weather_text": lab.WEATHER_TEXT,
    "tools": [lab.TOOL, lab.TIME_TOOL],
    "endless_model": lab.ENDLESS,
    "broken_model": lab.BROKEN,
    "code_model": lab.CODE,
    "cites_model": lab.CITES,
    "query": lab.QUERY,
    "birds": (lab.BIRDS[0], lab.BIRDS[1].decode()),
    "numbers": (lab.NUMBERS[0], lab.NUMBERS[1].decode()),
}
Reports = list[dict[str, str]]


@contextmanager
def served(folder: Path) -> Iterator[Place]:
    """`localassist serve` on free ports: with the scenarios' models, an index and a kernel; and with a key."""
    asked = {**settings(build_models(folder)), "data_dir": str(folder / "data")}
    as_text = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in asked.items()}
    locked = {"data_dir": str(folder / "locked"), "api_keys": json.dumps([KEY])}
    with serving(settings=as_text) as url, serving(settings=locked) as locked_url:
        yield Place(url, locked_url)


def applicable(version: str, *, without: tuple[Need, ...] = ()) -> list[str]:
    return [name for name, made in SCENARIOS.items() if made.applies(parsed(version), without=without)]


def styles_of(version: str) -> tuple[str, ...]:
    return STYLES if version in WITH_ASYNC else STYLES[:1]


def drive_python(version: str, place: Place) -> Reports:
    """A report for each scenario and style: `name`, `style`, and the traceback of a failure in `failure`."""
    asked = {
        "names": applicable(version),
        "styles": styles_of(version),
        "url": place.url,
        "locked_url": place.locked_url,
    }
    return _driven([str(python_with(version)), "-m", "tests.conformance.driver"], asked, version)


def drive_engine(version: str, engine_settings: dict[str, Any]) -> Reports:
    """As `drive_python`, with an engine in the SDK's own process."""
    names = applicable(version, without=("keys", "kernel"))
    asked = {"names": names, "styles": STYLES, "settings": engine_settings}
    return _driven([str(python_with(version, engine=True)), "-m", "tests.conformance.driver"], asked, version)


def drive_node(version: str, place: Place) -> Reports:
    """A report for each row: `row`, and the stack of a failure in `failure`."""
    asked = {
        "packages": str(node_with(version)),
        "url": place.url,
        "locked_url": place.locked_url,
        "wrong_key": WRONG_KEY,
        "words": WORDS,
    }
    return _driven([node(), str(Path(__file__).with_name("node_driver.mjs"))], asked, version)


def _driven(command: list[str], asked: dict[str, Any], version: str) -> Reports:
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert {report["sdk"] for report in reports} == {version}
    return reports


def python_cells(version: str, reports: Reports) -> dict[str, str]:
    """What the table says of this version, by row."""
    cells = {row.name: ABSENT for row in Row}
    for name in applicable(version):
        made = SCENARIOS[name]
        failures = [report["failure"] for report in reports if report["name"] == name and report["failure"]]
        defect = made.defect(parsed(version))
        failed = f"FAILED: {name}" if bool(failures) != bool(defect) else defect
        if failed or cells[made.row.name] == ABSENT:
            cells[made.row.name] = failed or PASS
    return cells


def node_cells(reports: Reports) -> dict[str, str]:
    cells = {row.name: ABSENT for row in Row}
    return cells | {report["row"]: "FAILED" if report["failure"] else PASS for report in reports}


def read_results() -> dict[str, dict[str, str]]:
    """What is recorded: by SDK and row, that it passes, lacks it, or the SDK's own defect."""
    recorded: dict[str, dict[str, str]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return recorded


def main(names: list[str]) -> None:
    """Drive the SDKs, and record what was found, one after the other."""
    results = read_results() if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as place:
        for sdk in names or EVERY:
            language, _, version = sdk.partition("-")
            began = time.monotonic()
            reports = drive_python(version, place) if language == "python" else drive_node(version, place)
            results[sdk] = python_cells(version, reports) if language == "python" else node_cells(reports)
            failed = [report for report in reports if report["failure"]]  # those with an SDK's own defect as well
            took_s = time.monotonic() - began
            print(f"{sdk}: {len(reports) - len(failed)} of {len(reports)} passed, {took_s:.0f} s", flush=True)
            for report in failed:
                print(f"--- {report.get('name') or report['row']} {report.get('style', '')}\n{report['failure']}")
            kept = {sdk: results[sdk] for sdk in EVERY if sdk in results}
            RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
