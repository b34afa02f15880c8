"""The hosted tool `file_search`: passages of the run's vector stores, each under the marker that cites it."""

from typing import Any, Final, Protocol

from localassist.objects.runs import FileSearchCall, FileSearchDetails, Run, RunStep, ShownPassage
from localassist.objects.threads import Thread
from localassist.objects.tools import FileSearchTool
from localassist.protocols import Cancellation, FoundChunk, FunctionSpec, Retriever, SearchOptions, Store
from localassist.runs.hosted import HostedOutcome, HostedRequest, HostedType, WireCall, read_arguments
from localassist.runs.hosted_tools import (
    MAX_SEARCH_QUERIES,
    Passage,
    citation_marker,
    file_search_tool,
    format_passages,
)

DEFAULT_MAX_RESULTS: Final = 20
MAX_QUERY_CHARACTERS: Final = 400  # a weak model that finds no end is stopped here, and the search goes on
NOT_READ: Final = 'The call was not carried out: its arguments are not of the form {"queries": ["..."]}.'


class RunStores(Protocol):
    """The vector stores as a run uses them."""

    def open_for_run(self, of_assistant: list[str], of_thread: list[str], cancellation: Cancellation) -> None:
        """Note their use, and wait a while for files of the thread's stores that are still being read.

        Raises InvalidRequest when one is gone or has expired.
        """


class FileSearch:
    """Searches the stores of the run's assistant and of its thread together."""

    type: HostedType = "file_search"

    def __init__(self, store: Store, stores: RunStores, retriever: Retriever) -> None:
        self._store = store
        self._stores = stores
        self._retriever = retriever
        self.spec = _spec()

    def prepare(self, run: Run, cancellation: Cancellation) -> None:
        of_assistant, of_thread = self._store_ids(run)
        self._stores.open_for_run(of_assistant, of_thread, cancellation)

    def open_call(self, run: Run, call_id: str) -> WireCall:
        return FileSearchCall(id=call_id, file_search=FileSearchDetails(ranking_options=_ranking_options(run)))

    def input_reader(self) -> None:
        """The queries are not part of the wire's call."""

    def carry_out(self, request: HostedRequest) -> HostedOutcome:
        run, call = request.run, request.call
        assert isinstance(call, FileSearchCall)
        queries = _queries(request.arguments)
        if not queries:
            return HostedOutcome(call, NOT_READ)
        of_assistant, of_thread = self._store_ids(run)
        store_ids = list(dict.fromkeys([*of_assistant, *of_thread]))
        found = self._retriever.search(store_ids, queries, _options(run)) if store_ids else []
        turn = _num_searches(self._store, run.thread_id)
        shown = [(chunk, _passage(turn, index, chunk)) for index, chunk in enumerate(found)]
        while shown and not request.limits.admit(format_passages(passage for _, passage in shown)):
            shown.pop()
        details = call.file_search.model_copy(update={"results": [_result(chunk) for chunk, _ in shown]})
        return HostedOutcome(
            call.model_copy(update={"file_search": details}),
            format_passages(passage for _, passage in shown),
            passages=[_citable(chunk, passage) for chunk, passage in shown],
        )

    def _store_ids(self, run: Run) -> tuple[list[str], list[str]]:
        """Those of the run's assistant (or of what the run put in their place), and the thread's own."""
        thread = self._store.get(Thread, run.thread_id)
        of_thread = thread.tool_resources.vector_store_ids
        return [one for one in run.tool_resources.vector_store_ids if one not in of_thread], of_thread


def _spec() -> FunctionSpec:
    function = file_search_tool()["function"]
    shown = function["parameters"]
    queries = {**shown["properties"]["queries"], "items": {"type": "string", "maxLength": MAX_QUERY_CHARACTERS}}
    enforced = {**shown, "properties": {"queries": queries}}
    return FunctionSpec(function["name"], function["description"], shown, strict=True, enforced=enforced)


def _tool(run: Run) -> FileSearchTool:
    return next(tool for tool in run.tools if isinstance(tool, FileSearchTool))


def _ranking_options(run: Run) -> dict[str, Any]:
    return _tool(run).file_search.ranking_options.model_dump(mode="json", exclude_none=True)


def _options(run: Run) -> SearchOptions:
    asked = _tool(run).file_search
    weights = asked.ranking_options.hybrid_search or {}
    return SearchOptions(
        max_results=DEFAULT_MAX_RESULTS if asked.max_num_results is None else asked.max_num_results,
        score_threshold=asked.ranking_options.score_threshold,
        embedding_weight=float(weights.get("embedding_weight", 1.0)),
        text_weight=float(weights.get("text_weight", 1.0)),
    )


def _queries(arguments: str) -> list[str]:
    asked = (read_arguments(arguments) or {}).get("queries")
    texts = asked if isinstance(asked, list) else [asked]
    return [text for text in texts if isinstance(text, str) and text.strip()][:MAX_SEARCH_QUERIES]


def _num_searches(store: Store, thread_id: str) -> int:
    """How many searches the thread has seen: the number of the next one."""
    steps = store.all(RunStep, thread_id=thread_id)
    return sum(_is_search(step, call_id) for step in steps for call_id in step.internal.hosted)


def _is_search(step: RunStep, call_id: str) -> bool:
    calls = getattr(step.step_details, "tool_calls", [])
    return any(call.id == call_id and isinstance(call, FileSearchCall) for call in calls)


def _passage(turn: int, index: int, chunk: FoundChunk) -> Passage:
    # A bracket in the name would end the marker early.
    name = chunk.file_name.replace("【", "(").replace("】", ")").replace("\n", " ")
    return Passage(turn, index, name, chunk.text, chunk.page)


def _citable(chunk: FoundChunk, passage: Passage) -> ShownPassage:
    return ShownPassage(
        marker=citation_marker(passage.turn, passage.index, passage.file_name),
        file_id=chunk.file_id,
        quote=chunk.text,
        start=chunk.start,
        end=chunk.end,
        page=chunk.page,
        last_page=chunk.last_page,
    )


def _result(chunk: FoundChunk) -> dict[str, Any]:
    return {
        "file_id": chunk.file_id,
        "file_name": chunk.file_name,
        "score": chunk.score,
        "attributes": dict(chunk.attributes),
        "content": [{"type": "text", "text": chunk.text}],
    }
