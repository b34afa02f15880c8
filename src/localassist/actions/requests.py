"""Arguments as an HTTP request: parameters in their styles, the body in its media type, credentials where they go."""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from localassist.actions.document import Parameter, is_json
from localassist.actions.functions import ActionFunction

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_UNSAFE_IN_HEADER = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class BadCall(ValueError):
    """The arguments cannot be sent; the message is for the model."""


@dataclass(slots=True)
class HttpRequest:
    """A request. `secret_headers` and `secret_query` are credentials: they never go to another host."""

    method: str
    url: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    secret_headers: dict[str, str] = field(default_factory=dict)
    secret_query: list[tuple[str, str]] = field(default_factory=list)


def build_request(function: ActionFunction, arguments: Mapping[str, Any]) -> HttpRequest:
    """Raises BadCall when an argument is missing, unknown, or cannot travel where it has to."""
    _check_names(function, arguments)
    operation = function.operation
    path = operation.path
    request = HttpRequest(operation.method, "", headers={"Accept": "application/json, text/*;q=0.9, */*;q=0.1"})
    cookies = []
    for key, parameter in function.parameters.items():
        if key not in arguments:
            continue
        value = arguments[key]
        match parameter.location:
            case "path":
                path = path.replace(f"{{{parameter.name}}}", _path_text(key, value, parameter))
            case "query":
                request.query += _query_pairs(value, parameter)
            case "header":
                request.headers[_header_name(parameter.name)] = _header_text(key, _simple(value, parameter))
            case _:
                cookies.append(f"{quote(parameter.name)}={quote(_simple(value, parameter))}")
    if cookies:
        request.headers["Cookie"] = "; ".join(cookies)
    request.url = operation.server + path
    _add_body(request, function, arguments)
    return request


def add_credentials(
    request: HttpRequest, function: ActionFunction, schemes: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> None:
    """Put the secrets of the first alternative that is complete where its security schemes want them."""
    chosen = next((names for names in function.operation.security if names and all(n in given for n in names)), ())
    for name in chosen:
        scheme, secret = schemes.get(name, {}), given[name]
        if scheme.get("type") != "apiKey":
            is_basic = str(scheme.get("scheme", "bearer")).lower() == "basic"
            text = base64.b64encode(secret.encode()).decode() if is_basic else secret
            request.secret_headers["Authorization"] = f"{'Basic' if is_basic else 'Bearer'} {text}"
        elif scheme.get("in") == "query":
            request.secret_query.append((str(scheme.get("name")), secret))
        elif scheme.get("in") == "cookie":
            others = request.secret_headers.get("Cookie") or request.headers.get("Cookie")
            cookie = f"{scheme.get('name')}={secret}"
            request.secret_headers["Cookie"] = f"{others}; {cookie}" if others else cookie
        else:
            request.secret_headers[str(scheme.get("name"))] = secret


def _check_names(function: ActionFunction, arguments: Mapping[str, Any]) -> None:
    missing = next((name for name in function.schema["required"] if name not in arguments), None)
    if missing is not None:
        raise BadCall(f"the argument '{missing}' is required")
    unknown = next((name for name in arguments if name not in function.schema["properties"]), None)
    if unknown is not None:
        raise BadCall(f"there is no argument '{unknown}'")


# --- parameters ---------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    """A scalar as it stands in a URL; anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _simple(value: Any, parameter: Parameter) -> str:
    if parameter.media_type is not None:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    if isinstance(value, dict):
        joint = "=" if parameter.explode else ","
        return ",".join(f"{name}{joint}{_text(item)}" for name, item in value.items())
    return _text(value)


def _path_text(key: str, value: Any, parameter: Parameter) -> str:
    """One segment: it can neither end the segment nor climb out of it."""
    text = _simple(value, parameter)
    if text in ("", ".", ".."):
        raise BadCall(f"the argument '{key}' cannot be {text!r}: it is a part of the path")
    return quote(text, safe=",")


def _query_pairs(value: Any, parameter: Parameter) -> list[tuple[str, str]]:
    name = parameter.name
    if parameter.media_type is None and isinstance(value, dict):
        if parameter.style == "deepObject":
            return [(f"{name}[{key}]", _text(item)) for key, item in value.items()]
        if parameter.explode:
            return [(key, _text(item)) for key, item in value.items()]
    if parameter.media_type is None and isinstance(value, list):
        if parameter.explode:
            return [(name, _text(item)) for item in value]
        return [(name, _DELIMITERS.get(parameter.style, ",").join(_text(item) for item in value))]
    return [(name, _simple(value, parameter))]


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise BadCall(f"'{name}' is no name of a header")
    return name


def _header_text(key: str, text: str) -> str:
    if _UNSAFE_IN_HEADER.search(text):
        raise BadCall(f"the argument '{key}' has characters that a header cannot have")
    return text


# --- body ---------------------------------------------------------------------------------------------------------


def _add_body(request: HttpRequest, function: ActionFunction, arguments: Mapping[str, Any]) -> None:
    body = function.operation.body
    if body is None:
        return
    if function.body_argument is not None:
        if function.body_argument not in arguments:
            return
        value = arguments[function.body_argument]
    else:
        value = {name: arguments[key] for key, name in function.body_members.items() if key in arguments}
        if not value and not body.is_required:
            return
    request.headers["Content-Type"], request.body = _encoded(value, body.media_type)


def _encoded(value: Any, media_type: str) -> tuple[str, bytes]:
    plain = media_type.split(";", maxsplit=1)[0].strip().lower()
    if is_json(plain):
        kind = media_type if plain != "*/*" else "application/json"
        return kind, json.dumps(value, ensure_ascii=False).encode()
    if plain == "application/x-www-form-urlencoded" and isinstance(value, dict):
        pairs = [(k, _text(item)) for k, v in value.items() for item in (v if isinstance(v, list) else [v])]
        return plain, urlencode(pairs).encode()
    if plain == "multipart/form-data" and isinstance(value, dict):
        boundary = secrets.token_hex(16)
        parts = "".join(_part(boundary, name, _text(item)) for name, item in value.items())
        return f"{plain}; boundary={boundary}", f"{parts}--{boundary}--\r\n".encode()
    return media_type, _text(value).encode()


def _part(boundary: str, name: str, text: str) -> str:
    quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{quoted}"\r\n\r\n{text}\r\n'
