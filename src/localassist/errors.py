"""The errors of localassist.

    LocalAssistError
    ├── RequestError            the caller can fix it
    │   ├── InvalidRequest      a value, a parameter or a combination is not acceptable
    │   ├── NotFound            no object has this id
    │   ├── Conflict            the object's present state forbids the call (thread lock, wrong run status)
    │   ├── AuthenticationFailed  the API key is missing or wrong
    │   └── PermissionRefused   the server refuses this caller (host or origin)
    └── BackendError            the environment failed
        ├── ModelLoadFailed     a model file cannot be used
        │   └── NotEnoughMemory the model needs more memory than there is
        ├── ContextLengthExceeded  a prompt does not fit the model's context window
        ├── GenerationFailed    the inference engine failed while generating
        ├── InterpreterUnavailable  nothing can run the model's code here
        ├── RetrievalFailed     files cannot be searched
        ├── StoreFailed         the database or a blob cannot be read or written
        ├── DataDirectoryInUse  another engine owns the data directory
        ├── DownloadFailed      a model cannot be fetched from the hub
        └── MissingExtra        an optional part is not installed

HTTP status codes are not here: `http/errors.py` looks them up along the class hierarchy.
"""


class LocalAssistError(Exception):
    """localassist failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message is not None else type(self).__doc__)

    @property
    def message(self) -> str:
        return str(self)


class RequestError(LocalAssistError):
    """The request cannot be carried out."""

    type = "invalid_request_error"

    def __init__(self, message: str | None = None, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class InvalidRequest(RequestError):
    """The request is not valid."""


class NotFound(RequestError):
    """No such object."""

    @classmethod
    def of(cls, kind: str, object_id: str) -> "NotFound":
        """The error for a well-formed id that names nothing; `kind` is the word of the contract ("thread")."""
        return cls(f"No {kind} found with id '{object_id}'.")


class FileNotFound(NotFound):
    """No such File object."""

    def __init__(self, file_id: str) -> None:
        super().__init__(f"No such File object: {file_id}", param="id")


class Conflict(RequestError):
    """The object is not in a state that allows this."""


class AuthenticationFailed(RequestError):
    """The API key is missing or wrong."""


class PermissionRefused(RequestError):
    """The server refuses this caller."""


class BackendError(LocalAssistError):
    """A part of the engine failed."""

    type = "server_error"


class ModelLoadFailed(BackendError):
    """The model cannot be loaded."""


class NotEnoughMemory(ModelLoadFailed):
    """There is not enough memory for the model."""


class ContextLengthExceeded(BackendError):
    """The prompt does not fit the model's context window."""


class GenerationFailed(BackendError):
    """The inference engine failed while generating."""


class InterpreterUnavailable(BackendError):
    """Nothing can run the model's code here."""


class RetrievalFailed(BackendError):
    """Files cannot be searched."""


class StoreFailed(BackendError):
    """The store failed."""


class DataDirectoryInUse(BackendError):
    """Another engine is using the data directory."""


class DownloadFailed(BackendError):
    """The model cannot be downloaded."""


class MissingExtra(BackendError):
    """An optional part of localassist is not installed."""

    @classmethod
    def of(cls, feature: str, extra: str) -> "MissingExtra":
        return cls(f"{feature} needs an optional part. Install it with: pip install 'localassist[{extra}]'")
