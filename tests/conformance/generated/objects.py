"""Real objects for requests that name fixed ones: `thread_id` becomes a thread, `file_id` a file."""

import hashlib
import time
from functools import cached_property
from typing import Any

import httpx

from tests.conformance import lab

PART = b"Example data"
DEADLINE_S = 60.0


class Objects:
    """Makes objects on a server; those that a request only reads are made once."""

    def __init__(self, url: str) -> None:
        headers = {"OpenAI-Beta": "assistants=v2"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60)

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: Any = None, **options: Any) -> Any:
        response = self._http.post(path, **(options or {"json": body or {}}))
        assert response.status_code == 200, response.text
        return response.json()

    def _get(self, path: str) -> Any:
        response = self._http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def _until(self, path: str, *statuses: str) -> Any:
        deadline = time.monotonic() + DEADLINE_S
        while (found := self._get(path))["status"] not in statuses:
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return found

    def new_assistant(self, **settings: Any) -> str:
        return str(self._post("/assistants", {"model": lab.PLAIN, **settings})["id"])

    def new_thread(self) -> str:
        return str(self._post("/threads", {"messages": [{"role": "user", "content": "hi"}]})["id"])

    def new_message(self) -> tuple[str, str]:
        """A thread's id, and that of its only message."""
        thread = self.new_thread()
        return thread, self._get(f"/threads/{thread}/messages")["data"][0]["id"]

    def new_file(self, purpose: str = "assistants") -> str:
        form: Any = {"data": {"purpose": purpose}, "files": {"file": lab.BIRDS}}
        return str(self._post("/files", **form)["id"])

    def new_store(self) -> str:
        return str(self._post("/vector_stores")["id"])

    def new_store_file(self) -> tuple[str, str]:
        """A store's id, and that of its only file, which can be searched."""
        store, file = self.new_store(), self.new_file()
        self._post(f"/vector_stores/{store}/files", {"file_id": file})
        self._until(f"/vector_stores/{store}/files/{file}", "completed")
        return store, file

    def new_batch(self) -> tuple[str, str]:
        """The ids of a store and of a batch in it that has just begun."""
        store = self.new_store()
        return store, self._post(f"/vector_stores/{store}/file_batches", {"file_ids": [self.new_file()]})["id"]

    def new_upload(self) -> tuple[str, str]:
        """The ids of an upload and of its only part."""
        asked = {"filename": "a.txt", "purpose": "assistants", "bytes": len(PART), "mime_type": "text/plain"}
        upload = self._post("/uploads", asked)["id"]
        return upload, self._post(f"/uploads/{upload}/parts", files={"data": PART})["id"]

    def new_waiting_run(self) -> tuple[str, str]:
        """The ids of a thread and of its run, which waits for tool outputs."""
        thread, assistant = self.new_thread(), self.new_assistant(model=lab.WEATHER, tools=[lab.TOOL])
        run = self._post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
        self._until(f"/threads/{thread}/runs/{run}", "requires_action")
        return thread, run

    def waiting_calls(self, thread: str, run: str) -> list[str]:
        waiting = self._get(f"/threads/{thread}/runs/{run}")
        return [call["id"] for call in waiting["required_action"]["submit_tool_outputs"]["tool_calls"]]

    @cached_property
    def assistant(self) -> str:
        return self.new_assistant()

    @cached_property
    def file(self) -> str:
        return self.store_file[1]

    @cached_property
    def readable_file(self) -> str:
        return self.new_file("batch")

    @cached_property
    def store_file(self) -> tuple[str, str]:
        return self.new_store_file()

    @cached_property
    def batch(self) -> tuple[str, str]:
        store, batch = self.new_batch()
        self._until(f"/vector_stores/{store}/file_batches/{batch}", "completed")
        return store, batch

    @cached_property
    def batch_file(self) -> str:
        store, batch = self.batch
        return str(self._get(f"/vector_stores/{store}/file_batches/{batch}/files")["data"][0]["id"])

    @cached_property
    def finished(self) -> dict[str, str]:
        """A thread with a finished run: the ids of `thread`, `run`, `step` and `message`."""
        thread = self.new_thread()
        run = self._post(f"/threads/{thread}/runs", {"assistant_id": self.assistant})["id"]
        self._until(f"/threads/{thread}/runs/{run}", "completed")
        step = self._get(f"/threads/{thread}/runs/{run}/steps")["data"][0]["id"]
        message = self._get(f"/threads/{thread}/messages")["data"][0]["id"]
        return {"thread": thread, "run": run, "step": step, "message": message}


def part_md5() -> str:
    return hashlib.md5(PART, usedforsecurity=False).hexdigest()
