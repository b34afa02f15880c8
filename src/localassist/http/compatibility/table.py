"""The table unfolded: a row for every parameter of every endpoint, with the paths that requests use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from localassist.http.compatibility.endpoints import ENDPOINTS, HEADERS, NOT_SERVED, Endpoint
from localassist.http.compatibility.errors import ERRORS
from localassist.http.compatibility.parts import PARTS, Part
from localassist.objects.base import RequestBody

Status = Literal["honoured", "accepted without effect", "refused"]


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter of an endpoint. `path` is written as errors name it, `[]` for the elements of an array."""

    endpoint: Endpoint
    place: Literal["body", "query", "form"]
    path: str
    status: Status
    note: str


def rows() -> list[Row]:
    """All parameters of all endpoints."""
    return [row for endpoint in ENDPOINTS for row in endpoint_rows(endpoint)]


def endpoint_rows(endpoint: Endpoint) -> Iterator[Row]:
    """The parameters of one endpoint; alternatives of a union that share a path share a row."""
    for name, note in endpoint.query.items():
        yield Row(endpoint, "query", name, "honoured", note)
    for name, note in endpoint.form.items():
        yield Row(endpoint, "form", name, "honoured", note)
    if endpoint.body is not None:
        seen: dict[str, Row] = {}
        for path, status, note in _fields(endpoint.body, ""):
            if path not in seen or (note and not seen[path].note):
                seen[path] = Row(endpoint, "body", path, status, note)
        yield from seen.values()


def _fields(kind: type[RequestBody], prefix: str) -> Iterator[tuple[str, Status, str]]:
    for name, field in kind.model_fields.items():
        status, note = verdict(kind, name)
        path = f"{prefix}{field.alias or name}"
        yield path, status, note
        for inner, brackets in bodies_in(field.annotation):
            yield from _fields(inner, f"{path}{brackets}.")
    for name, note in _refused(kind).items():
        yield f"{prefix}{name}", "refused", note


def verdict(kind: type[RequestBody], name: str) -> tuple[Status, str]:
    """What the table says of a field of a request body. Raises LookupError where it says nothing."""
    for part in _parts_of(kind):
        if name in part.without_effect:
            return "accepted without effect", part.without_effect[name]
        if name in part.honoured:
            return "honoured", part.notes.get(name, "")
    raise LookupError(f"{kind.__name__}.{name} has no row in the table of compatibility")


def _refused(kind: type[RequestBody]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _parts_of(kind):
        found |= {name: note for name, note in part.refused.items() if name not in kind.model_fields}
    return found


def _parts_of(kind: type[RequestBody]) -> Iterator[Part]:
    return (PARTS[ancestor] for ancestor in kind.__mro__ if ancestor in PARTS)


def bodies_in(annotation: Any, brackets: str = "") -> Iterator[tuple[type[RequestBody], str]]:
    """The request bodies in a field's annotation, each with `[]` for every array around it."""
    if isinstance(annotation, type) and issubclass(annotation, RequestBody):
        yield annotation, brackets
    elif get_origin(annotation) is list:
        yield from bodies_in(get_args(annotation)[0], f"{brackets}[]")
    elif get_origin(annotation) is not dict:
        for member in get_args(annotation):
            yield from bodies_in(member, brackets)


def report() -> dict[str, Any]:
    """The whole table as JSON, for `GET /_compat`."""
    headers = [_parameter_data("*", "header", name, *said) for name, said in HEADERS.items()]
    unserved = [{"endpoint": path, "status": "not served", "note": note} for path, note in NOT_SERVED.items()]
    return {
        "object": "localassist.compatibility",
        "parameters": [
            *headers,
            *(_parameter_data(row.endpoint.name, row.place, row.path, row.status, row.note) for row in rows()),
        ],
        "endpoints": [*map(_endpoint_data, ENDPOINTS), *unserved],
        "errors": [
            {
                "situation": error.situation,
                "status": error.status,
                "param": error.param,
                "code": error.code,
                "message": error.message,
                "origin": error.origin,
            }
            for error in ERRORS
        ],
    }


def _parameter_data(endpoint: str, place: str, name: str, status: Status, note: str) -> dict[str, Any]:
    return {"endpoint": endpoint, "in": place, "parameter": name, "status": status, "note": note or None}


def _endpoint_data(endpoint: Endpoint) -> dict[str, Any]:
    status = "extension" if endpoint.extension else "served"
    return {"endpoint": endpoint.name, "status": status, "note": endpoint.extension or endpoint.note or None}
