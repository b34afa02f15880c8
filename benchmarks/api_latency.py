"""What the API costs on top of the engine: retrieving an object, the first token and each token, importing.

`python benchmarks/api_latency.py` prints a table and writes `benchmarks/results/api_latency.json`.
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
from rich.console import Console
from rich.table import Table

from localassist import LocalAssist
from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve_in_thread
from localassist.objects.events import Event
from localassist.protocols import TextPiece
from localassist.store.blobs import MemoryBlobs
from localassist.store.sql import SqliteStore
from localassist.testing import SCRIPTED_MODEL, ScriptedModel, Turn

NUM_RETRIEVES = 500
NUM_STREAMS = 15
NUM_TOKENS = 500
NUM_TOKEN_RUNS = 7
NUM_STARTS = 7
TOKEN_S = 0.002  # a fast model: 500 tokens a second
RESULTS = Path(__file__).parent / "results" / "api_latency.json"
REACH = {
    "retrieve, in process (ms)": 2.0,
    "retrieve, over HTTP (ms)": 4.0,
    "first token over the engine's event, over HTTP (ms)": 5.0,
    "first token over the engine's event, in process (ms)": 5.0,
    "serving each token, one by one, processor time (ms)": 0.2,
    "serving each token, as fast as can be, processor time (ms)": 0.2,
    "import localassist (ms)": 300.0,
    "localassist --help (ms)": 300.0,
}


class PacedModel(ScriptedModel):
    """A model whose tokens come at a steady pace."""

    def feed(self, text: str) -> Any:
        time.sleep(TOKEN_S)
        return super().feed(text)


def median_ms(times_s: list[float]) -> float:
    return round(statistics.median(times_s) * 1000, 3)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def retrieve_ms(client: openai.OpenAI) -> float:
    """The median of `assistants.retrieve`, with the SDK's own part of it."""
    made = client.beta.assistants.create(model=SCRIPTED_MODEL, name="bench", instructions="Be brief.")
    for _ in range(50):
        client.beta.assistants.retrieve(made.id)
    return median_ms([timed(lambda: client.beta.assistants.retrieve(made.id)) for _ in range(NUM_RETRIEVES)])


class Watch:
    """When the engine published each delta of the newest run: what is compared with when a client had it."""

    def __init__(self, engine: Engine) -> None:
        self.times: list[float] = []
        publish = engine.bus.publish

        def noted(run_id: str, event: Event) -> None:
            if event.name == "thread.message.delta":
                self.times.append(time.perf_counter())
            publish(run_id, event)

        engine.bus.publish = noted  # type: ignore[method-assign]


def stream_lags(client: openai.OpenAI, watch: Watch) -> tuple[list[float], list[float]]:
    """How much later than the engine's event the client had the first token, and each of the others."""
    assistant = client.beta.assistants.create(model=SCRIPTED_MODEL).id
    first, later = [], []
    for _ in range(NUM_STREAMS):
        watch.times.clear()
        thread: Any = {"messages": [{"role": "user", "content": "hi"}]}
        seen = []
        for event in client.beta.threads.create_and_run(assistant_id=assistant, thread=thread, stream=True):
            if event.event == "thread.message.delta":
                seen.append(time.perf_counter())
        lags = [had - sent for had, sent in zip(seen, watch.times, strict=True)]
        first.append(lags[0])
        later += lags[1:]
    return first, later


def run_cpu_s(engine: Engine, url: str, *, streamed: bool) -> float:
    """Processor time of this process for a run of unpaced tokens: streamed and read as bytes, or sent to nobody."""
    headers = {"OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        assistant = client.post("/assistants", json={"model": SCRIPTED_MODEL}).json()["id"]
        body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hi"}]}}
        began = time.process_time()
        if streamed:
            with client.stream("POST", "/threads/runs", json={**body, "stream": True}) as response:
                for _ in response.iter_raw():
                    pass
        else:
            run = client.post("/threads/runs", json=body).json()
            for _ in engine.bus.follow(run["id"]):
                pass
        return time.process_time() - began


def new_engine(kind: type[ScriptedModel], num_runs: int) -> Engine:
    turns = [Turn(*(TextPiece(f"w{i} ") for i in range(NUM_TOKENS))) for _ in range(num_runs)]
    config = Config(data_dir=":memory:")
    return Engine(config, store=SqliteStore(None), blobs=MemoryBlobs(), models=kind(*turns))


def token_cost_ms(engine: Engine, url: str) -> float:
    """Processor time that serving a stream adds to each token, beside the engine's own."""
    run_cpu_s(engine, url, streamed=True)
    alone = [run_cpu_s(engine, url, streamed=False) for _ in range(NUM_TOKEN_RUNS)]
    read = [run_cpu_s(engine, url, streamed=True) for _ in range(NUM_TOKEN_RUNS)]
    return round((statistics.median(read) - statistics.median(alone)) / NUM_TOKENS * 1000, 4)


def start_ms(*code: str) -> tuple[float, float]:
    """Time on the clock, and processor time, of a fresh interpreter."""
    clock, cpu = [], []
    for _ in range(NUM_STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock.append(timed(lambda: subprocess.run([sys.executable, *code], check=True, capture_output=True)))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median_ms(clock), median_ms(cpu)


def measure() -> dict[str, float]:
    found: dict[str, float] = {}
    with new_engine(PacedModel, 2 * NUM_STREAMS) as engine, LocalAssist(engine=engine) as inside:
        watch = Watch(engine)
        with serve_in_thread(engine) as url, openai.OpenAI(base_url=url, api_key="none") as outside:
            for name, client in (("in process", inside), ("over HTTP", outside)):
                found[f"retrieve, {name} (ms)"] = retrieve_ms(client)
                first, later = stream_lags(client, watch)
                found[f"first token over the engine's event, {name} (ms)"] = median_ms(first)
                found[f"a later token over the engine's event, {name} (ms)"] = median_ms(later)
    for name, kind in (("one by one", PacedModel), ("as fast as can be", ScriptedModel)):
        with new_engine(kind, 2 * NUM_TOKEN_RUNS + 1) as engine, serve_in_thread(engine) as url:
            found[f"serving each token, {name}, processor time (ms)"] = token_cost_ms(engine, url)
    for name, code in (
        ("python alone", ("-c", "pass")),
        ("import localassist", ("-c", "import localassist")),
        ("localassist --help", ("-m", "localassist", "--help")),
    ):
        found[f"{name} (ms)"], found[f"{name}, processor time (ms)"] = start_ms(*code)
    return found


def machine() -> dict[str, object]:
    load = os.getloadavg() if hasattr(os, "getloadavg") else (0.0, 0.0, 0.0)
    return {
        "cores": os.cpu_count(),
        "load before (1 min)": round(load[0], 1),
        "python": platform.python_version(),
        "openai": openai.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    where = machine()
    found = measure()
    table = Table("measure", "found", "reach", title=f"API latency, medians ({where})")
    for name, value in found.items():
        reach = REACH.get(name)
        table.add_row(name, f"{value:g}", "" if reach is None else f"≤ {reach:g}")
    Console().print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": where, "medians": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
