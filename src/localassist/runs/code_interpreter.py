"""The hosted tool `code_interpreter`: runs the model's Python in the thread's session and keeps what it made."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, Final

from localassist.objects.files import File
from localassist.objects.runs import CodeInterpreterCall, CodeInterpreterDetails, LastError, Run, RunStep, ToolCalls
from localassist.objects.threads import Thread
from localassist.protocols import (
    BlobStore,
    Cancellation,
    CellImage,
    CellResult,
    FunctionSpec,
    Interpreter,
    SessionFile,
    Store,
)
from localassist.runs.code_input import StringArgument
from localassist.runs.hosted import (
    HostedOutcome,
    HostedRequest,
    HostedType,
    InputReader,
    ShowOutput,
    WireCall,
    read_arguments,
)
from localassist.runs.hosted_tools import format_python_result, python_tool

# The same code failing with the same result so often in a run is a model that does not learn from it.
MAX_SAME_FAILURES: Final = 3
_CELL_NUMBER: Final = re.compile(r"In\[\d+\]")
UNCONFINED: Final = "\n[warning: this code ran without a sandbox, with all rights of the user who runs the engine]\n"
NOT_READ: Final = 'The call was not carried out: its arguments are not of the form {"code": "..."}.'

KeepFile = Callable[[str, BinaryIO], File]  # a file name and the bytes, to a file object of the assistant's


class CodeInterpreter:
    """Sessions are the threads': variables and files last from run to run."""

    type: HostedType = "code_interpreter"

    def __init__(self, store: Store, blobs: BlobStore, interpreter: Interpreter, keep_file: KeepFile) -> None:
        self._store = store
        self._blobs = blobs
        self._interpreter = interpreter
        self._keep_file = keep_file
        self.spec = _spec()

    def prepare(self, run: Run, cancellation: Cancellation) -> None:
        """A kernel starts while the model thinks about what to run."""
        self._interpreter.prepare()

    def open_call(self, run: Run, call_id: str) -> WireCall:
        return CodeInterpreterCall(id=call_id, code_interpreter=CodeInterpreterDetails())

    def input_reader(self) -> InputReader:
        return StringArgument("code")

    def carry_out(self, request: HostedRequest) -> HostedOutcome:
        run, call_id = request.run, request.call.id
        code = (read_arguments(request.arguments) or {}).get("code")
        if not isinstance(code, str):
            return HostedOutcome(_wire(call_id, request.arguments, []), NOT_READ)
        outputs = _Outputs(request.show, self._keep_file)
        result = self._interpreter.execute(
            run.thread_id,
            code,
            files=list(self._files(run)),
            cancellation=request.cancellation,
            on_output=outputs.add,
        )
        return self._outcome(run, call_id, code, result, outputs)

    def _outcome(self, run: Run, call_id: str, code: str, result: CellResult, outputs: "_Outputs") -> HostedOutcome:
        made = {file.path: outputs.keep(file.path, file.open) for file in result.files}
        if result.note:
            outputs.add_log(result.note)
        if self._interpreter.sandbox().get("name") == "none":
            outputs.add_log(UNCONFINED)
        wire = _wire(call_id, code, outputs.entries)
        is_stuck = result.failed and _num_same_failures(self._store, run, wire) + 1 >= MAX_SAME_FAILURES
        text = "\n".join(filter(None, [result.output.rstrip(), result.note]))
        return HostedOutcome(
            wire,
            format_python_result(text, [file.path for file in result.files]),
            files=made,
            failure=_goes_in_circles(result) if is_stuck else None,
        )

    def _files(self, run: Run) -> Iterator[SessionFile]:
        """The files of the run's assistant and thread, each once."""
        thread = self._store.get(Thread, run.thread_id)
        for file_id in dict.fromkeys([*run.tool_resources.code_file_ids, *thread.tool_resources.code_file_ids]):
            file = self._store.find(File, file_id)
            if file is not None:
                yield SessionFile(file.id, file.filename, file.bytes, partial(self._blobs.open, file.id))


class _Outputs:
    """The outputs of one call as they come, with pictures kept as files; equal bytes are kept once."""

    def __init__(self, show: ShowOutput, keep_file: KeepFile) -> None:
        self._show = show
        self._keep_file = keep_file
        self._file_id_by_digest: dict[str, str] = {}
        self.entries: list[dict[str, Any]] = []

    def add(self, output: str | CellImage) -> None:
        """Take what the cell showed: text goes on where the last text ended."""
        if isinstance(output, str):
            self.add_log(output)
            return
        ending = "png" if output.media_type == "image/png" else "jpg"
        file_id = self._keep(f"image-{len(self.entries) + 1}.{ending}", io.BytesIO(output.content))
        self._append({"type": "image", "image": {"file_id": file_id}})

    def add_log(self, text: str) -> None:
        if not text:
            return
        if not self.entries or self.entries[-1]["type"] != "logs":
            self._append({"type": "logs", "logs": text})
            return
        self.entries[-1]["logs"] += text
        self._show({"index": len(self.entries) - 1, "type": "logs", "logs": text})

    def keep(self, path: str, open_bytes: Callable[[], BinaryIO]) -> str:
        """A made file as a file object; returns its id."""
        with open_bytes() as source:
            return self._keep(path.rsplit("/", 1)[-1], source)

    def _keep(self, name: str, source: BinaryIO) -> str:
        seen = hashlib.sha256()
        while block := source.read(1 << 20):
            seen.update(block)
        digest = seen.hexdigest()
        if digest not in self._file_id_by_digest:
            source.seek(0)
            self._file_id_by_digest[digest] = self._keep_file(name, source).id
        return self._file_id_by_digest[digest]

    def _append(self, entry: dict[str, Any]) -> None:
        self.entries.append(dict(entry))
        self._show({"index": len(self.entries) - 1, **entry})


def _spec() -> FunctionSpec:
    function = python_tool()["function"]
    return FunctionSpec(function["name"], function["description"], function["parameters"], strict=True)


def _wire(call_id: str, code: str, outputs: list[dict[str, Any]]) -> CodeInterpreterCall:
    return CodeInterpreterCall(id=call_id, code_interpreter=CodeInterpreterDetails(input=code, outputs=outputs))


def _num_same_failures(store: Store, run: Run, call: CodeInterpreterCall) -> int:
    """How many of the run's calls before this one had the same code and the same outputs."""
    return sum(
        other.code_interpreter.input == call.code_interpreter.input and _said(other) == _said(call)
        for step in store.all(RunStep, run_id=run.id)
        if isinstance(step.step_details, ToolCalls)
        for other in step.step_details.tool_calls
        if isinstance(other, CodeInterpreterCall) and other.id != call.id
    )


def _said(call: CodeInterpreterCall) -> list[str]:
    """What a cell printed, without the number that each cell has."""
    return [_CELL_NUMBER.sub("In[]", output.get("logs", "")) for output in call.code_interpreter.outputs]


def _goes_in_circles(result: CellResult) -> LastError:
    last_line = (result.output.strip().splitlines() or [result.note or "no output"])[-1]
    return LastError(
        code="server_error",
        message=f"The model ran the same failing code {MAX_SAME_FAILURES} times: {last_line}",
    )
