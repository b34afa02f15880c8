"""What holds for every thread and every stream, whatever they are made of."""

from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from localassist.objects.events import Event
from localassist.protocols import TextPiece
from localassist.testing import Turn, call, call_all, say
from tests.conformance.paths import check_path
from tests.conformance.world import new_thread
from tests.golden.scenarios import SCENARIOS
from tests.scripted_engine import FUNCTION, bench

# Not shrunk: each example is small, and each costs requests or an engine.
EXAMPLES = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


# --- pages ---------------------------------------------------------------------------------------------------------


def walk(http: httpx.Client, path: str, **query: Any) -> list[str]:
    """Texts in the order in which following `has_more` and `last_id` shows them."""
    seen: list[str] = []
    while True:
        page = http.get(path, params=query).json()
        seen += [message["content"][0]["text"]["value"] for message in page["data"]]
        assert (page["first_id"] is None) == (not page["data"])
        if not page["has_more"]:
            return seen
        assert len(page["data"]) == query["limit"]
        query["after"] = page["last_id"]


@EXAMPLES
@given(count=st.integers(0, 45), limit=st.integers(1, 100), order=st.sampled_from(["asc", "desc"]))
def test_paging_visits_each_message_once(http: httpx.Client, count: int, limit: int, order: str) -> None:
    texts = [f"m{i}" for i in range(count)]
    path = f"/threads/{new_thread(http, *texts)}/messages"
    assert walk(http, path, limit=limit, order=order) == (texts if order == "asc" else texts[::-1])


@EXAMPLES
@given(data=st.data(), count=st.integers(2, 30), order=st.sampled_from(["asc", "desc"]))
def test_before_and_after_part_the_list_at_an_object(http: httpx.Client, data: Any, count: int, order: str) -> None:
    path = f"/threads/{new_thread(http, *(f'm{i}' for i in range(count)))}/messages"
    ids = [message["id"] for message in http.get(path, params={"order": order, "limit": 100}).json()["data"]]
    place = data.draw(st.integers(0, count - 1))
    query = {"order": order, "limit": 100}
    after = http.get(path, params={**query, "after": ids[place]}).json()
    before = http.get(path, params={**query, "before": ids[place]}).json()
    assert [message["id"] for message in after["data"]] == ids[place + 1 :]
    assert sorted(message["id"] for message in before["data"]) == sorted(ids[:place])
    assert not after["has_more"]


@EXAMPLES
@given(limit=st.integers(1, 5), additions=st.lists(st.integers(0, 2), max_size=4))
def test_paging_newest_first_is_exact_while_messages_arrive(
    http: httpx.Client, limit: int, additions: list[int]
) -> None:
    texts = [f"m{i}" for i in range(12)]
    path = f"/threads/{new_thread(http, *texts)}/messages"
    seen, after = [], {}
    while True:
        page = http.get(path, params={"limit": limit, **after}).json()
        seen += [message["content"][0]["text"]["value"] for message in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
        for _ in range(additions.pop() if additions else 0):
            http.post(path, json={"role": "user", "content": "new"})
    assert seen == texts[::-1]


# --- streams -------------------------------------------------------------------------------------------------------


@cache
def recorded(name: str) -> list[Event]:
    return SCENARIOS[name]()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_kind_of_stream_is_a_legal_path_to_its_end(name: str) -> None:
    check_path(recorded(name), submitted=name == "submitted_outputs")


@EXAMPLES
@given(name=st.sampled_from(sorted(SCENARIOS)), share=st.floats(0, 1))
def test_any_prefix_of_a_stream_is_a_legal_path(name: str, share: float) -> None:
    events = recorded(name)
    check_path(events[: int(share * len(events))], submitted=name == "submitted_outputs")


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.strip)
CALLS = st.builds(lambda before, city: call("get_weather", before=before, city=city), st.just("") | TEXTS, TEXTS)
PAIRS = st.builds(lambda city: call_all(("get_weather", {"city": city}), ("get_weather", {"zone": city})), TEXTS)
ENDS = st.builds(say, TEXTS) | st.builds(lambda texts: Turn(*map(TextPiece, texts)), st.lists(TEXTS, min_size=1))


@EXAMPLES
@given(turns=st.lists(CALLS | PAIRS, max_size=4), end=ENDS)
def test_a_run_of_any_turns_takes_a_legal_path(turns: list[Turn], end: Turn) -> None:
    with bench(*turns, end) as b:
        started = b.run(b.thread("hi"), b.assistant(tools=[FUNCTION]))
        check_path(b.events(started))
        for _ in turns:
            run = b.engine.runs.get(started.run.thread_id, started.run.id)
            assert run.required_action is not None
            calls = run.required_action.submit_tool_outputs.tool_calls
            started = b.submit(run, *("x" for _ in calls))
            check_path(b.events(started), submitted=True)
        assert b.engine.runs.get(started.run.thread_id, started.run.id).status == "completed"
