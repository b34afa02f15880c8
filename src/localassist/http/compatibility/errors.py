"""The error texts: those that programs match on, word for word, and what was decided where no text is on record."""

from dataclasses import dataclass
from typing import Final, Literal

Origin = Literal["recorded", "sibling", "partly", "decided"]


@dataclass(frozen=True, slots=True)
class ErrorText:
    """One situation. `{name}` in a message stands for a value.

    `recorded`: the text is that of the hosted Assistants API. `sibling`: that of its chat completions for the same
    fault. `partly`: some of it was on record. `decided`: it is ours.
    """

    situation: str
    status: int
    param: str | None
    code: str | None
    message: str
    origin: Origin = "recorded"


@dataclass(frozen=True, slots=True)
class NeverRaised:
    """A text of the hosted API for something that does not happen here."""

    situation: str
    message: str
    reason: str


def _missing(kind: str, *, origin: Origin) -> ErrorText:
    return ErrorText(f"{kind} missing", 404, None, None, f"No {kind} found with id '{{id}}'.", origin)


def _wrong_prefix(param: str, prefix: str, *, origin: Origin) -> ErrorText:
    message = f"Invalid '{param}': '{{id}}'. Expected an ID that begins with '{prefix}'."
    return ErrorText(f"{param} of another kind", 400, param, "invalid_value", message, origin)


ERRORS: Final = (
    # --- who asks, and for what ----------------------------------------------------------------------------------
    ErrorText(
        "no beta header",
        400,
        None,
        "invalid_beta",
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the "
        "header 'OpenAI-Beta: assistants=v2'.",
    ),
    ErrorText(
        "wrong key",
        401,
        None,
        "invalid_api_key",
        "Incorrect API key provided: {masked}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
    ),
    ErrorText(
        "no key",
        401,
        None,
        None,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing "
        "the API from your browser and are prompted for a username and password. You can obtain an API key from "
        "https://platform.openai.com/account/api-keys.",
        "partly",
    ),
    ErrorText(
        "another site's page, or another host name, without keys",
        403,
        None,
        None,
        "The host name '{host}' is not served here. Use 127.0.0.1 or localhost, or add the name to allowed_hosts.",
        "decided",
    ),
    ErrorText("unknown route", 404, None, None, "Invalid URL ({method} {path})"),
    # --- what is not there ---------------------------------------------------------------------------------------
    _missing("assistant", origin="recorded"),
    _missing("thread", origin="partly"),
    _missing("message", origin="decided"),
    _missing("run", origin="decided"),
    _missing("run step", origin="decided"),
    _missing("vector store", origin="recorded"),
    _missing("file batch", origin="decided"),
    _missing("upload", origin="decided"),
    ErrorText(
        "file missing in a vector store",
        404,
        None,
        None,
        "No file found with id '{id}' in vector store '{store}'.",
        "partly",
    ),
    ErrorText("file missing (with `detail`)", 404, "id", None, "No such File object: {id}"),
    ErrorText(
        "attached files missing", 400, "attachments", None, "Files ['{id}'] are invalid: they were not found", "partly"
    ),
    ErrorText("cursor missing", 400, "after", None, "No assistant found with id '{id}'.", "decided"),
    _wrong_prefix("thread_id", "thread", origin="recorded"),
    _wrong_prefix("assistant_id", "asst", origin="recorded"),
    _wrong_prefix("run_id", "run", origin="decided"),
    _wrong_prefix("message_id", "msg", origin="decided"),
    _wrong_prefix("step_id", "step", origin="decided"),
    _wrong_prefix("vector_store_id", "vs", origin="decided"),
    _wrong_prefix("batch_id", "vsfb", origin="decided"),
    _wrong_prefix("upload_id", "upload", origin="decided"),
    ErrorText(
        "model missing, on objects",
        400,
        "model",
        "model_not_found",
        "The requested model '{id}' does not exist.",
        "decided",
    ),
    ErrorText("model missing, on models", 404, "model", "model_not_found", "The model '{id}' does not exist"),
    ErrorText("model to delete", 400, "model", None, "The model '{id}' cannot be deleted over the API.", "decided"),
    # --- the state of things -------------------------------------------------------------------------------------
    ErrorText("message during a run", 400, None, None, "Can't add messages to {thread} while a run {run} is active."),
    ErrorText("run during a run", 400, None, None, "Thread {thread} already has an active run {run}."),
    ErrorText("outputs in another status", 400, None, None, 'Runs in status "{status}" do not accept tool outputs.'),
    ErrorText("outputs incomplete", 400, None, None, "Expected tool outputs for call_ids ['{a}', '{b}'], got ['{a}']"),
    ErrorText("cancel after the end", 400, None, None, "Cannot cancel run with status '{status}'."),
    ErrorText("expired vector store", 400, None, None, "Vector store '{store}' has expired"),
    ErrorText(
        "upload that is not pending",
        400,
        None,
        None,
        "Upload {id} has status '{status}'; only a pending upload can be changed.",
        "decided",
    ),
    # --- files ---------------------------------------------------------------------------------------------------
    ErrorText(
        "file of a type that cannot be searched",
        400,
        "file_ids",
        "unsupported_file",
        "Files with extensions [{extension}] are not supported for retrieval. "
        "See https://platform.openai.com/docs/assistants/tools/file-search/supported-files",
    ),
    ErrorText(
        "download of a private purpose (with `detail`)",
        400,
        None,
        None,
        "Not allowed to download files of purpose: {purpose}",
    ),
    ErrorText(
        "bad purpose (with `detail`)",
        400,
        "purpose",
        None,
        "'{purpose}' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - 'purpose'",
    ),
    # --- settings that exclude each other ------------------------------------------------------------------------
    ErrorText(
        "JSON mode beside a hosted tool",
        400,
        "response_format",
        None,
        "Invalid tools: all tools must be of type `function` when `response_format` is of type `{kind}`.",
        "recorded",
    ),
    ErrorText(
        "tool choice without its tool",
        400,
        "tool_choice",
        None,
        "Invalid value for 'tool_choice': no function named '{name}' was specified in the 'tools' parameter.",
        "decided",
    ),
    # --- validation ----------------------------------------------------------------------------------------------
    ErrorText(
        "unknown key",
        400,
        "{key}",
        "unknown_parameter",
        "Unknown parameter: '{key}'.",
        "sibling",
    ),
    ErrorText("missing", 400, "{key}", "missing_required_parameter", "Missing required parameter: '{key}'."),
    ErrorText(
        "wrong enum",
        400,
        "tools[0].type",
        "invalid_value",
        "Invalid value: '{given}'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
    ),
    ErrorText(
        "wrong type",
        400,
        "messages",
        "invalid_type",
        "Invalid type for 'messages': expected an array of objects, but got a string instead.",
        "sibling",
    ),
    ErrorText(
        "wrong type of two",
        400,
        "content",
        "invalid_type",
        "Invalid type for 'content': expected one of a string or array of objects, but got an integer instead.",
        "sibling",
    ),
    ErrorText(
        "string too long",
        400,
        "content",
        "string_above_max_length",
        "Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with "
        "length {length} instead.",
    ),
    ErrorText(
        "empty string",
        400,
        "content",
        "empty_string",
        "Invalid 'content': empty string. Expected a string with minimum length 1, but got an empty string instead.",
        "sibling",
    ),
    ErrorText(
        "array too long",
        400,
        "tools",
        "array_above_max_length",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length "
        "{length} instead.",
        "sibling",
    ),
    ErrorText(
        "empty array",
        400,
        "content",
        "empty_array",
        "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "sibling",
    ),
    ErrorText(
        "integer too large",
        400,
        "limit",
        "integer_above_max_value",
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got {given} instead.",
        "sibling",
    ),
    ErrorText(
        "integer too small",
        400,
        "max_prompt_tokens",
        "integer_below_min_value",
        "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256, but got {given} instead.",
        "sibling",
    ),
    ErrorText(
        "decimal too large",
        400,
        "temperature",
        "decimal_above_max_value",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got {given} instead.",
        "sibling",
    ),
    ErrorText(
        "decimal too small",
        400,
        "top_p",
        "decimal_below_min_value",
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got {given} instead.",
        "sibling",
    ),
    ErrorText(
        "metadata count",
        400,
        "metadata",
        "object_above_max_properties",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
        "with {count} properties instead.",
        "sibling",
    ),
    ErrorText(
        "metadata key",
        400,
        "metadata.{key}",
        "property_name_above_max_length",
        "Invalid property name in 'metadata': '{start}...{end}' is too long. Expected a string with maximum length "
        "64, but got a string with length {length} instead.",
        "sibling",
    ),
    ErrorText(
        "metadata value",
        400,
        "metadata.{key}",
        "string_above_max_length",
        "Invalid 'metadata.{key}': string too long. Expected a string with maximum length 512, but got a string with "
        "length {length} instead.",
        "sibling",
    ),
    ErrorText(
        "metadata value type",
        400,
        "metadata.{key}",
        "invalid_type",
        "Invalid type for 'metadata.{key}': expected a string, but got an integer instead.",
        "sibling",
    ),
    ErrorText(
        "repeated query key",
        400,
        "limit",
        "duplicate_parameter",
        "Duplicate parameter: 'limit'. You provided multiple values for this parameter, whereas only one is allowed. "
        "If you are trying to provide a list of values, use the array syntax instead e.g. 'limit[]=<value>'.",
        "partly",
    ),
    ErrorText(
        "body that is no JSON",
        400,
        None,
        None,
        "We could not parse the JSON body of your request. ({reason})",
        "decided",
    ),
    ErrorText(
        "body that is no object",
        400,
        None,
        "invalid_type",
        "Invalid type for request body: expected an object, but got an array instead.",
        "decided",
    ),
    ErrorText(
        "two forms of one thing",
        400,
        "file_ids",
        "mutually_exclusive_parameters",
        "Mutually exclusive parameters: 'file_ids' and 'files'. Give one of them.",
        "decided",
    ),
)

NEVER_RAISED: Final = (
    NeverRaised(
        "model of another API",
        "The requested model '…' cannot be used with the Assistants API.",
        "every chat model can be used, under every version of the header",
    ),
    NeverRaised(
        "rate limit, quota",
        "HTTP 429, `rate_limit_exceeded`, `insufficient_quota`",
        "requests wait for the model; SDKs would repeat refused ones",
    ),
    NeverRaised(
        "last_error of a run",
        "Sorry, something went wrong.",
        "`last_error.message` says what went wrong, and what helps",
    ),
    NeverRaised(
        "image that cannot be read",
        "Invalid message content: Expected file type to be a supported format…, Expected url to end in a supported "
        "format…",
        "images are kept and not looked at, so none is refused",
    ),
    NeverRaised(
        "validation in the words of 2023",
        "1 validation error for Request…",
        "both versions of the header get the later words",
    ),
    NeverRaised("Azure without retrieval", "Retrieval tools are not supported.", "file search works on Azure's paths"),
)
