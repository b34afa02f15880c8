"""Tools, their choice and their calls, as the first version names them."""

from typing import Any

Json = dict[str, Any]

RETRIEVAL = "retrieval"


def tools_v1(tools: list[Json]) -> list[Json]:
    """`file_search` is `retrieval`; a function says `strict` only when it is."""
    return [_tool(tool) for tool in tools]


def _tool(tool: Json) -> Json:
    if tool["type"] == "file_search":
        return {"type": RETRIEVAL}
    function = tool.get("function")
    if function and not function.get("strict"):
        return tool | {"function": {key: value for key, value in function.items() if key != "strict"}}
    return tool


def tool_choice_v1(choice: Any) -> Any:
    return {"type": RETRIEVAL} if choice == {"type": "file_search"} else choice


def tool_calls_v1(calls: list[Json]) -> list[Json]:
    """The calls of a step, or of a delta of one: those of file search are empty calls of `retrieval`."""
    return [_call(call) for call in calls]


def _call(call: Json) -> Json:
    if call["type"] != "file_search":
        return call
    kept = {key: value for key, value in call.items() if key != "file_search"}
    return kept | {"type": RETRIEVAL, RETRIEVAL: {}}
