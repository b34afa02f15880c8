"""A bare llama.cpp loop for looking at weights while they train; it answers cases of `benchmarks/tiny_eval.py`.

It is no engine: no sandbox (the model's Python runs in a child process of this machine), no constraint while decoding,
the passages of a case are the search result. Figures that count come from the engine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import llama_cpp

from generator.render import CALL, render
from localassist.runs.hosted_tools import (
    Passage,
    file_search_tool,
    format_attachments,
    format_passages,
    format_python_result,
    python_tool,
)

_MAX_TURNS: Final = 6
_MAX_NEW_TOKENS: Final = 500
_CONTEXT_LENGTH: Final = 8192
_HOSTED: Final = {"code_interpreter": python_tool, "file_search": file_search_tool}


class LoopDriver:
    """Answers cases with greedy decoding; `new_outcome` makes the empty record that is filled in."""

    def __init__(self, model_path: Path, new_outcome: Any) -> None:
        self._llama = llama_cpp.Llama(str(model_path), n_ctx=_CONTEXT_LENGTH, n_threads=1, verbose=False)
        self._new_outcome = new_outcome

    def num_tokens(self, text: str) -> int:
        """Count the tokens of a text."""
        return len(self._llama.tokenize(text.encode(), add_bos=False))

    def run(self, case: Any, prefix: list[str]) -> Any:
        """Let the model take turns until it answers or its calls are all the case asks for."""
        outcome = self._new_outcome()
        tools = [_HOSTED[tool["type"]]() if tool["type"] in _HOSTED else tool for tool in case.tools]
        messages = _messages(case, prefix)
        with tempfile.TemporaryDirectory() as directory:
            cells = _Cells(Path(directory), case.files)
            for _ in range(_MAX_TURNS):
                text = self.complete(render(messages, tools, add_generation_prompt=True))
                calls = _parse(text)
                if not calls:
                    outcome.text = text.strip()
                    break
                messages.append(_call_message(calls))
                functions = [call for call in calls if call[0] not in ("python", "file_search")]
                outcome.calls += functions
                outcome.hosted_calls += [name for name, _ in calls if name in ("python", "file_search")]
                if functions and (case.calls is not None or case.calls_like is not None):
                    break
                for name, arguments in calls:
                    messages.append({"role": "tool", "content": _result(case, cells, name, arguments)})
            outcome.files = cells.new_files()
        return outcome

    def complete(self, prompt: str) -> str:
        """Decode greedily up to the end of the turn."""
        token_ids = self._llama.tokenize(prompt.encode(), add_bos=False, special=True)
        made: list[int] = []
        for token_id in self._llama.generate(token_ids, temp=0.0, repeat_penalty=1.0):
            if token_id == self._llama.token_eos() or len(made) >= _MAX_NEW_TOKENS:
                break
            made.append(token_id)
        return str(self._llama.detokenize(made, special=True).decode(errors="replace"))


class _Cells:
    """Runs cells in a directory that stands for /mnt/data, repeating earlier cells silently for their state."""

    def __init__(self, directory: Path, files: dict[str, str]) -> None:
        self._directory = directory
        self._given = set(files)
        self._earlier: list[str] = []
        for name, content in files.items():
            (directory / name).write_text(content, encoding="utf-8")

    def run(self, code: str) -> str:
        before = set(self.new_files())
        local = code.replace("/mnt/data", str(self._directory))
        earlier = "\n".join(f"    exec({cell!r})" for cell in ["pass", *self._earlier])
        program = (
            "import contextlib, io, matplotlib\nmatplotlib.use('Agg')\n"
            f"with contextlib.redirect_stdout(io.StringIO()):\n{earlier}\nexec({local!r})\n"
        )
        try:
            done = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
            )
        except (subprocess.TimeoutExpired, ValueError):
            return "TimeoutError"
        if done.returncode == 0:
            self._earlier.append(local)
            return format_python_result(done.stdout, sorted(set(self.new_files()) - before))
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "Error"

    def new_files(self) -> list[str]:
        return sorted(path.name for path in self._directory.iterdir() if path.name not in self._given)


def _messages(case: Any, prefix: list[str]) -> list[dict[str, Any]]:
    messages = [{"role": "system", "content": case.instructions}] if case.instructions else []
    for said in (prefix, case.messages):
        messages += [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(said)]
    names = list(case.files)
    if names:
        attached = format_attachments([(name, f"file-{index}a7c9e2") for index, name in enumerate(names)])
        messages[-1]["content"] += f"\n{attached}"
    return messages


def _parse(text: str) -> list[tuple[str, dict[str, Any]]]:
    calls = []
    for body in CALL.findall(text):
        try:
            call = json.loads(body)
            calls.append((str(call["name"]), dict(call["arguments"])))
        except (ValueError, KeyError, TypeError):
            calls.append(("invalid", {"text": body}))
    return calls


def _call_message(calls: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    entries = [{"type": "function", "function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    return {"role": "assistant", "content": None, "tool_calls": entries}


def _result(case: Any, cells: _Cells, name: str, arguments: dict[str, Any]) -> str:
    if name == "python":
        return cells.run(str(arguments.get("code", "")))
    if name == "file_search":
        passages = [Passage(0, index, file, text) for index, (file, text) in enumerate(case.passages or [])]
        return format_passages(passages)
    return case.outputs[0] if case.outputs else "ok"
