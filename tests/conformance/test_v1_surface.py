"""The first version of the API over plain HTTP: its shapes, and each mapping to the second in both directions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from localassist import LocalAssist
from localassist.testing import call, say
from tests.conformance.v1_world import TABLE, open_world
from tests.conformance.world import events_of, new_file, post, rested
from tests.retrieval.engines import Lab, open_lab

ASSISTANT = "id object created_at name description model instructions tools file_ids metadata"
MESSAGE = (
    "id object created_at assistant_id thread_id run_id status incomplete_details incomplete_at completed_at role "
    "content file_ids metadata"
)
RUN = (
    "id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at "
    "required_action last_error model instructions tools file_ids metadata temperature max_completion_tokens "
    "max_prompt_tokens truncation_strategy incomplete_details usage response_format tool_choice"
)
RETRIEVAL, FILE_SEARCH, CODE = {"type": "retrieval"}, {"type": "file_search"}, {"type": "code_interpreter"}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SEARCH = call("file_search", queries=["heron"])
PLOT = {"role": "user", "content": "plot it"}
CITED = "【0:0†birds.txt】"
ANSWER = f"It waits {CITED} and {CITED} stands."
ANSWER_V1 = "It waits 【0†source】 and 【0†source】 stands."


@dataclass
class Versions:
    """The same server, spoken to in both versions."""

    v1: httpx.Client
    v2: httpx.Client

    def assistant(self, **settings: Any) -> dict[str, Any]:
        return post(self.v1, "/assistants", {"model": "scripted", **settings})

    def current(self, assistant_id: str) -> dict[str, Any]:
        return self.v2.get(f"/assistants/{assistant_id}").json()

    def file_ids(self, assistant_id: str) -> list[str]:
        return self.v1.get(f"/assistants/{assistant_id}").json()["file_ids"]

    def searched(self, assistant_id: str) -> list[str]:
        """The files of the assistant's vector store."""
        (store_id,) = self.current(assistant_id)["tool_resources"]["file_search"]["vector_store_ids"]
        return [file["id"] for file in self.v2.get(f"/vector_stores/{store_id}/files?order=asc").json()["data"]]

    def file(self, name: str = "birds.txt", content: bytes = b"The heron waits.") -> str:
        return new_file(self.v2, name, content)["id"]


def versions_of(lab: Lab) -> Versions:
    def client(version: str) -> httpx.Client:
        headers = {"OpenAI-Beta": f"assistants={version}"}
        return httpx.Client(base_url=str(lab.client.base_url), headers=headers, trust_env=False, timeout=60)

    return Versions(client("v1"), client("v2"))


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Versions]:
    with open_lab(tmp_path, SEARCH, say(ANSWER)) as lab:
        both = versions_of(lab)
        with both.v1, both.v2:
            yield both


def error_of(response: httpx.Response) -> tuple[int, str, str | None, str | None]:
    error = response.json()["error"]
    return response.status_code, error["message"], error["param"], error["code"]


def keys(data: dict[str, Any]) -> str:
    return " ".join(key for key in data if key != "localassist")


# --- assistants ---------------------------------------------------------------------------------------------------


def test_an_assistant_has_the_first_versions_keys(api: Versions) -> None:
    made = api.assistant(tools=[RETRIEVAL, CODE, FUNCTION])
    assert keys(made) == ASSISTANT
    assert made["tools"] == [RETRIEVAL, CODE, FUNCTION]
    assert (made["file_ids"], made["metadata"], made["object"]) == ([], {}, "assistant")
    assert [tool["type"] for tool in api.current(made["id"])["tools"]] == [
        "file_search",
        "code_interpreter",
        "function",
    ]
    assert keys(api.v1.get("/assistants").json()["data"][0]) == ASSISTANT


def test_files_of_retrieval_are_in_a_vector_store(api: Versions) -> None:
    files = [api.file(), api.file("fish.txt")]
    made = api.assistant(tools=[RETRIEVAL], file_ids=files)
    assert made["file_ids"] == files
    assert api.searched(made["id"]) == files
    assert "code_interpreter" not in api.current(made["id"])["tool_resources"]


def test_files_of_the_code_interpreter_are_in_its_resources(api: Versions) -> None:
    files = [api.file("table.csv"), api.file("plot.png")]
    made = api.assistant(tools=[CODE], file_ids=files)
    assert made["file_ids"] == files
    assert api.current(made["id"])["tool_resources"] == {"code_interpreter": {"file_ids": files}}


def test_with_both_tools_a_file_is_for_each_that_can_read_it(api: Versions) -> None:
    text, picture = api.file(), api.file("plot.png")
    made = api.assistant(tools=[CODE, RETRIEVAL], file_ids=[picture, text])
    assert made["file_ids"] == [picture, text]
    assert api.searched(made["id"]) == [text]
    assert api.current(made["id"])["tool_resources"]["code_interpreter"]["file_ids"] == [picture, text]


def test_files_wait_for_a_tool_and_move_to_it(api: Versions) -> None:
    file_id = api.file()
    made = api.assistant(file_ids=[file_id])
    assert made["file_ids"] == [file_id]
    changed = post(api.v1, f"/assistants/{made['id']}", {"tools": [RETRIEVAL], "name": "Reader"})
    assert (changed["file_ids"], changed["name"], changed["tools"]) == ([file_id], "Reader", [RETRIEVAL])
    assert api.searched(made["id"]) == [file_id]
    assert api.current(made["id"])["tool_resources"]["code_interpreter"]["file_ids"] == []


def test_given_file_ids_replace_the_list_and_what_is_not_given_stays(api: Versions) -> None:
    first, second = api.file(), api.file("fish.txt")
    made = api.assistant(tools=[RETRIEVAL], file_ids=[first], instructions="Be brief.")
    path = f"/assistants/{made['id']}"
    assert post(api.v1, path, {"name": "x"})["file_ids"] == [first]
    changed = post(api.v1, path, {"file_ids": [second]})
    assert (changed["file_ids"], changed["instructions"]) == ([second], "Be brief.")
    assert api.searched(made["id"]) == [second]
    assert post(api.v1, path, {"file_ids": []})["file_ids"] == []
    assert api.searched(made["id"]) == []


def test_an_assistant_of_the_second_version_is_read_in_the_first(api: Versions) -> None:
    text, table = api.file(), api.file("table.csv")
    resources = {
        "code_interpreter": {"file_ids": [table]},
        "file_search": {"vector_stores": [{"file_ids": [text]}]},
    }
    strict = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    function = {"type": "function", "function": {"name": "g", "parameters": strict, "strict": True}}
    body = {"model": "scripted", "tools": [CODE, FILE_SEARCH, function], "tool_resources": resources}
    made = post(api.v2, "/assistants", {**body, "temperature": 0.5})
    read = api.v1.get(f"/assistants/{made['id']}").json()
    assert keys(read) == ASSISTANT
    assert (read["tools"], read["file_ids"]) == ([CODE, RETRIEVAL, function], [table, text])
    changed = post(api.v1, f"/assistants/{made['id']}", {"name": "renamed"})
    assert changed["name"] == "renamed"
    assert api.current(made["id"])["temperature"] == 0.5


def test_a_store_of_several_owners_is_not_changed_by_the_first_version(api: Versions) -> None:
    first, second = api.file(), api.file("fish.txt")
    store_id = post(api.v2, "/vector_stores", {"file_ids": [first]})["id"]
    resources = {"file_search": {"vector_store_ids": [store_id]}}
    body = {"model": "scripted", "tools": [FILE_SEARCH], "tool_resources": resources}
    one, other = (post(api.v2, "/assistants", body)["id"] for _ in range(2))
    post(api.v1, f"/assistants/{one}/files", {"file_id": second})
    assert api.file_ids(one) == [first, second]
    assert api.file_ids(other) == [first]


def stores(api: Versions) -> set[str]:
    return {store["id"] for store in api.v2.get("/vector_stores").json()["data"]}


def test_a_deleted_assistant_takes_the_store_that_was_made_for_it(api: Versions) -> None:
    file_id = api.file()
    made = api.assistant(tools=[RETRIEVAL], file_ids=[file_id])
    assert len(stores(api)) == 1
    assert api.v1.delete(f"/assistants/{made['id']}").json()["deleted"]
    assert stores(api) == set()
    assert api.v2.get(f"/files/{file_id}").status_code == 200


def test_a_deleted_assistant_leaves_stores_that_others_made_or_use(api: Versions) -> None:
    own = post(api.v2, "/vector_stores")["id"]
    resources = {"file_search": {"vector_store_ids": [own]}}
    with_own = post(api.v2, "/assistants", {"model": "scripted", "tools": [FILE_SEARCH], "tool_resources": resources})
    lent = api.assistant(tools=[RETRIEVAL], file_ids=[api.file()])
    lent_resources = api.current(lent["id"])["tool_resources"]
    post(api.v2, "/threads", {"tool_resources": {"file_search": lent_resources["file_search"]}})
    kept = api.assistant(tools=[RETRIEVAL], file_ids=[api.file()])
    before = stores(api)
    for http, assistant in ((api.v1, with_own), (api.v1, lent), (api.v2, kept)):
        assert http.delete(f"/assistants/{assistant['id']}").json()["deleted"]
    assert stores(api) == before


# --- files of assistants ------------------------------------------------------------------------------------------


def test_files_are_attached_listed_retrieved_and_detached(api: Versions) -> None:
    assistant_id = api.assistant(tools=[RETRIEVAL])["id"]
    files, path = [api.file(f"{name}.txt") for name in "abc"], f"/assistants/{assistant_id}/files"
    for file_id in files:
        made = post(api.v1, path, {"file_id": file_id})
        assert made == {
            "id": file_id,
            "object": "assistant.file",
            "created_at": made["created_at"],
            "assistant_id": assistant_id,
        }
        assert api.v1.get(f"{path}/{file_id}").json() == made
    assert api.file_ids(assistant_id) == api.searched(assistant_id) == files
    assert [file["id"] for file in api.v1.get(path).json()["data"]] == files[::-1]
    gone = api.v1.delete(f"{path}/{files[1]}").json()
    assert gone == {"id": files[1], "object": "assistant.file.deleted", "deleted": True}
    assert api.file_ids(assistant_id) == [files[0], files[2]]
    assert api.v2.get(f"/files/{files[1]}").status_code == 200
    assert error_of(api.v1.get(f"{path}/{files[1]}"))[:2] == (
        404,
        f"No file found with id '{files[1]}' in assistant '{assistant_id}'.",
    )


def test_pages_of_files_have_exact_ends(api: Versions) -> None:
    files = [api.file(f"{number}.csv") for number in range(5)]
    path = f"/assistants/{api.assistant(tools=[CODE], file_ids=files)['id']}/files"

    def ids(query: str) -> tuple[list[str], bool]:
        page = api.v1.get(f"{path}?{query}").json()
        found = [file["id"] for file in page["data"]]
        assert (page["first_id"], page["last_id"]) == ((found[0], found[-1]) if found else (None, None))
        return found, page["has_more"]

    assert ids("order=asc&limit=2") == (files[:2], True)
    assert ids(f"order=asc&limit=2&after={files[1]}") == (files[2:4], True)
    assert ids(f"order=asc&limit=2&after={files[3]}") == (files[4:], False)
    assert ids(f"after={files[0]}") == ([], False)
    assert ids(f"order=asc&limit=2&before={files[4]}") == (files[2:4], True)
    assert error_of(api.v1.get(f"{path}?after=x")) == (400, "No file found with id 'x'.", "after", None)


def test_a_reader_who_detaches_while_paging_reaches_the_end(api: Versions) -> None:
    files = [api.file(f"{number}.csv") for number in range(5)]
    assistant_id = api.assistant(tools=[CODE], file_ids=files)["id"]
    path, cursor, seen = f"/assistants/{assistant_id}/files", "", []
    while page := api.v1.get(f"{path}?limit=2{cursor}").json()["data"]:
        for file in page:
            seen.append(file["id"])
            assert api.v1.delete(f"{path}/{file['id']}").status_code == 200
        cursor = f"&after={page[-1]['id']}"
    assert seen == files[::-1]
    assert api.file_ids(assistant_id) == []


def test_a_deleted_file_leaves_the_assistant(api: Versions) -> None:
    text, table = api.file(), api.file("table.csv")
    assistant_id = api.assistant(tools=[CODE, RETRIEVAL], file_ids=[text, table])["id"]
    for file_id in (text, table):
        assert api.v1.delete(f"/files/{file_id}").status_code == 200
    assert api.file_ids(assistant_id) == []


@pytest.mark.parametrize("tools", [[RETRIEVAL], [CODE], []])
def test_files_that_do_not_exist_are_refused(tools: list[Any], api: Versions) -> None:
    fault = (400, "Files ['file-x'] are invalid: they were not found", "file_ids", None)
    body = {"model": "scripted", "tools": tools, "file_ids": ["file-x"]}
    assert error_of(api.v1.post("/assistants", json=body)) == fault
    assert api.v1.get("/assistants").json()["data"] == []
    path = f"/assistants/{api.assistant(tools=tools)['id']}"
    assert error_of(api.v1.post(path, json={"file_ids": ["file-x"]})) == fault
    status, message, _, code = fault
    single = api.v1.post(f"{path}/files", json={"file_id": "file-x"})
    assert error_of(single) == (status, message, "file_id", code)


def test_a_file_that_retrieval_cannot_read_is_refused(api: Versions) -> None:
    picture = api.file("plot.png")
    expected = (
        400,
        "Files with extensions [.png] are not supported for retrieval. "
        "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
        "file_ids",
        "unsupported_file",
    )
    body = {"model": "scripted", "tools": [RETRIEVAL], "file_ids": [picture]}
    assert error_of(api.v1.post("/assistants", json=body)) == expected
    path = f"/assistants/{api.assistant(tools=[RETRIEVAL])['id']}/files"
    status, message, _, code = expected
    assert error_of(api.v1.post(path, json={"file_id": picture})) == (status, message, "file_id", code)


def test_an_assistant_has_at_most_twenty_files(api: Versions) -> None:
    files = [api.file(f"{number}.csv") for number in range(21)]
    expected = (
        400,
        "Invalid 'file_ids': array too long. Expected an array with maximum length 20, "
        "but got an array with length 21 instead.",
        "file_ids",
        "array_above_max_length",
    )
    assert error_of(api.v1.post("/assistants", json={"model": "scripted", "file_ids": files})) == expected
    for tool in (CODE, RETRIEVAL):
        made = api.assistant(tools=[tool], file_ids=files[:20])
        assert error_of(api.v1.post(f"/assistants/{made['id']}/files", json={"file_id": files[20]})) == expected


def test_of_a_large_store_the_oldest_files_are_shown_and_all_are_listed(api: Versions) -> None:
    files = [api.file(f"{number}.txt") for number in range(22)]
    resources = {"file_search": {"vector_stores": [{"file_ids": files}]}}
    body = {"model": "scripted", "tools": [FILE_SEARCH], "tool_resources": resources}
    made = post(api.v2, "/assistants", body)
    path = f"/assistants/{made['id']}"
    assert api.file_ids(made["id"]) == files[:20]
    assert [file["id"] for file in api.v1.get(f"{path}/files?order=asc&limit=100").json()["data"]] == files
    assert api.v1.delete(f"{path}/files/{files[21]}").status_code == 200
    assert api.searched(made["id"]) == files[:-1][:20]
    assert api.v1.get(f"{path}/files").json()["first_id"] == files[20]


# --- what each version takes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/assistants", {"tools": [FILE_SEARCH]}, "values are: 'code_interpreter', 'function', and 'retrieval'."),
        ("/assistants", {"tool_resources": {}}, "Unknown parameter: 'tool_resources'."),
        ("/threads", {"tool_resources": {}}, "Unknown parameter: 'tool_resources'."),
        (
            "/threads",
            {"messages": [{"role": "user", "content": "x", "attachments": []}]},
            "Unknown parameter: 'messages[0].attachments'.",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
            "Invalid type for 'messages[0].content': expected a string, but got an array instead.",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": "x", "file_ids": ["file-x"] * 11}]},
            "Invalid 'messages[0].file_ids': array too long. Expected an array with maximum length 10, "
            "but got an array with length 11 instead.",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": "x", "file_ids": ["file-x"]}]},
            "Files ['file-x'] are invalid: they were not found",
        ),
    ],
)  # fmt: skip
def test_what_the_first_version_refuses(path: str, body: dict[str, Any], message: str, api: Versions) -> None:
    given = {"model": "scripted", **body} if path == "/assistants" else body
    status, said, *_ = error_of(api.v1.post(path, json=given))
    assert (status, said[-len(message) :]) == (400, message)


def test_what_only_the_first_version_has_is_refused_in_the_second(api: Versions) -> None:
    def refused(path: str, **body: Any) -> tuple[Any, ...]:
        return error_of(api.v2.post(path, json={"model": "scripted", **body} if path == "/assistants" else body))

    assert refused("/assistants", tools=[RETRIEVAL]) == (
        400,
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
        "tools[0].type",
        "invalid_value",
    )
    assert refused("/assistants", file_ids=[])[1] == "Unknown parameter: 'file_ids'."
    message = {"role": "user", "content": "x", "file_ids": []}
    assert refused("/threads", messages=[message])[1] == "Unknown parameter: 'messages[0].file_ids'."
    made = api.assistant()
    path = f"/assistants/{made['id']}/files"
    assert error_of(api.v2.get(path))[:2] == (404, f"Invalid URL (GET /v1{path})")
    assert refused(path, file_id="file-x")[:2] == (404, f"Invalid URL (POST /v1{path})")


def test_vector_stores_are_the_same_in_both_versions(api: Versions) -> None:
    made = post(api.v1, "/vector_stores", {"name": "docs"})
    assert api.v2.get(f"/vector_stores/{made['id']}").json() == made


def test_the_newer_of_two_versions_counts(api: Versions) -> None:
    headers = {"OpenAI-Beta": "assistants=v1, assistants=v2"}
    assert "tool_resources" in api.v1.post("/threads", json={}, headers=headers).json()


@pytest.mark.parametrize(("version", "key"), [("2024-02-15-preview", "file_ids"), ("2024-05-01-preview", "top_p")])
def test_azures_paths_speak_the_version_of_their_date(version: str, key: str, api: Versions) -> None:
    url = str(api.v2.base_url).replace("/v1/", f"/openai/assistants?api-version={version}")
    made = httpx.post(url, json={"model": "scripted"}, trust_env=False, timeout=60)
    assert key in made.json()


# --- threads and messages -----------------------------------------------------------------------------------------


def test_a_thread_has_no_tool_resources(api: Versions) -> None:
    made = post(api.v1, "/threads", {"metadata": {"k": "v"}})
    assert keys(made) == "id object created_at metadata"
    assert keys(post(api.v1, f"/threads/{made['id']}", {"metadata": {"k": "w"}})) == "id object created_at metadata"
    assert api.v2.get(f"/threads/{made['id']}").json()["metadata"] == {"k": "w"}


def test_files_of_a_message_are_attachments_and_the_threads(api: Versions) -> None:
    text, picture = api.file(), api.file("plot.png")
    thread_id = post(api.v1, "/threads")["id"]
    path = f"/threads/{thread_id}/messages"
    made = post(api.v1, path, {"role": "user", "content": "look", "file_ids": [text, picture]})
    assert keys(made) == MESSAGE
    assert (made["file_ids"], made["content"][0]["text"]["value"]) == ([text, picture], "look")
    attachments = api.v2.get(f"{path}/{made['id']}").json()["attachments"]
    assert attachments == [{"file_id": text, "tools": [CODE, FILE_SEARCH]}, {"file_id": picture, "tools": [CODE]}]
    resources = api.v2.get(f"/threads/{thread_id}").json()["tool_resources"]
    assert resources["code_interpreter"]["file_ids"] == [text, picture]
    (store_id,) = resources["file_search"]["vector_store_ids"]
    assert [file["id"] for file in api.v2.get(f"/vector_stores/{store_id}/files").json()["data"]] == [text]


def test_a_thread_takes_ten_files_with_each_message_without_end(api: Versions) -> None:
    thread_id, files = post(api.v1, "/threads")["id"], [api.file(f"{number}.csv") for number in range(30)]
    for start in (0, 10, 20):
        body = {"role": "user", "content": "look", "file_ids": files[start : start + 10]}
        post(api.v1, f"/threads/{thread_id}/messages", body)
    resources = api.v2.get(f"/threads/{thread_id}").json()["tool_resources"]
    assert resources["code_interpreter"]["file_ids"] == files
    attachments = [{"file_id": api.file("more.csv"), "tools": [CODE]}]
    newer = {"role": "user", "content": "look", "attachments": attachments}
    assert "at most 20" in error_of(api.v2.post(f"/threads/{thread_id}/messages", json=newer))[1]


def test_attachments_of_the_second_version_are_file_ids_in_the_first(api: Versions) -> None:
    text, table = api.file(), api.file("table.csv")
    thread_id = post(api.v2, "/threads")["id"]
    attachments = [
        {"file_id": table, "tools": [CODE]},
        {"file_id": text, "tools": [FILE_SEARCH]},
        {"file_id": text, "tools": [CODE]},
    ]
    path = f"/threads/{thread_id}/messages"
    made = post(api.v2, path, {"role": "user", "content": "look", "attachments": attachments})
    read = api.v1.get(f"{path}/{made['id']}").json()
    assert (keys(read), read["file_ids"]) == (MESSAGE, [table, text])
    files = api.v1.get(f"{path}/{made['id']}/files?order=asc").json()
    first = {"id": table, "object": "thread.message.file", "created_at": made["created_at"], "message_id": made["id"]}
    assert (files["data"][0], files["last_id"], files["has_more"]) == (first, text, False)
    assert api.v1.get(f"{path}/{made['id']}/files/{table}").json() == first
    assert error_of(api.v1.get(f"{path}/{made['id']}/files/file-x"))[:2] == (
        404,
        f"No file found with id 'file-x' in message '{made['id']}'.",
    )


# --- runs ---------------------------------------------------------------------------------------------------------


def test_retrieval_runs_and_cites_with_a_quote(api: Versions) -> None:
    file_id = api.file()
    assistant = api.assistant(tools=[RETRIEVAL])
    message = {"role": "user", "content": "What does it do?", "file_ids": [file_id]}
    body = {"assistant_id": assistant["id"], "thread": {"messages": [message]}}
    run = rested(api.v1, post(api.v1, "/threads/runs", body))
    assert (run["status"], keys(run)) == ("completed", RUN)
    assert (run["tools"], set(run["usage"])) == (
        [RETRIEVAL],
        {"prompt_tokens", "completion_tokens", "total_tokens"},
    )
    path = f"/threads/{run['thread_id']}"
    steps = api.v1.get(f"{path}/runs/{run['id']}/steps?order=asc").json()["data"]
    (called,) = steps[0]["step_details"]["tool_calls"]
    assert called == {"id": called["id"], "type": "retrieval", "retrieval": {}}
    assert keys(steps[0]["usage"]) == "prompt_tokens completion_tokens total_tokens"
    assert api.v1.get(f"{path}/runs/{run['id']}/steps/{steps[0]['id']}").json() == steps[0]
    (part,) = api.v1.get(f"{path}/messages").json()["data"][0]["content"]
    text = part["text"]
    assert text["value"] == ANSWER_V1
    for cited in text["annotations"]:
        assert cited["text"] == text["value"][cited["start_index"] : cited["end_index"]] == "【0†source】"
        assert cited["file_citation"] == {"file_id": file_id, "quote": "The heron waits."}
    assert len(text["annotations"]) == 2
    newer = api.v2.get(f"{path}/messages").json()["data"][0]["content"][0]["text"]
    assert newer["value"] == ANSWER
    assert api.v2.get(f"{path}/runs/{run['id']}").json()["tools"][0]["type"] == "file_search"


def test_a_run_has_the_files_of_its_assistant(api: Versions) -> None:
    file_id = api.file()
    assistant = api.assistant(tools=[RETRIEVAL], file_ids=[file_id])
    thread_id = post(api.v2, "/threads", {"messages": [{"role": "user", "content": "hi"}]})["id"]
    started = post(api.v2, f"/threads/{thread_id}/runs", {"assistant_id": assistant["id"]})
    run = rested(api.v1, started)
    assert (run["status"], run["file_ids"]) == ("completed", [file_id])
    assert api.v1.get(f"/threads/{thread_id}/runs").json()["data"] == [run]


def test_a_run_waits_for_the_files_its_assistant_was_given(tmp_path: Path) -> None:
    with open_lab(tmp_path, SEARCH, say(ANSWER), gated=True) as lab:
        both = versions_of(lab)
        with both.v1, both.v2:
            assistant = both.assistant(tools=[RETRIEVAL], file_ids=[both.file()])
            body = {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "hi"}]}}
            run = post(both.v1, "/threads/runs", body)
            path = f"/threads/{run['thread_id']}"
            for _ in range(5):
                assert both.v1.get(f"{path}/runs/{run['id']}").json()["status"] in ("queued", "in_progress")
            lab.gate.set()
            assert rested(both.v1, run)["status"] == "completed"
            text = both.v1.get(f"{path}/messages").json()["data"][0]["content"][0]["text"]
            assert text["value"] == ANSWER_V1


def test_code_links_are_the_files_of_the_message(tmp_path: Path) -> None:
    with open_world(tmp_path) as lab:
        both = versions_of(lab)
        with both.v1, both.v2:
            body = {"assistant_id": both.assistant(tools=[CODE])["id"]}
            started = post(both.v1, "/threads/runs", {**body, "thread": {"messages": [PLOT]}})
            run = rested(both.v1, started)
            path = f"/threads/{run['thread_id']}/messages"
            message = both.v1.get(path).json()["data"][0]
            (link,) = message["content"][1]["text"]["annotations"]
            assert message["file_ids"] == [link["file_path"]["file_id"]]
            assert both.v1.get(f"{path}/{message['id']}/files").json()["last_id"] == message["file_ids"][0]
            assert both.v1.get(f"/files/{message['file_ids'][0]}/content").content == TABLE


def test_the_client_in_process_speaks_it_too(tmp_path: Path) -> None:
    with open_lab(tmp_path) as lab, LocalAssist(engine=lab.engine) as client:
        file_id = lab.upload()
        made = client.beta.assistants.create(
            model="scripted",
            tools=[RETRIEVAL],
            extra_body={"file_ids": [file_id]},
            extra_headers={"OpenAI-Beta": "assistants=v1"},
        )
        assert (made.model_extra or {})["file_ids"] == [file_id]


def test_files_of_an_imported_assistant_that_are_not_here_stay_until_its_files_change(api: Versions) -> None:
    old = {
        "id": "asst_abcdefghijklmnopqrstuvwx",
        "object": "assistant",
        "created_at": 1700000000,
        "model": "scripted",
        "tools": [RETRIEVAL],
        "file_ids": ["file-gone"],
    }
    post(api.v2, "/_transfer/objects", {"objects": [old], "threads": []})
    path = f"/assistants/{old['id']}"
    assert api.v1.get(path).json()["file_ids"] == ["file-gone"]
    assert api.v1.get(f"{path}/files").json()["last_id"] == "file-gone"
    assert post(api.v1, path, {"name": "renamed"})["file_ids"] == ["file-gone"]
    added = api.file()
    post(api.v1, f"{path}/files", {"file_id": added})
    assert api.file_ids(old["id"]) == [added]


def test_a_run_takes_the_tools_choices_and_settings_of_its_version(api: Versions) -> None:
    file_id = api.file()
    thread_id = post(api.v1, "/threads")["id"]
    added = {"role": "user", "content": "What does it do?", "file_ids": [file_id]}
    settings = {
        "assistant_id": api.assistant()["id"],
        "tools": [RETRIEVAL],
        "tool_choice": RETRIEVAL,
        "additional_messages": [added],
        "max_completion_tokens": 300,
        "parallel_tool_calls": False,
        "temperature": 0.5,
    }
    run = rested(api.v1, post(api.v1, f"/threads/{thread_id}/runs", settings))
    assert (run["tools"], run["tool_choice"], run["max_completion_tokens"]) == ([RETRIEVAL], RETRIEVAL, 300)
    assert run["status"] == "completed"
    newer = api.v2.get(f"/threads/{thread_id}/runs/{run['id']}").json()
    assert (newer["tool_choice"], newer["parallel_tool_calls"]) == (FILE_SEARCH, False)
    sent = api.v1.get(f"/threads/{thread_id}/messages?order=asc").json()["data"][0]
    assert sent["file_ids"] == [file_id]


def test_a_stream_has_the_objects_and_deltas_of_its_version(api: Versions) -> None:
    file_id = api.file()
    assistant = api.assistant(tools=[RETRIEVAL], file_ids=[file_id])
    body = {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "hi"}]}}
    frames = [(name, json.loads(data)) for name, data in events_of(api.v1, "/threads/runs", body) if name != "done"]
    by_name: dict[str, list[Any]] = {}
    for name, data in frames:
        by_name.setdefault(name, []).append(data)
    assert keys(by_name["thread.created"][0]) == "id object created_at metadata"
    runs = [data for name, data in frames if data["object"] == "thread.run"]
    assert {keys(run) for run in runs} == {RUN}
    assert all(run["file_ids"] == [file_id] for run in runs)
    (delta,) = by_name["thread.run.step.delta"]
    (called,) = delta["delta"]["step_details"]["tool_calls"]
    assert called == {"index": 0, "id": called["id"], "type": "retrieval", "retrieval": {}}
    (message,) = by_name["thread.message.completed"]
    assert keys(message) == MESSAGE
    texts = [delta["delta"]["content"][0]["text"] for delta in by_name["thread.message.delta"]]
    assert "".join(text["value"] for text in texts) == message["content"][0]["text"]["value"] == ANSWER_V1
    streamed = [annotation for text in texts for annotation in text.get("annotations", ())]
    stored = message["content"][0]["text"]["annotations"]
    assert [one["index"] for one in streamed] == [0, 1]
    for one, other in zip(streamed, stored, strict=True):
        assert (one["text"], one["start_index"], one["end_index"]) == (
            other["text"],
            other["start_index"],
            other["end_index"],
        )
        assert one["file_citation"] == {"file_id": file_id, "quote": ""}
    run_id, thread_id = runs[-1]["id"], runs[-1]["thread_id"]
    with api.v1.stream("GET", f"/threads/{thread_id}/runs/{run_id}/events") as replay:
        assert ANSWER_V1.rsplit(maxsplit=1)[-1] in replay.read().decode()
        assert "file_search" not in replay.read().decode()
