"""The endpoints that are served, with what their queries and forms take; and those that are not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from localassist.objects import run_bodies as runs
from localassist.objects import v1
from localassist.objects import vector_stores as stores
from localassist.objects.assistants import CreateAssistant, ModifyAssistant
from localassist.objects.base import RequestBody
from localassist.objects.chat import ChatCompletionBody, EmbeddingBody
from localassist.objects.files import CompleteUpload, CreateUpload
from localassist.objects.store_search import SearchBody
from localassist.objects.threads import CreateMessage, CreateThread, ModifyMessage, ModifyThread


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path. Names in `query` and `form` are honoured, each with a note or "".

    `version` is that of the header which has the endpoint, or these parameters of it; "" stands for both versions, the
    second being the table's. `extension` says what an endpoint is for that the hosted API does not have.
    """

    method: str
    path: str
    body: type[RequestBody] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    extension: str = ""
    note: str = ""
    version: Literal["", "v1"] = ""

    @property
    def name(self) -> str:
        suffix = f" (assistants={self.version})" if self.version else ""
        return f"{self.method} /v1{self.path.replace(':path', '')}{suffix}"


CURSORS: Final = {"limit": "1 to 100, default 20", "order": "", "after": "", "before": ""}
FILE_CURSORS: Final = {
    "limit": "1 to 10,000, default 10,000",
    "order": "",
    "after": "",
    "before": "an extension: the hosted list had no `before`",
}
INCLUDE: Final = {"include[]": "also spelled `include`"}
STREAM_INCLUDE: Final = {"include[]": "for the steps of a stream; an answer that is no stream has none"}
STATUS_FILTER: Final = {**CURSORS, "filter": "a status"}

_THREAD, _RUN = "/threads/{thread_id}", "/threads/{thread_id}/runs/{run_id}"
_STORE, _FILE = "/vector_stores/{vector_store_id}", "/vector_stores/{vector_store_id}/files/{file_id}"
_BATCH = f"{_STORE}/file_batches/{{batch_id}}"

_SECOND_VERSION: Final = (
    Endpoint("POST", "/assistants", CreateAssistant),
    Endpoint("GET", "/assistants", query=CURSORS),
    Endpoint("GET", "/assistants/{assistant_id}"),
    Endpoint("POST", "/assistants/{assistant_id}", ModifyAssistant),
    Endpoint("DELETE", "/assistants/{assistant_id}"),
    # threads and messages
    Endpoint("POST", "/threads", CreateThread),
    Endpoint(
        "GET", "/threads", query={**CURSORS, "search": "a text in titles and messages"}, extension="lists threads"
    ),
    Endpoint("GET", _THREAD),
    Endpoint("POST", _THREAD, ModifyThread),
    Endpoint("DELETE", _THREAD),
    Endpoint("POST", f"{_THREAD}/messages", CreateMessage),
    Endpoint("GET", f"{_THREAD}/messages", query={**CURSORS, "run_id": ""}),
    Endpoint("GET", f"{_THREAD}/messages/{{message_id}}"),
    Endpoint("POST", f"{_THREAD}/messages/{{message_id}}", ModifyMessage),
    Endpoint("DELETE", f"{_THREAD}/messages/{{message_id}}"),
    # runs and steps
    Endpoint("POST", "/threads/runs", runs.CreateThreadAndRun),
    Endpoint("POST", f"{_THREAD}/runs", runs.CreateRun, query=STREAM_INCLUDE),
    Endpoint("GET", f"{_THREAD}/runs", query=CURSORS),
    Endpoint("GET", _RUN),
    Endpoint("POST", _RUN, runs.ModifyRun),
    Endpoint("POST", f"{_RUN}/cancel"),
    Endpoint("POST", f"{_RUN}/submit_tool_outputs", runs.SubmitToolOutputs, query=STREAM_INCLUDE),
    Endpoint("GET", f"{_RUN}/steps", query={**CURSORS, **INCLUDE}),
    Endpoint("GET", f"{_RUN}/steps/{{step_id}}", query=INCLUDE),
    Endpoint(
        "GET",
        f"{_RUN}/events",
        query=INCLUDE,
        extension="replays a run's stream and follows it, over `requires_action` as well",
    ),
    Endpoint("GET", "/runs", query={**CURSORS, "status": "one or several"}, extension="lists the runs of all threads"),
    Endpoint("GET", "/runs/{run_id}", extension="a run by its own id alone"),
    # files and uploads
    Endpoint(
        "POST",
        "/files",
        form={
            "file": "at most 512 MB",
            "purpose": "`batch`, `fine-tune` and `evals` files are kept, but nothing here uses them",
            "expires_after[anchor]": "",
            "expires_after[seconds]": "",
        },
    ),
    Endpoint("GET", "/files", query={**FILE_CURSORS, "purpose": ""}),
    Endpoint("GET", "/files/{file_id}"),
    Endpoint("DELETE", "/files/{file_id}"),
    Endpoint("GET", "/files/{file_id}/content"),
    Endpoint("POST", "/uploads", CreateUpload),
    Endpoint("POST", "/uploads/{upload_id}/parts", form={"data": "at most 64 MB"}),
    Endpoint("POST", "/uploads/{upload_id}/complete", CompleteUpload),
    Endpoint("POST", "/uploads/{upload_id}/cancel"),
    # vector stores
    Endpoint("POST", "/vector_stores", stores.CreateVectorStore),
    Endpoint("GET", "/vector_stores", query=CURSORS),
    Endpoint("GET", _STORE),
    Endpoint("POST", _STORE, stores.ModifyVectorStore),
    Endpoint("DELETE", _STORE),
    Endpoint("POST", f"{_STORE}/search", SearchBody),
    Endpoint("POST", f"{_STORE}/files", stores.CreateStoreFile),
    Endpoint("GET", f"{_STORE}/files", query=STATUS_FILTER),
    Endpoint("GET", _FILE),
    Endpoint("POST", _FILE, stores.ModifyStoreFile),
    Endpoint("DELETE", _FILE),
    Endpoint("GET", f"{_FILE}/content"),
    Endpoint("POST", f"{_STORE}/file_batches", stores.CreateFileBatch, note="also as `files_batches`"),
    Endpoint("GET", _BATCH, note="also as `files_batches`"),
    Endpoint("POST", f"{_BATCH}/cancel", note="also as `files_batches`"),
    Endpoint("GET", f"{_BATCH}/files", query=STATUS_FILTER, note="also as `files_batches`"),
    Endpoint("GET", "/index", extension="compares the search index with what is stored"),
    Endpoint("POST", "/index/rebuild", extension="makes the search index again"),
    # models
    Endpoint("GET", "/models"),
    Endpoint("GET", "/models/{model_id:path}"),
    Endpoint("DELETE", "/models/{model_id:path}", note="always refused: only fine-tuned models could be deleted"),
    Endpoint("POST", "/chat/completions", ChatCompletionBody, note="nothing is stored"),
    Endpoint("POST", "/embeddings", EmbeddingBody, note="needs the setting `embedding_model`"),
    # about the server
    Endpoint("GET", "/_compat", extension="this table"),
    Endpoint(
        "POST", "/_transfer/objects", query={"dry_run": "`true` changes nothing"}, extension="`localassist import`"
    ),
    Endpoint(
        "POST", "/_transfer/files/{file_id}", form={"file": ""}, extension="`localassist import`, the bytes of a file"
    ),
    Endpoint("GET", "/_transfer/files/{file_id}", extension="`localassist export`, the bytes of any file"),
)

_FIRST_VERSION: Final = (
    Endpoint("POST", "/assistants", v1.CreateAssistantV1, version="v1"),
    Endpoint("POST", "/assistants/{assistant_id}", v1.ModifyAssistantV1, version="v1"),
    Endpoint("POST", "/assistants/{assistant_id}/files", v1.CreateAssistantFile, version="v1"),
    Endpoint("GET", "/assistants/{assistant_id}/files", query=CURSORS, version="v1"),
    Endpoint("GET", "/assistants/{assistant_id}/files/{file_id}", version="v1"),
    Endpoint("DELETE", "/assistants/{assistant_id}/files/{file_id}", version="v1"),
    Endpoint("POST", "/threads", v1.CreateThreadV1, version="v1"),
    Endpoint("POST", _THREAD, v1.ModifyThreadV1, version="v1"),
    Endpoint("POST", f"{_THREAD}/messages", v1.CreateMessageV1, version="v1"),
    Endpoint("GET", f"{_THREAD}/messages/{{message_id}}/files", query=CURSORS, version="v1"),
    Endpoint("GET", f"{_THREAD}/messages/{{message_id}}/files/{{file_id}}", version="v1"),
    Endpoint("POST", "/threads/runs", v1.CreateThreadAndRunV1, version="v1"),
    Endpoint("POST", f"{_THREAD}/runs", v1.CreateRunV1, version="v1"),
)
ENDPOINTS: Final = (*_SECOND_VERSION, *_FIRST_VERSION)

HEADERS: Final[Mapping[str, tuple[Literal["honoured", "accepted without effect"], str]]] = {
    "OpenAI-Beta": (
        "honoured",
        "picks the version of the API, and is asked for on assistants and threads; Azure's paths have `api-version`",
    ),
    "Authorization": ("honoured", "where API keys are set; without them the server answers this machine only"),
    "api-key": ("honoured", "the same key in Azure's manner"),
    "OpenAI-Organization": ("accepted without effect", "there is one organization here"),
    "OpenAI-Project": ("accepted without effect", "there is one project here"),
    "Idempotency-Key": ("accepted without effect", "as with the hosted API, a repeated POST makes a second object"),
}

NOT_SERVED: Final[Mapping[str, str]] = {
    "/v1/responses": "another API; this one is the Assistants API",
    "/v1/conversations": "belongs to the Responses API",
    "/v1/completions": "use `/v1/chat/completions`",
    "/v1/moderations": "no moderation model comes with it",
    "/v1/audio": "no speech models",
    "/v1/images": "no image models",
    "/v1/videos": "no video models",
    "/v1/batches": "files of the purpose `batch` are kept; nothing runs them",
    "/v1/fine_tuning": "models are files you choose; nothing is trained here",
    "/v1/evals": "not part of the Assistants API",
    "/v1/containers": "the code interpreter keeps a session for each thread",
    "/v1/realtime": "no audio, no WebSocket",
    "/v1/organization": "one user, one machine: no administration",
}
