"""Callers that add, find and delete files until the server is gone, and a ledger of what it acknowledged to them."""

import random
import secrets
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx

from tests.crash.load import DEADLINE_S, Ledger

NUM_CALLERS = 3
FILLER = "the heron waits in the shallow water of the river while the mist is slowly rising".split()  # noqa: SIM905
CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}


@dataclass
class SeenFile:
    """What a caller knows of a file. `words` occur in it alone, spread over its chunks."""

    words: list[str]
    store_id: str
    file_id: str | None = None
    is_added: bool = False
    is_completed: bool = False
    is_deleting: bool = False
    is_deleted: bool = False


class SearchLedger(Ledger):
    """Every file that callers began with."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[SeenFile] = []


class SearchApi:
    """JSON in and out; anything but what is expected is a failure of the test."""

    def __init__(self, url: str) -> None:
        headers = {"OpenAI-Beta": "assistants=v2"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=DEADLINE_S)

    def call(self, method: str, path: str, *, expect: int = 200, **content: Any) -> Any:
        response = self._http.request(method, path, **content)
        assert response.status_code == expect, (method, path, response.text)
        return response.json()

    def upload(self, text: str) -> str:
        form: Any = {"files": {"file": ("notes.txt", text.encode())}, "data": {"purpose": "assistants"}}
        return str(self.call("POST", "/files", **form)["id"])

    def find(self, store_id: str, word: str) -> set[str]:
        """The files in which a word is found."""
        page = self.call("POST", f"/vector_stores/{store_id}/search", json={"query": word, "max_num_results": 20})
        return {found["file_id"] for found in page["data"] if any(word in part["text"] for part in found["content"])}

    def has(self, store_id: str, file_id: str) -> bool:
        """Whether the file is in the store."""
        status_code = self._http.get(f"/vector_stores/{store_id}/files/{file_id}").status_code
        assert status_code in (200, 404)
        return status_code == 200

    def settled(self, store_id: str, file_id: str) -> Any:
        """The file when its ingestion has ended."""
        deadline = time.monotonic() + DEADLINE_S
        while (file := self.call("GET", f"/vector_stores/{store_id}/files/{file_id}"))["status"] == "in_progress":
            assert time.monotonic() < deadline, file
            time.sleep(0.02)
        return file

    def close(self) -> None:
        self._http.close()


def text_with(words: list[str], chance: random.Random) -> str:
    """Words that no other file has, each with some ninety ordinary ones after it."""
    return "\n".join(" ".join([word, *(chance.choice(FILLER) for _ in range(90))]) for word in words)


class SearchCallers:
    """Threads that work on one store each until the server stops answering."""

    def __init__(self, url: str, ledger: SearchLedger) -> None:
        self._ledger = ledger
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work, args=(url,)) for _ in range(NUM_CALLERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _work(self, url: str) -> None:
        api, chance = SearchApi(url), random.Random()
        try:
            store_id = api.call("POST", "/vector_stores", json={})["id"]
            while True:
                self._add(api, store_id, chance)
                done = [file for file in self._ledger.files if file.store_id == store_id and file.is_completed]
                kept = [file for file in done if not file.is_deleting]
                if len(kept) > 1 and chance.random() < 0.5:
                    self._delete(api, chance.choice(kept), chance)
        except httpx.TransportError:
            pass  # the server was killed
        except BaseException as exc:
            self.failures.append(exc)
        finally:
            api.close()

    def _add(self, api: SearchApi, store_id: str, chance: random.Random) -> None:
        seen = SeenFile([f"w{secrets.token_hex(6)}" for _ in range(chance.choice((1, 4, 12)))], store_id)
        self._ledger.files.append(seen)
        file_id = api.upload(text_with(seen.words, chance))
        seen.file_id = file_id
        self._ledger.acknowledge()
        body = {"file_id": file_id, "chunking_strategy": CHUNKING}
        api.call("POST", f"/vector_stores/{store_id}/files", json=body)
        seen.is_added = True
        self._ledger.acknowledge()
        assert api.settled(store_id, file_id)["status"] == "completed"
        seen.is_completed = True
        self._ledger.acknowledge()
        assert api.find(store_id, seen.words[-1]) == {file_id}

    def _delete(self, api: SearchApi, seen: SeenFile, chance: random.Random) -> None:
        seen.is_deleting = True
        path = f"/files/{seen.file_id}"
        api.call("DELETE", path if chance.random() < 0.5 else f"/vector_stores/{seen.store_id}{path}")
        seen.is_deleted = True
        self._ledger.acknowledge()
        assert api.find(seen.store_id, seen.words[0]) == set()


def check_file(api: SearchApi, seen: SeenFile) -> None:
    """An acknowledged file is whole, a deleted one is gone, and nothing is there in part."""
    if seen.file_id is None:
        return
    is_there = api.has(seen.store_id, seen.file_id)
    if seen.is_deleted:
        assert not is_there
    elif seen.is_added and not seen.is_deleting:
        assert is_there
    if is_there:  # what the life before did not finish goes on in this one
        assert api.settled(seen.store_id, seen.file_id)["status"] == "completed"
    for word in seen.words:
        assert api.find(seen.store_id, word) == ({seen.file_id} if is_there else set()), word


def endure_searching(lives: Any, num_kills: int) -> int:
    """Kill a server under load so many times; returns how many files were checked after it."""
    chance = random.Random(num_kills)
    everything: list[SeenFile] = []
    url = lives.begin()
    for _ in range(num_kills):
        ledger = SearchLedger()
        callers = SearchCallers(url, ledger)
        ledger.wait_for(chance.randint(5, 60))
        lives.kill()
        callers.join()
        url = lives.begin()
        with closing(SearchApi(url)) as api:
            for seen in ledger.files:
                check_file(api, seen)
        everything += ledger.files
    with closing(SearchApi(url)) as api:
        for seen in everything:  # nothing of an earlier life was lost in a later one
            check_file(api, seen)
        assert all(f["state"] in ("complete", "not needed") for f in settled_index(api)), "the index is behind"
    return len(everything)


def settled_index(api: SearchApi) -> Any:
    """What a comparison of the index says once it has caught up."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        findings = api.call("GET", "/index")["data"]
        if time.monotonic() > deadline or all(f["state"] in ("complete", "not needed") for f in findings):
            return findings
        time.sleep(0.2)
