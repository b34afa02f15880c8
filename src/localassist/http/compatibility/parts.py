"""A row for every field of every request body: honoured, accepted without effect, or known and refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from localassist.objects import chat, chunking, files, store_search, threads, tools, v1
from localassist.objects import run_bodies as runs
from localassist.objects import vector_stores as stores
from localassist.objects.assistants import CreateAssistant, ModifyAssistant
from localassist.objects.base import RequestBody


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes of the fields of a body. `notes` are limits of honoured ones; the others have their reason.

    `refused` are parameters that the hosted API has had, here or in a later version, and that are errors here.
    """

    honoured: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    without_effect: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


_READS_TEXT = "the models read text only; the image is kept and given back, and the model is told that it is there"
_DETAIL = "kept and given back; no model here looks at the image"
_EFFORT = {"reasoning_effort": "where the model's own template has efforts; other models think as they do"}
_LATER = "not honoured, so not accepted: a program that counts on it should learn so at once"
_SETTINGS = (
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
    "reasoning_effort",
)
_SETTINGS_V1 = ("model", "name", "description", "instructions", "tools", "file_ids", "metadata")
_RUN_ONLY = "a parameter of `POST /threads/{thread_id}/runs` alone, as in the hosted API"

_FILE_IDS = {"file_ids": "a parameter of the first version: send `OpenAI-Beta: assistants=v1`"}

PARTS: Final[Mapping[type[RequestBody], Part]] = {
    CreateAssistant: Part(("model", "name", "description", *_SETTINGS), notes=_EFFORT, refused=_FILE_IDS),
    ModifyAssistant: Part(("model", "name", "description", *_SETTINGS), notes=_EFFORT, refused=_FILE_IDS),
    # --- tools ---------------------------------------------------------------------------------------------------
    tools.CodeInterpreterToolBody: Part(("type",)),
    tools.FileSearchToolBody: Part(("type", "file_search")),
    tools.FileSearchOptionsBody: Part(("max_num_results", "ranking_options")),
    tools.RankingOptionsBody: Part(
        ("ranker", "score_threshold", "hybrid_search"), notes={"ranker": "one ranker stands behind both names"}
    ),
    tools.HybridSearchBody: Part(("embedding_weight", "text_weight")),
    tools.FunctionToolBody: Part(("type", "function")),
    tools.FunctionDefinitionBody: Part(
        ("name", "description", "parameters", "strict"),
        notes={"strict": "arguments are generated under the schema; what cannot be enforced is refused"},
    ),
    tools.ToolResourcesBody: Part(("code_interpreter", "file_search")),
    tools.ToolResourcesCreationBody: Part(("code_interpreter", "file_search")),
    tools.CodeInterpreterResourcesBody: Part(("file_ids",)),
    tools.FileSearchResourcesBody: Part(
        ("vector_store_ids",), refused={"vector_stores": "a parameter of creation alone, as in the hosted API"}
    ),
    tools.FileSearchCreationBody: Part(("vector_stores",)),
    tools.VectorStoreHelperBody: Part(("file_ids", "chunking_strategy", "metadata")),
    chunking.AutoChunkingBody: Part(("type",)),
    chunking.StaticChunkingBody: Part(("type", "static")),
    chunking.StaticSizesBody: Part(("max_chunk_size_tokens", "chunk_overlap_tokens")),
    tools.FunctionChoice: Part(("type", "function")),
    tools.NamedFunction: Part(("name",)),
    tools.CodeInterpreterChoice: Part(("type",)),
    tools.FileSearchChoice: Part(("type",)),
    tools.TextFormat: Part(("type",)),
    tools.JsonObjectFormat: Part(("type",)),
    tools.JsonSchemaResponse: Part(("type", "json_schema")),
    tools.JsonSchemaFormat: Part(
        ("name", "json_schema", "strict"),
        without_effect={"description": "given back; the model is held to the schema, and not told about it"},
    ),
    # --- threads and messages ------------------------------------------------------------------------------------
    threads.CreateThread: Part(("messages", "tool_resources", "metadata")),
    threads.ModifyThread: Part(("tool_resources", "metadata")),
    threads.CreateMessage: Part(("role", "content", "attachments", "metadata"), refused=_FILE_IDS),
    threads.ModifyMessage: Part(("metadata",)),
    threads.TextPartBody: Part(("type", "text")),
    threads.ImageUrlPartBody: Part(("type",), without_effect={"image_url": _READS_TEXT}),
    threads.ImageUrlBody: Part((), without_effect={"url": _READS_TEXT, "detail": _DETAIL}),
    threads.ImageFilePartBody: Part(("type",), without_effect={"image_file": _READS_TEXT}),
    threads.ImageFileBody: Part((), without_effect={"file_id": _READS_TEXT, "detail": _DETAIL}),
    threads.AttachmentBody: Part(
        ("file_id", "tools"), notes={"tools": "also as `add_to`, a list of names, the spelling of April 2024"}
    ),
    threads.AttachmentTool: Part(("type",)),
    # --- runs ----------------------------------------------------------------------------------------------------
    runs.RunSettings: Part(
        (
            "assistant_id",
            "model",
            "instructions",
            "tools",
            "metadata",
            "temperature",
            "top_p",
            "stream",
            "max_prompt_tokens",
            "max_completion_tokens",
            "truncation_strategy",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
        )
    ),
    runs.CreateRun: Part(("additional_instructions", "additional_messages", "reasoning_effort"), notes=_EFFORT),
    runs.CreateThreadAndRun: Part(
        ("thread", "tool_resources"),
        refused={
            "additional_instructions": _RUN_ONLY,
            "additional_messages": _RUN_ONLY,
            "reasoning_effort": _RUN_ONLY,
        },
    ),
    runs.TruncationStrategyBody: Part(("type", "last_messages")),
    runs.ModifyRun: Part(("metadata",)),
    runs.SubmitToolOutputs: Part(("tool_outputs", "stream")),
    runs.ToolOutput: Part(("tool_call_id", "output")),
    # --- the first version of the API ----------------------------------------------------------------------------
    v1.CreateAssistantV1: Part(_SETTINGS_V1),
    v1.ModifyAssistantV1: Part(_SETTINGS_V1),
    v1.CreateAssistantFile: Part(("file_id",)),
    v1.RetrievalToolBody: Part(("type",)),
    v1.RetrievalChoice: Part(("type",)),
    v1.CreateThreadV1: Part(("messages", "metadata")),
    v1.ModifyThreadV1: Part(("metadata",)),
    v1.CreateMessageV1: Part(("role", "content", "file_ids", "metadata")),
    # --- files and vector stores ---------------------------------------------------------------------------------
    files.CreateUpload: Part(
        ("filename", "purpose", "bytes", "expires_after"),
        without_effect={"mime_type": "the type of a file is read off its name and its bytes"},
    ),
    files.FileExpiry: Part(("anchor", "seconds")),
    files.CompleteUpload: Part(("part_ids", "md5")),
    stores.CreateVectorStore: Part(
        ("name", "description", "file_ids", "expires_after", "chunking_strategy", "metadata")
    ),
    stores.StoreExpiryBody: Part(("anchor", "days")),
    stores.ModifyVectorStore: Part(("name", "description", "expires_after", "metadata")),
    stores.CreateStoreFile: Part(("file_id", "chunking_strategy", "attributes")),
    stores.ModifyStoreFile: Part(("attributes",)),
    stores.CreateFileBatch: Part(
        ("file_ids", "files", "chunking_strategy", "attributes"),
        notes={
            "chunking_strategy": "beside `file_ids`; entries of `files` have their own",
            "attributes": "beside `file_ids`; entries of `files` have their own",
        },
    ),
    store_search.SearchBody: Part(
        ("query", "rewrite_query", "max_num_results", "filters", "ranking_options"),
        notes={"rewrite_query": "courtesies around the question are left out, by rules and without a model"},
    ),
    store_search.SearchRankingBody: Part(
        ("ranker", "score_threshold", "hybrid_search"),
        notes={"ranker": "`none` leaves out the setting `reranker_model`; the other names stand for one ranker"},
    ),
    # --- chat completions and embeddings -------------------------------------------------------------------------
    chat.ChatCompletionBody: Part(
        (
            "model",
            "messages",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "temperature",
            "top_p",
            "max_tokens",
            "max_completion_tokens",
            "stop",
            "seed",
            "n",
            "response_format",
            "reasoning_effort",
            "stream",
            "stream_options",
        ),
        notes={**_EFFORT, "n": "1 only", "tool_choice": "`none`, `auto`, `required` or a function"},
        without_effect={"user": "there is one user", "metadata": "nothing is stored"},
        refused=dict.fromkeys(
            (
                "audio",
                "frequency_penalty",
                "function_call",
                "functions",
                "logit_bias",
                "logprobs",
                "modalities",
                "prediction",
                "presence_penalty",
                "prompt_cache_key",
                "safety_identifier",
                "service_tier",
                "store",
                "top_logprobs",
                "verbosity",
                "web_search_options",
            ),
            _LATER,
        ),
    ),
    chat.ChatCompletionMessage: Part(
        ("role", "content", "name", "tool_calls", "tool_call_id"),
        notes={"name": "of a tool's output; the name of a user is not shown to the model"},
        without_effect={
            "refusal": "what a model declined before is not shown to it again",
            "reasoning_content": "what a model thought before is not shown to it again",
        },
        refused={"function_call": _LATER, "audio": _LATER},
    ),
    chat.ChatTextPart: Part(("type", "text")),
    chat.ChatCall: Part(("id", "type", "function")),
    chat.ChatCallFunction: Part(("name", "arguments")),
    chat.StreamOptions: Part(("include_usage",), refused={"include_obfuscation": _LATER}),
    chat.EmbeddingBody: Part(
        ("input", "encoding_format", "dimensions"),
        without_effect={
            "model": "given back; the setting `embedding_model` says which model it is",
            "user": "there is one user",
        },
    ),
}
