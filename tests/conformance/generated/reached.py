"""A pytest plugin for the SDK's own suite: tells the proxy which test runs, and writes each outcome as a line of JSON.

It is loaded where the SDK is installed and localassist is not.
"""

import json
import os
import urllib.request
from typing import Any
from urllib.parse import quote

REPORT = os.environ["GENERATED_TESTS_REPORT"]
BASE_URL = os.environ["TEST_API_BASE_URL"]


def pytest_runtest_logstart(nodeid: str) -> None:
    urllib.request.urlopen(f"{BASE_URL}/now-testing/{quote(nodeid, safe='')}").close()


def pytest_runtest_logreport(report: Any) -> None:
    if report.when == "call" or report.outcome != "passed":
        with open(REPORT, "a", encoding="utf-8") as lines:
            line = {"test": report.nodeid, "outcome": report.outcome, "text": str(report.longrepr or "")[-1500:]}
            lines.write(json.dumps(line) + "\n")
