"""An engine for programs of the first version: its model answers by what was said last, its code prints and plots."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localassist.protocols import CellFile, CellImage, CellResult, ChatMessage, FunctionSpec, GenerationRequest
from localassist.testing import ScriptedCell, ScriptedInterpreter, ScriptedModel, Turn, call, say
from tests.retrieval.engines import Lab, open_lab

TABLE = b"a,b\n1,2\n"
PICTURE = b"\x89PNG\r\n\x1a\n"


class AnsweringModel(ScriptedModel):
    """Calls the tool that a user's words ask for, and answers from what comes back."""

    def __init__(self) -> None:
        super().__init__()
        self._rendered: dict[str, ChatMessage] = {}

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[FunctionSpec]) -> str:
        prompt = super().render(messages, tools)
        if messages:
            self._rendered[prompt] = messages[-1]
        return prompt

    def generate(self, request: GenerationRequest) -> Any:
        last = self._rendered[request.prompt]
        self._turns = [_after_tool(last.content) if last.role == "tool" else _after_user(last.content)]
        return super().generate(request)


def _after_user(words: str) -> Turn:
    if "weather" in words:
        return call("get_weather", city="Paris")
    if "heron" in words:
        return call("file_search", queries=["heron"])
    return call("python", code="plot()") if "plot" in words else say("Hello there, my friend.")


def _after_tool(output: str) -> Turn:
    if markers := re.findall("【[^】]*】", output):
        return say(f"It waits {markers[0]} in the reeds {markers[-1]}.")
    if "[file]" in output:
        return say("See [table](sandbox:/mnt/data/table.csv).")
    return say(f"It is {output} in Paris.")


class PlottingInterpreter(ScriptedInterpreter):
    """Every cell prints a number, shows a picture and makes a table."""

    def execute(self, session: str, code: str, **options: Any) -> CellResult:
        image = CellImage(PICTURE, "image/png")
        table = CellFile("table.csv", len(TABLE), lambda: io.BytesIO(TABLE))
        self._cells.append(ScriptedCell(CellResult("42", outputs=["42\n", image], files=[table])))
        return super().execute(session, code, **options)


@contextmanager
def open_world(folder: Path) -> Iterator[Lab]:
    with open_lab(folder, model=AnsweringModel(), interpreter=PlottingInterpreter()) as lab:
        yield lab
