"""What a generated request becomes: the same with real objects in the place of the ids it was generated with.

The generator knows neither alternatives nor limits: where the contract wants one of two parameters it fills both or
neither, and it asks for pages of 0 objects, all of which the API refuses. Such requests are mended, and noted: of two
parameters the first stays or is given, and a page has 1 object.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.generated.objects import Objects, part_md5

EXCLUSIVE = (("vector_store_ids", "vector_stores"), ("file_ids", "files"))


@dataclass
class Swapped:
    """A path as segments, and the id that stands for a cursor in its list; `run` is the waiting run, if any."""

    path: list[str]
    cursor: str = ""
    run: tuple[str, str] | None = None
    part: str = ""


@dataclass
class Swap:
    objects: Objects
    mended: Counter[str] = field(default_factory=Counter)  # what was changed beyond ids, and how often

    def path(self, method: str, segments: list[str]) -> Swapped:
        """With real ids, made anew where the request changes or removes the object."""
        kinds: dict[str, Callable[[str, list[str]], Swapped]] = {
            "assistants": self._assistants,
            "threads": self._threads,
            "vector_stores": self._vector_stores,
            "files": self._files,
            "uploads": self._uploads,
        }
        return kinds[segments[0]](method, segments)

    def _assistants(self, method: str, segments: list[str]) -> Swapped:
        made = self.objects.new_assistant() if method == "DELETE" else self.objects.assistant
        return Swapped(["assistants", made][: len(segments)], cursor=self.objects.assistant)

    def _threads(self, method: str, segments: list[str]) -> Swapped:
        if segments[1:2] in ([], ["runs"]):
            return Swapped(segments)
        if len(segments) == 2 or (method == "POST" and len(segments) == 3):
            thread = self.objects.finished["thread"] if method == "GET" else self.objects.new_thread()
            return Swapped(["threads", thread, *segments[2:]])
        if segments[2] == "messages" and method == "DELETE":
            thread, message = self.objects.new_message()
            return Swapped(["threads", thread, "messages", message])
        if segments[4:5] in (["cancel"], ["submit_tool_outputs"]):
            thread, run = self.objects.new_waiting_run()
            return Swapped(["threads", thread, "runs", run, segments[4]], run=(thread, run))
        found = self.objects.finished
        singular = {"runs": "run", "messages": "message", "steps": "step"}
        path = ["threads", found["thread"]]
        for kind in segments[2::2]:
            path += [kind, found[singular[kind]]]
        return Swapped(path[: len(segments)], cursor=found[singular[segments[2 + (len(segments) - 3) // 2 * 2]]])

    def _vector_stores(self, method: str, segments: list[str]) -> Swapped:
        objects = self.objects
        if len(segments) <= 2:
            made = objects.new_store() if method == "DELETE" else objects.store_file[0]
            return Swapped(["vector_stores", made][: len(segments)], cursor=objects.store_file[0])
        if method == "POST" and len(segments) == 3 and segments[2] != "search":
            return Swapped(["vector_stores", objects.new_store(), segments[2]])
        if segments[2] == "file_batches":
            store, batch = objects.new_batch() if segments[4:5] == ["cancel"] else objects.batch
            path = ["vector_stores", store, "file_batches", batch, *segments[4:]]
            return Swapped(path, cursor=objects.batch_file)
        store, file = objects.new_store_file() if method == "DELETE" else objects.store_file
        path = ["vector_stores", store, segments[2], file, *segments[4:]]
        return Swapped(path[: len(segments)], cursor=file)

    def _files(self, method: str, segments: list[str]) -> Swapped:
        is_read = segments[2:] == ["content"]
        made = self.objects.readable_file if is_read else self.objects.file
        made = self.objects.new_file() if method == "DELETE" else made
        return Swapped(["files", made, *segments[2:]][: len(segments)], cursor=self.objects.file)

    def _uploads(self, method: str, segments: list[str]) -> Swapped:
        if len(segments) == 1:
            return Swapped(segments)
        upload, part = self.objects.new_upload()
        return Swapped(["uploads", upload, *segments[2:]], part=part)

    def query(self, name: str, value: str, swapped: Swapped) -> str:
        if name in ("after", "before"):
            return swapped.cursor
        if (name, value) == ("limit", "0"):
            self.mended["a limit of 0"] += 1
            return "1"
        return self.objects.finished["run"] if name == "run_id" else value

    def body(self, value: Any, swapped: Swapped) -> Any:
        """A body, or a part of one."""
        if isinstance(value, list):
            return [self.body(one, swapped) for one in value]
        if not isinstance(value, dict):
            return value
        for kept, other in EXCLUSIVE:
            if kept in value and other in value:
                self.mended[f"both {kept} and {other}"] += 1
                value = {name: one for name, one in value.items() if name != other}
        return {name: self._field(name, one, swapped) for name, one in value.items()}

    def whole_body(self, body: dict[str, Any], swapped: Swapped) -> Any:
        if swapped.path[-1] == "file_batches" and not {"file_ids", "files"} & body.keys():
            self.mended["neither file_ids nor files"] += 1
            body = {**body, "file_ids": ["string"]}
        return self.body(body, swapped)

    def _field(self, name: str, value: Any, swapped: Swapped) -> Any:
        objects = self.objects
        if name == "tool_outputs":
            assert swapped.run is not None
            return [{**value[0], "tool_call_id": call} for call in objects.waiting_calls(*swapped.run)]
        fixed: dict[str, Callable[[], Any]] = {
            "assistant_id": lambda: objects.assistant,
            "file_id": lambda: objects.file,
            "file_ids": lambda: [objects.file],
            "vector_store_ids": lambda: [objects.store_file[0]],
            "part_ids": lambda: [swapped.part],
            "md5": part_md5,
        }
        return fixed[name]() if name in fixed else self.body(value, swapped)
