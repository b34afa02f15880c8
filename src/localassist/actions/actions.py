"""The operations of an OpenAPI document, offered as function tools and performed over HTTP."""

import json
import logging
import ssl
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from localassist.actions.document import Document
from localassist.actions.functions import ActionFunction, build_functions
from localassist.actions.hosts import HostRefused, HostRules
from localassist.actions.requests import BadCall, add_credentials, build_request
from localassist.actions.transport import CallFailed, HttpResponse, Limits, send
from localassist.errors import InvalidRequest
from localassist.objects.faults import load_json
from localassist.objects.strict_adaptation import without_added_nulls

logger = logging.getLogger(__name__)


class _Function(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def arguments(self) -> str: ...


class ToolCall(Protocol):
    """What `execute` reads of a call in `run.required_action.submit_tool_outputs.tool_calls`."""

    @property
    def function(self) -> _Function: ...


def from_openapi(
    document: Mapping[str, Any] | str,
    *,
    headers: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
    allowed_hosts: Collection[str] = (),
    base_url: str | None = None,
    operations: Collection[str] | None = None,
    timeout_s: float = 30,
    max_response_bytes: int = 100_000,
    tls: ssl.SSLContext | None = None,
) -> "Actions":
    """The operations of an OpenAPI 3.x document (a mapping, or JSON text) as tools.

    `headers` go with every call (an Authorization, say); `credentials` are secrets by the name of their security
    scheme. Calls go to the document's servers only; a host that has a private or loopback address has to be in
    `allowed_hosts` ("localhost:8080", "api.example.com"), which also permits redirects to other hosts.
    `operations` keeps only these operationIds. Raises InvalidRequest where the document cannot be used.
    """
    parsed = load_json(document.encode()) if isinstance(document, str) else document
    read = Document(parsed, base_url=base_url)
    functions = build_functions(read)
    if operations is not None:
        _check_known(operations, functions)
        functions = [function for function in functions if function.operation.operation_id in operations]
    return Actions(
        functions,
        schemes=read.security_schemes(),
        rules=_rules(functions, allowed_hosts),
        limits=Limits(timeout_s, max_response_bytes),
        headers=headers or {},
        credentials=credentials or {},
        tls=tls,
    )


def _check_known(operations: Collection[str], functions: list[ActionFunction]) -> None:
    known = [function.operation.operation_id for function in functions]
    unknown = next((name for name in operations if name not in known), None)
    if unknown is not None:
        raise InvalidRequest(f"The document has no operation '{unknown}'; it has {', '.join(known)}.")


def _rules(functions: list[ActionFunction], allowed_hosts: Collection[str]) -> HostRules:
    try:
        return HostRules([function.operation.server for function in functions], allowed_hosts)
    except HostRefused as exc:
        raise InvalidRequest(f"A server of the document cannot be used: {exc}.", param="document") from exc


class Actions:
    """`tools` for the assistant, `execute` for the calls of its runs. Safe to use from several threads."""

    def __init__(
        self,
        functions: list[ActionFunction],
        *,
        schemes: Mapping[str, Mapping[str, Any]],
        rules: HostRules,
        limits: Limits,
        headers: Mapping[str, str],
        credentials: Mapping[str, str],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._functions = {function.name: function for function in functions}
        self._schemes = schemes
        self._rules = rules
        self._limits = limits
        self._headers = dict(headers)
        self._credentials = credentials
        self._tls = tls

    @property
    def tools(self) -> list[dict[str, Any]]:
        """One function tool for each operation, to pass in `tools=[…]`."""
        return [function.tool for function in self._functions.values()]

    def __contains__(self, name: object) -> bool:
        """Whether a function of this name is one of these operations."""
        return name in self._functions

    def execute(self, call: ToolCall) -> str:
        """Perform a call and return the output to submit. A failure is an output too: it is told to the model."""
        return self.perform(call.function.name, call.function.arguments)

    def perform(self, name: str, arguments: str) -> str:
        """As `execute`, from a function's name and its arguments as JSON text."""
        function = self._functions.get(name)
        if function is None:
            return f"Error: there is no function named '{name}'."
        try:
            request = build_request(function, _read(arguments, function))
            request.secret_headers.update(self._headers)
            add_credentials(request, function, self._schemes, self._credentials)
            return _told(send(request, self._rules, self._limits, tls=self._tls))
        except BadCall as exc:
            return f"Error: invalid arguments for '{name}': {exc}."
        except (HostRefused, CallFailed) as exc:
            logger.warning("an action failed: %s", exc, extra={"action": "action_failed", "tool": name})
            return f"Error: {exc}."


def _read(arguments: str, function: ActionFunction) -> dict[str, Any]:
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as exc:
        raise BadCall("they are not valid JSON") from exc
    if not isinstance(given, dict):
        raise BadCall("they are not a JSON object")
    read: dict[str, Any] = without_added_nulls(given, function.schema, function.schema)
    return read


def _told(response: HttpResponse) -> str:
    """The answer's text; the status where it is not a success."""
    text = _text(response)
    if response.is_cut:
        text += f"\n[cut after {len(response.content)} bytes]"
    if 200 <= response.status < 300:
        return text
    return f"HTTP {response.status}: {text}" if text else f"HTTP {response.status}"


def _text(response: HttpResponse) -> str:
    kind, _, options = response.content_type.partition(";")
    kind = kind.strip().lower()
    if kind.startswith(("image/", "audio/", "video/", "font/")) or kind in (
        "application/octet-stream",
        "application/pdf",
    ):
        return f"[{len(response.content)} bytes of {kind}]"
    charset = options.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
    try:
        return response.content.decode(charset, errors="replace")
    except LookupError:
        return response.content.decode(errors="replace")
