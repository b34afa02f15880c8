"""Makes a `Lab` for a way of driving the SDK, and runs scenarios in it. Run as a program, it does so for a list of
them with the SDK of its interpreter, and prints each result as a line of JSON: `python -m tests.conformance.driver`."""

import json
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import openai

from tests.conformance import (  # noqa: F401  (they register themselves)
    scenarios_errors,
    scenarios_files,
    scenarios_hosted,
    scenarios_objects,
    scenarios_runs,
    scenarios_stores,
    scenarios_streams,
    scenarios_v1,
)
from tests.conformance.bridge import Blocking, Loop
from tests.conformance.lab import SCENARIOS, Lab

KEY, WRONG_KEY = "sk-right-key-of-this-test", "sk-wrong-key-of-this-test"
OPTIONS: dict[str, Any] = {"max_retries": 0, "timeout": 100}


@dataclass(frozen=True)
class Place:
    """Where the API is: a server's base URL and that of one that asks for keys, or an engine in this process."""

    url: str = ""
    locked_url: str = ""
    engine: Any = None


def version() -> tuple[int, ...]:
    return tuple(int(part) for part in openai.__version__.split("."))


@contextmanager
def open_lab(place: Place, *, is_async: bool) -> Iterator[Lab]:
    """A lab with the blocking client, or with the async one behind a bridge."""
    handler = getattr(openai, "AsyncAssistantEventHandler" if is_async else "AssistantEventHandler", None)
    loop = Loop() if is_async else None

    def bridged(client: Any) -> Any:
        return client if loop is None else Blocking(client, loop)

    with ExitStack() as stack:
        if loop is not None:
            stack.callback(loop.close)
        if place.engine is not None:
            from localassist import AsyncLocalAssist, LocalAssist

            kind = AsyncLocalAssist if is_async else LocalAssist
            client = bridged(kind(engine=place.engine, **OPTIONS))
            stack.callback(client.close)
            yield Lab(client, handler, is_async)
            return
        kind = openai.AsyncOpenAI if is_async else openai.OpenAI
        client = bridged(kind(base_url=place.url, api_key=KEY, **OPTIONS))
        stack.callback(client.close)
        outsider = bridged(kind(base_url=place.locked_url, api_key=WRONG_KEY, **OPTIONS))
        stack.callback(outsider.close)
        yield Lab(client, handler, is_async, outsider)


def report(names: list[str], styles: list[str], place: Place) -> None:
    """Run scenarios in these styles; a line for each: its name, the style, and the traceback of its failure or ""."""
    for style in styles:
        for name in names:
            failure = ""
            try:
                with open_lab(place, is_async=style == "async") as lab:
                    SCENARIOS[name].run(lab)
            except Exception:
                failure = traceback.format_exc()
            print(json.dumps({"sdk": openai.__version__, "name": name, "style": style, "failure": failure}), flush=True)


def main() -> None:
    """Reads what to do as JSON: `names` and `styles`, and `url` and `locked_url`, or `settings` of an engine."""
    asked = json.load(sys.stdin)
    warnings.simplefilter("ignore", DeprecationWarning)
    if "settings" not in asked:
        report(asked["names"], asked["styles"], Place(asked["url"], asked["locked_url"]))
        return
    from localassist.config import Config
    from localassist.engine import Engine

    with Engine.open(Config(**asked["settings"])) as engine:
        report(asked["names"], asked["styles"], Place(engine=engine))


if __name__ == "__main__":
    main()
