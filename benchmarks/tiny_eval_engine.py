"""Puts the cases of `tiny_eval.py` to the model through the engine, with the calls a user of the SDK would write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import llama_cpp

from localassist import LocalAssist
from localassist.objects.strict_adaptation import to_strict_schema, without_added_nulls

_MAX_SUBMISSIONS: Final = 5
_STEP_NAMES: Final = {"code_interpreter": "python", "file_search": "file_search"}


class EngineDriver:
    """Answers cases with greedy runs; `new_outcome` makes the empty record that is filled in.

    `strict` offers every function as a strict one: optional arguments become required ones that may be null, which
    count as left out.
    """

    def __init__(self, model_path: Path, new_outcome: Any, *, strict: bool = False) -> None:
        self._is_strict = strict
        self._client = LocalAssist(model=str(model_path), data_dir=":memory:")
        self._model = self._client.models.list().data[0].id
        self._vocabulary = llama_cpp.Llama(str(model_path), vocab_only=True, verbose=False)
        self._new_outcome = new_outcome

    def num_tokens(self, text: str) -> int:
        """Count the tokens of a text."""
        return len(self._vocabulary.tokenize(text.encode(), add_bos=False))

    def run(self, case: Any, prefix: list[str]) -> Any:
        """Create what the case needs, run it, and read off what happened."""
        outcome = self._new_outcome()
        store_ids, passage_by_file_id = self._upload_passages(case)
        assistant = self._client.beta.assistants.create(
            model=self._model,
            instructions=case.instructions or None,
            tools=list(map(_as_strict, case.tools)) if self._is_strict else case.tools,
            temperature=0.0,
            tool_resources={"file_search": {"vector_store_ids": store_ids}} if store_ids else None,
        )
        thread = self._client.beta.threads.create()
        self._say(thread.id, prefix, case)
        run = self._client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        self._answer_calls(case, thread.id, run, outcome)
        self._read(thread.id, outcome, passage_by_file_id)
        self._client.beta.threads.delete(thread.id)
        return outcome

    def _upload_passages(self, case: Any) -> tuple[list[str], dict[str, str]]:
        if not case.passages:
            return [], {}
        # A file for each passage, so that the file a citation names says which passage was meant. Plain text whatever
        # the case calls it: what is measured is the model, not the reading of formats.
        names = [(f"{index}-{Path(name).stem}.txt", text) for index, (name, text) in enumerate(case.passages)]
        files = [self._client.files.create(file=(name, text.encode()), purpose="assistants") for name, text in names]
        store = self._client.vector_stores.create()
        self._client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[file.id for file in files])
        return [store.id], {file.id: text for file, (_, text) in zip(files, names, strict=True)}

    def _say(self, thread_id: str, prefix: list[str], case: Any) -> None:
        said = [(index % 2, text) for part in (prefix, case.messages) for index, text in enumerate(part)]
        for number, (is_answer, text) in enumerate(said):
            attachments = None
            if number == len(said) - 1 and case.files:
                attachments = [self._attach(name, content) for name, content in case.files.items()]
            self._client.beta.threads.messages.create(
                thread_id, role="assistant" if is_answer else "user", content=text, attachments=attachments
            )

    def _attach(self, name: str, content: str) -> Any:
        file = self._client.files.create(file=(name, content.encode()), purpose="assistants")
        return {"file_id": file.id, "tools": [{"type": "code_interpreter"}]}

    def _answer_calls(self, case: Any, thread_id: str, run: Any, outcome: Any) -> None:
        for _ in range(_MAX_SUBMISSIONS):
            if run.status != "requires_action":
                break
            calls = run.required_action.submit_tool_outputs.tool_calls
            outcome.calls += [(call.function.name, self._arguments(case, call.function)) for call in calls]
            if case.calls is not None or case.calls_like is not None:
                self._client.beta.threads.runs.cancel(run_id=run.id, thread_id=thread_id)
                return
            output = case.outputs[0] if case.outputs else "ok"
            run = self._client.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id,
                thread_id=thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": output} for call in calls],
            )
        for step in self._client.beta.threads.runs.steps.list(run_id=run.id, thread_id=thread_id):
            if step.step_details.type == "tool_calls":
                hosted = [call.type for call in step.step_details.tool_calls if call.type in _STEP_NAMES]
                outcome.hosted_calls += [_STEP_NAMES[kind] for kind in hosted]

    def _arguments(self, case: Any, function: Any) -> Any:
        arguments = json.loads(function.arguments)
        if not self._is_strict:
            return arguments
        [schema] = [tool["function"]["parameters"] for tool in case.tools if _name(tool) == function.name]
        return without_added_nulls(arguments, schema, schema)

    def _read(self, thread_id: str, outcome: Any, passage_by_file_id: dict[str, str]) -> None:
        newest = self._client.beta.threads.messages.list(thread_id, limit=1).data[0]
        if newest.role != "assistant" or newest.run_id is None:
            return
        for part in newest.content:
            if part.type == "image_file":
                outcome.files.append("image.png")
            if part.type != "text":
                continue
            outcome.text += part.text.value
            for note in part.text.annotations:
                if note.type == "file_citation":
                    outcome.cited_text.append(passage_by_file_id.get(note.file_citation.file_id, ""))
                elif note.type == "file_path":
                    outcome.files.append(note.text)


def _name(tool: Any) -> str:
    return str(tool.get("function", {}).get("name", ""))


def _as_strict(tool: Any) -> Any:
    if tool["type"] != "function":
        return tool
    function = tool["function"]
    parameters = to_strict_schema(function["parameters"])
    return {"type": "function", "function": {**function, "parameters": parameters, "strict": True}}
