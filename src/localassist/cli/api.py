"""Requests by path, answers as JSON, over the SDK's client: for objects that are only shown."""

from collections.abc import Iterator
from typing import Any, cast

import openai
from openai import Stream
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
