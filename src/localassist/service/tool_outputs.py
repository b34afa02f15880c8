"""Matches submitted tool outputs with the calls that wait for them: all in one request, or none."""

from localassist.errors import InvalidRequest
from localassist.objects.run_bodies import SubmitToolOutputs
from localassist.objects.runs import RequiredAction


def match_outputs(action: RequiredAction, body: SubmitToolOutputs) -> dict[str, str]:
    """Output by call id. Raises InvalidRequest with the contract's words when they do not match."""
    expected = [call.id for call in action.submit_tool_outputs.tool_calls]
    given: list[tuple[str, str]] = []
    for index, output in enumerate(body.tool_outputs):
        if output.tool_call_id is None:
            path = f"tool_outputs[{index}].tool_call_id"
            raise InvalidRequest(
                f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter"
            )
        given.append((output.tool_call_id, output.output or ""))
    call_ids = [call_id for call_id, _ in given]
    if sorted(call_ids) != sorted(expected):
        raise InvalidRequest(f"Expected tool outputs for call_ids {expected}, got {call_ids}")
    return dict(given)
