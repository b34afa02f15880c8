"""Requests by path, answers as JSON, over the SDK's client: for objects that are only shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import openai
from openai import Stream
from openai._legacy_response import HttpxBinaryResponseContent
from openai.types.beta import AssistantStreamEvent

BETA = {"OpenAI-Beta": "assistants=v2"}

Json = dict[str, Any]


class Api:
    """Thin on purpose: paths and fields are the API's own."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._client = client

    def get(self, path: str, **query: Any) -> Json:
        return cast(Json, self._client.get(path, cast_to=object, options={"params": query, "headers": BETA}))

    def post(self, path: str, body: Json | None = None) -> Json:
        return cast(Json, self._client.post(path, cast_to=object, body=body or {}, options={"headers": BETA}))

    def delete(self, path: str) -> Json:
        return cast(Json, self._client.delete(path, cast_to=object, options={"headers": BETA}))

    def page_through(self, path: str, *, limit: int, **query: Any) -> list[Json]:
        """The first `limit` objects of a list, over as many pages as it takes."""
        found: list[Json] = []
        while len(found) < limit:
            page = self.get(path, limit=min(100, limit - len(found)), **query)
            found += page["data"]
            if not page["has_more"]:
                break
            query["after"] = page["last_id"]
        return found

    def events(self, path: str) -> Iterator[AssistantStreamEvent]:
        """The events of a stream."""
        kind = Stream[AssistantStreamEvent]
        with self._client.get(path, cast_to=object, options={"headers": BETA}, stream=True, stream_cls=kind) as stream:
            yield from stream

    def content(self, file_id: str) -> bytes:
        return self._client.files.content(file_id).read()

    def upload(self, path: Any, purpose: Any) -> Json:
        return self._client.files.create(file=path, purpose=purpose).model_dump(mode="json")

    @property
    def base_url(self) -> str:
        return str(self._client.base_url)

    def send_bytes(self, path: str, file: Path, *, name: str) -> None:
        """Send a file to a path of its own, in a form."""
        with file.open("rb") as source:
            options: Any = {"headers": {**BETA, "Content-Type": "multipart/form-data"}}
            self._client.post(path, cast_to=object, body={}, files={"file": (name, source)}, options=options)

    def save_bytes(self, path: str, target: Path) -> None:
        """Write what a path answers to a file."""
        response = self._client.get(path, cast_to=HttpxBinaryResponseContent, options={"headers": BETA})
        response.write_to_file(target)
