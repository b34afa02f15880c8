"""`localassist import` takes in an archive of the hosted API's exporter: how long, and whether all of it is there.

Threads of eight messages, four runs and eight steps each, with citations, code and waiting runs among them, as the
public exporter writes them. Ids and counts are compared with what `localassist export` gives back afterwards, and a
second import has to change nothing.
"""

import argparse
import json
import random
import resource
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _engine import report

Json = dict[str, Any]
NUM_ROUNDS = 4
BEGAN_AT = 1_700_000_000
USAGE = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}
CHANCE = random.Random(9)


def main() -> None:
    """Print the figures and write them to results/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1000)
    num_threads = parser.parse_args().threads
    with tempfile.TemporaryDirectory() as folder:
        archive, data, back, again = (Path(folder) / name for name in ("archive", "data", "back", "again"))
        write_archive(archive, num_threads)
        expected = ids_of(archive)
        first_s, first_cpu_s = timed(data, "import", str(archive))
        export_s, export_cpu_s = timed(data, "export", str(back))
        assert ids_of(back) == expected, "other ids came back"
        second_s, second_cpu_s = timed(data, "import", str(archive))
        timed(data, "export", str(again))
        assert list(contents(again)) == list(contents(back)), "the second import changed something"
    counts = Counter(kind for kind, _ in expected)
    rows = [
        ("import", first_s, first_cpu_s),
        ("export of everything", export_s, export_cpu_s),
        ("the same import again", second_s, second_cpu_s),
    ]
    report("import_archive", ["what", "s", "processor s"], rows, objects=dict(sorted(counts.items())))
    print(f"{counts.total()} ids equal, {dict(sorted(counts.items()))}; the second import changed nothing")


def timed(data_dir: Path, *arguments: str) -> tuple[float, float]:
    """Seconds on the clock, and of processor time, of one command of its own."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "localassist", *arguments, "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def contents(archive: Path) -> Iterator[Json]:
    """The assistants and the thread records of an archive, but for the time of writing."""
    yield from json.loads((archive / "assistants.json").read_text(encoding="utf-8"))
    for path in sorted((archive / "threads").iterdir()):
        record = json.loads(path.read_text(encoding="utf-8"))
        del record["exported_at"]
        yield record


def ids_of(archive: Path) -> set[tuple[str, str]]:
    """Every object of an archive by kind and id."""
    found: set[tuple[str, str]] = set()
    for record in contents(archive):
        if record.get("object") == "assistant":
            found.add(("assistants", record["id"]))
            continue
        found.add(("threads", record["thread"]["id"]))
        found |= {("messages", message["id"]) for message in record["messages"]}
        found |= {("runs", run["id"]) for run in record["runs"]}
        found |= {("steps", step["id"]) for run in record["runs"] for step in run["steps"]}
        found |= {("files", file_id) for file_id in record["files"]}
    return found


# --- an archive ---------------------------------------------------------------------------------------------------


def write_archive(folder: Path, num_threads: int) -> None:
    (folder / "threads").mkdir(parents=True)
    file_id = new_id("file-", 22)
    about = {"id": new_id("asst_"), "object": "assistant", "created_at": BEGAN_AT, "name": "Tutor", "description": None}
    knobs = {"model": "gpt-4o", "instructions": "Help.", "top_p": 1.0, "temperature": 1.0, "response_format": "auto"}
    tools = {"tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}
    resources = {"tool_resources": {"code_interpreter": {"file_ids": [file_id]}}}
    assistant = about | knobs | tools | resources | {"metadata": {}}
    write(folder / "manifest.json", {"export_schema": "assistants-export-manifest/v1", "assistants_count": 1})
    write(folder / "assistants.json", [assistant])
    for number in range(num_threads):
        record = thread_record(assistant, file_id, created_at=BEGAN_AT + 100 * number)
        write(folder / "threads" / f"{record['thread_id']}.json", record)


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "".join(CHANCE.choices(string.ascii_letters + string.digits, k=length))


def thread_record(assistant: Json, file_id: str, *, created_at: int) -> Json:
    thread_id, messages, runs = new_id("thread_"), [], []
    for turn in range(NUM_ROUNDS):
        base = {"assistant_id": assistant["id"], "thread_id": thread_id, "created_at": created_at + 10 * turn}
        run = run_of(assistant, base, is_last=turn == NUM_ROUNDS - 1)
        question, answer = messages_of(base, run["id"], file_id, turn)
        run["steps"] = steps_of(base, run["id"], answer["id"])
        messages += [question, answer]
        runs.append(run)
    file = {"id": file_id, "object": "file", "purpose": "assistants", "filename": "수업.txt", "bytes": 5}
    return {
        "export_schema": "assistants-thread-export/v1",
        "thread_id": thread_id,
        "exported_at": "2026-08-20T00:00:00Z",
        "thread": {"id": thread_id, "object": "thread", "created_at": created_at, "metadata": {"title": "Homework"}},
        "messages": messages,
        "runs": runs,
        "files": {file_id: {**file, "created_at": created_at, "status": "processed"}},
        "errors": [],
    }


def messages_of(base: Json, run_id: str, file_id: str, turn: int) -> tuple[Json, Json]:
    marker = "【4:0†수업.txt】"
    said = f"The sum is {turn} {marker}."
    start = said.index(marker)
    place = {"text": marker, "start_index": start, "end_index": start + len(marker)}
    citation = {"type": "file_citation", **place, "file_citation": {"file_id": file_id}}
    common = {**base, "object": "thread.message", "attachments": [], "metadata": {}}
    asked = {
        "role": "user",
        "assistant_id": None,
        "run_id": None,
        "content": text_part(f"What is the sum? 합계 {turn}"),
    }
    given = {"role": "assistant", "run_id": run_id, "content": text_part(said, citation)}
    question, answer = common | {"id": new_id("msg_")} | asked, common | {"id": new_id("msg_")} | given
    return question, answer


def text_part(value: str, *annotations: Json) -> list[Json]:
    return [{"type": "text", "text": {"value": value, "annotations": list(annotations)}}]


def run_of(assistant: Json, base: Json, *, is_last: bool) -> Json:
    ended_at = None if is_last else base["created_at"] + 4
    own = {"id": new_id("run_"), "object": "thread.run", "model": "gpt-4o", "instructions": "Help.", "metadata": {}}
    status = {"status": "requires_action" if is_last else "completed", "completed_at": ended_at, "usage": USAGE}
    times = {"started_at": base["created_at"], "expires_at": None, "cancelled_at": None, "failed_at": None}
    outcome = {"required_action": None, "last_error": None, "incomplete_details": None}
    knobs = {"temperature": 1.0, "top_p": 1.0, "max_completion_tokens": None, "max_prompt_tokens": None}
    tools = {"tools": assistant["tools"], "tool_choice": "auto", "parallel_tool_calls": True, "response_format": "auto"}
    truncation = {"truncation_strategy": {"type": "auto", "last_messages": None}}
    return base | own | status | times | outcome | knobs | tools | truncation


def steps_of(base: Json, run_id: str, message_id: str) -> list[Json]:
    cell = {
        "id": new_id("call_"),
        "type": "code_interpreter",
        "code_interpreter": {"input": "1 + 2", "outputs": [{"type": "logs", "logs": "3"}]},
    }
    details = [
        {"type": "tool_calls", "tool_calls": [cell]},
        {"type": "message_creation", "message_creation": {"message_id": message_id}},
    ]
    ended = {"completed_at": base["created_at"] + 3, "cancelled_at": None, "failed_at": None, "expired_at": None}
    common = {**base, **ended, "object": "thread.run.step", "run_id": run_id, "status": "completed", "usage": USAGE}
    return [{**common, "id": new_id("step_"), "type": one["type"], "step_details": one} for one in details]


if __name__ == "__main__":
    main()
