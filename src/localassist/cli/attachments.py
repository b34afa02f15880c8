"""Files given to a chat: uploaded, and put into the next message in the form in which this version can read them."""

from pathlib import Path
from typing import Any, NamedTuple

import openai

from localassist.errors import InvalidRequest
from localassist.objects.file_types import is_searchable

IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
MAX_TEXT_BYTES = 64 * 1024


class GivenFile(NamedTuple):
    """A file as parts of a message. `note` says what the model will see of it; one that is searched needs the tool."""

    parts: list[Any]
    attachments: list[Any]
    note: str
    is_searched: bool = False


def give(client: openai.OpenAI, path: Path) -> GivenFile:
    """Upload a file. Raises InvalidRequest when it cannot be read."""
    path = path.expanduser()
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InvalidRequest(f"The file {path} cannot be read: {exc.strerror}.") from exc
    if path.suffix.lower() in IMAGES:
        stored = client.files.create(file=(path.name, data), purpose="vision")
        return GivenFile([{"type": "image_file", "image_file": {"file_id": stored.id}}], [], f"{path.name}: an image")
    stored = client.files.create(file=(path.name, data), purpose="assistants")
    tools = [{"type": "code_interpreter"}]
    attachments: list[Any] = [{"file_id": stored.id, "tools": tools}]
    text = _as_text(data)
    if text is None and is_searchable(path.name):
        tools.append({"type": "file_search"})
        return GivenFile([], attachments, f"{path.name}: attached; the model can search it", is_searched=True)
    if text is None:
        return GivenFile([], attachments, f"{path.name}: attached; the model sees its name, not its content")
    part = {"type": "text", "text": f"The file {path.name}:\n\n{text}"}
    return GivenFile([part], attachments, f"{path.name}: attached, with its text")


def _as_text(data: bytes) -> str | None:
    """The text of a small text file."""
    if len(data) > MAX_TEXT_BYTES or b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
