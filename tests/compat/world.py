"""An engine over a real port whose model calls a function when it is told to, and shorthands to speak to it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from localassist.errors import GenerationFailed
from localassist.objects import base
from localassist.protocols import AnswerFormat, ChatMessage, Constraint, FunctionSpec, GenerationRequest, ToolChoice
from localassist.testing import SCRIPTED_MODEL, ScriptedModel, Turn, call, call_all, say
from localassist.testing.models import ScriptedStream
from tests.conformance.world import new_file, post, rested
from tests.retrieval.engines import Lab, open_lab

FUNCTION = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
TOOL = {"type": "function", "function": FUNCTION}
CALL_ME = "CALL the weather"  # what makes the model call the function, once
HI = {"role": "user", "content": "hi"}
BETA, BETA_V1 = {"OpenAI-Beta": "assistants=v2"}, {"OpenAI-Beta": "assistants=v1"}


class WillingModel(ScriptedModel):
    """Does what the last message says: CALL, CALL TWICE, SEARCH, FAIL; otherwise it says hello.

    `tools`, `choices` and `answers` keep what its turns were to be, beside what every scripted model keeps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tools: list[list[tuple[Any, ...]]] = []
        self.choices: list[ToolChoice] = []
        self.answers: list[AnswerFormat | None] = []
        self._last_messages: dict[str, ChatMessage] = {}

    def constraint(
        self, tools: Sequence[FunctionSpec], choice: ToolChoice, *, answer: AnswerFormat | None = None, **more: Any
    ) -> Constraint | None:
        self.tools.append([(tool.name, tool.description, tool.parameters, tool.strict) for tool in tools])
        self.choices.append(choice)
        self.answers.append(answer)
        return super().constraint(tools, choice, answer=answer, **more)

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        prompt = super().render(messages, tools)
        self._last_messages[prompt] = messages[-1] if messages else ChatMessage("user", "")
        return prompt

    def generate(self, request: GenerationRequest) -> ScriptedStream:
        self._turns = [_turn(self._last_messages[request.prompt])]
        return super().generate(request)


def _turn(last: ChatMessage) -> Turn:
    """What the model does after a message."""
    if last.role == "tool":
        marker = re.search(r"【[^】]*】", last.content)
        return say(f"It waits {marker[0]} there.") if marker else say("Hello there")
    if last.role != "user":
        return say("Hello there")
    if "SEARCH" in last.content:
        return call("file_search", queries=["heron"])
    if "TWICE" in last.content:
        return call_all(("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"}))
    if "CALL" in last.content:
        return call("get_weather", before="Let me see.", city="Paris")
    return Turn(GenerationFailed("The disk is full. Make room.")) if "FAIL" in last.content else say("Hello there")


@dataclass
class World:
    """The engine's HTTP side, and the model behind it. `v1` speaks to it in the first version."""

    http: httpx.Client
    lab: Lab
    model: WillingModel
    v1: "World | None" = None

    def speaking(self, version: str) -> "World":
        """The same, in a version of the API."""
        return self.v1 if version == "v1" and self.v1 is not None else self

    def post(self, path: str, body: Any = None) -> Any:
        return post(self.http, path, body)

    def get(self, path: str) -> Any:
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def assistant(self, **settings: Any) -> str:
        return self.post("/assistants", {"model": SCRIPTED_MODEL, **settings})["id"]

    def thread(self, *messages: Any) -> str:
        return self.post("/threads", {"messages": list(messages)})["id"]

    def file(self, name: str = "birds.txt", content: bytes = b"The heron waits.", **more: Any) -> str:
        return new_file(self.http, name, content, **more)["id"]

    def store(self, *file_ids: str) -> str:
        return self.post("/vector_stores", {"file_ids": list(file_ids)})["id"]

    def rested(self, run: Any) -> Any:
        return rested(self.http, run)

    def run(self, thread_id: str, **settings: Any) -> Any:
        """A run at rest."""
        body = {"assistant_id": settings.pop("assistant_id", None) or self.assistant(), **settings}
        return self.rested(self.post(f"/threads/{thread_id}/runs", body))

    def waiting_run(self) -> Any:
        run = self.run(self.thread({"role": "user", "content": CALL_ME}), tools=[TOOL])
        assert run["status"] == "requires_action", run
        return run

    def steps(self, run: Any) -> list[Any]:
        return self.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps?order=asc")["data"]

    def messages(self, thread_id: str) -> list[Any]:
        return self.get(f"/threads/{thread_id}/messages?order=asc&limit=100")["data"]


@contextmanager
def open_world(folder: Path, *, clock: Callable[[], int] = base.now, gated: bool = False) -> Iterator[World]:
    """With `gated`, files are not read until the lab's gate is set."""
    model = WillingModel()
    with open_lab(folder, model=model, clock=clock, gated=gated) as lab:
        url = str(lab.client.base_url)
        common: dict[str, Any] = {"base_url": url, "trust_env": False, "timeout": 60}
        with httpx.Client(headers=BETA, **common) as http, httpx.Client(headers=BETA_V1, **common) as http_v1:
            yield World(http, lab, model, World(http_v1, lab, model))
