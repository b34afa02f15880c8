"""Reads an OpenAPI 3.x document: its operations, with local references resolved."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from localassist.errors import InvalidRequest
from localassist.objects.strict_adaptation import resolve_pointer
from localassist.objects.strict_schema import SchemaFault

METHODS = ("get", "put", "post", "delete", "patch", "head")
MAX_REFERENCES = 20  # one leading to the next


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value outside the body. `media_type` is set where the value travels as a serialised document."""

    name: str
    location: str  # path, query, header or cookie
    schema: Any
    is_required: bool
    description: str | None
    style: str
    explode: bool
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A request body in the one media type that is used."""

    media_type: str
    schema: Any
    is_required: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the document has it."""

    operation_id: str
    description: str | None
    method: str
    path: str
    server: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    security: tuple[tuple[str, ...], ...]  # alternatives, each the names of the security schemes it needs
    is_strict: bool


class Document:
    """An OpenAPI document. Raises InvalidRequest, naming the place, where it cannot be used."""

    def __init__(self, document: Mapping[str, Any], *, base_url: str | None = None) -> None:
        version = str(document.get("openapi", ""))
        if not version.startswith("3."):
            found = f"version {version!r}" if version else "no 'openapi' key"
            raise InvalidRequest(f"The document is not OpenAPI 3.x: it has {found}.", param="document")
        self.root = document
        self._base_url = base_url

    def operations(self) -> Iterator[Operation]:
        for path, item in _mapping(self.root.get("paths", {}), "paths").items():
            resolved = self.resolved(item, f"paths.{path}")
            for method in METHODS:
                if method in resolved:
                    yield self._operation(path, method, resolved)

    def servers(self) -> list[str]:
        """Every server the document names anywhere."""
        return [operation.server for operation in self.operations()]

    def security_schemes(self) -> dict[str, Mapping[str, Any]]:
        schemes = _mapping(self._components().get("securitySchemes", {}), "components.securitySchemes")
        return {name: self.resolved(scheme, f"securitySchemes.{name}") for name, scheme in schemes.items()}

    def resolved(self, value: Any, where: str) -> Mapping[str, Any]:
        """The object that a reference, or a chain of them, leads to."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(value, Mapping) or "$ref" not in value:
                return _mapping(value, where)
            try:
                value = resolve_pointer(self.root, value["$ref"])
            except SchemaFault as exc:
                raise InvalidRequest(f"In the document, at {where}: {exc.message}", param="document") from exc
        raise InvalidRequest(f"In the document, at {where}: the reference leads back to itself.", param="document")

    def _components(self) -> Mapping[str, Any]:
        return _mapping(self.root.get("components", {}), "components")

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        where = f"paths.{path}.{method}"
        operation = _mapping(item[method], where)
        texts = [operation.get("summary"), operation.get("description")]
        description = "\n\n".join(text.strip() for text in texts if isinstance(text, str) and text.strip())
        security = operation.get("security", self.root.get("security", ()))
        return Operation(
            operation_id=str(operation.get("operationId") or f"{method}{path}"),
            description=description or None,
            method=method.upper(),
            path=path,
            server=self._server(operation, item, where),
            parameters=tuple(self._parameters(operation, item, where)),
            body=self._body(operation, where),
            security=tuple(tuple(choice) for choice in security),
            is_strict=operation.get("x-strict") is True,
        )

    def _server(self, operation: Mapping[str, Any], item: Mapping[str, Any], where: str) -> str:
        servers = operation.get("servers") or item.get("servers") or self.root.get("servers") or [{"url": "/"}]
        server = _mapping(servers[0], f"{where}.servers")
        variables = _mapping(server.get("variables", {}), f"{where}.servers.variables")
        url = str(server.get("url", ""))
        for name, variable in variables.items():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        url = urljoin(self._base_url, url) if self._base_url else url
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise InvalidRequest(
                f"The server {url!r} of the document is no http(s) URL. Give base_url= to say where it is.",
                param="document",
            )
        return url.rstrip("/")

    def _parameters(self, operation: Mapping[str, Any], item: Mapping[str, Any], where: str) -> list[Parameter]:
        """The path's parameters and the operation's, which take the place of those with the same name."""
        found: dict[tuple[str, str], Parameter] = {}
        for given in [*item.get("parameters", ()), *operation.get("parameters", ())]:
            parameter = self._parameter(self.resolved(given, f"{where}.parameters"), where)
            is_ignored = parameter.location == "header" and parameter.name.lower() in _NOT_PARAMETERS
            if not is_ignored:
                found[parameter.name, parameter.location] = parameter
        named = {name for name, location in found if location == "path"}
        for name in re.findall(r"\{([^}]+)\}", where.removeprefix("paths.")):
            if name not in named:
                found[name, "path"] = Parameter(name, "path", {"type": "string"}, True, None, "simple", False)
        return list(found.values())

    def _parameter(self, given: Mapping[str, Any], where: str) -> Parameter:
        name, location = given.get("name"), given.get("in")
        if not isinstance(name, str) or location not in _STYLES:
            raise InvalidRequest(f"In the document, at {where}: a parameter lacks a valid 'name' or 'in'.")
        media_type, schema = None, given.get("schema", {"type": "string"})
        if "content" in given:
            media_type = next(iter(_mapping(given["content"], where)), None)
            schema = _mapping(given["content"].get(media_type, {}), where).get("schema", {})
        style = given.get("style", _STYLES[location])
        return Parameter(
            name=name,
            location=location,
            schema=schema,
            is_required=location == "path" or given.get("required") is True,
            description=given.get("description"),
            style=style,
            explode=given.get("explode", style == "form"),
            media_type=media_type,
        )

    def _body(self, operation: Mapping[str, Any], where: str) -> Body | None:
        if "requestBody" not in operation:
            return None
        body = self.resolved(operation["requestBody"], f"{where}.requestBody")
        content = _mapping(body.get("content", {}), f"{where}.requestBody.content")
        if not content:
            return None
        media_type = min(content, key=_preference)
        schema = _mapping(content[media_type], where).get("schema", {})
        return Body(media_type, schema, body.get("required") is True, body.get("description"))


class _Preferred(NamedTuple):
    rank: int
    name: str


def _preference(media_type: str) -> _Preferred:
    known = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    if is_json(plain):
        return _Preferred(0, plain)
    return _Preferred(known.index(plain) if plain in known else len(known), plain)


def is_json(media_type: str) -> bool:
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    return plain in ("application/json", "*/*") or plain.endswith("+json")


_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_NOT_PARAMETERS = (
    "accept",
    "content-type",
    "authorization",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"In the document, at {where}: expected an object.", param="document")
    return value
