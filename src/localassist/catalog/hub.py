"""What the hub is asked: a file's identity, and its bytes from a place on. Speaks through huggingface_hub."""

import importlib
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from localassist.config import Config, prepare_hub
from localassist.errors import DownloadFailed

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file on the hub, at one commit. `sha256` is None where the hub publishes none."""

    repository: str
    file: str
    commit: str
    etag: str
    size_bytes: int

    @property
    def sha256(self) -> str | None:
        return self.etag if _SHA256.fullmatch(self.etag) else None


class Hub:
    """A connection to the configured hub. Every error of it is a DownloadFailed with a remedy."""

    def __init__(self, config: Config) -> None:
        prepare_hub(config.hub_url)
        self._url = config.hub_url.rstrip("/")
        is_own = config.hub_token is None and self._url != "https://huggingface.co"
        self._token: str | bool | None = False if is_own else config.hub_token  # a stored token is for its own hub
        _silence()

    def look_up(self, repository: str, file: str, revision: str) -> RemoteFile:
        from huggingface_hub import get_hf_file_metadata

        with _as_download_failed(self._url, repository, file, revision):
            about = get_hf_file_metadata(self._address(repository, file, revision), token=self._token)
        if about.size is None or not about.etag:
            raise DownloadFailed(f"{self._url} does not say how large {repository}:{file} is. Try again later.")
        return RemoteFile(repository, file, about.commit_hash or revision, about.etag.lower(), about.size)

    def fetch(self, remote: RemoteFile, into: BinaryIO, *, have_bytes: int) -> bool:
        """Write the bytes from `have_bytes` on; False when the connection broke on the way."""
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        address = self._address(remote.repository, remote.file, remote.commit)
        headers = build_hf_headers(token=self._token)
        with _as_download_failed(self._url, remote.repository, remote.file, remote.commit):
            try:
                http_get(
                    address,
                    into,
                    resume_size=have_bytes,
                    headers=headers,
                    expected_size=remote.size_bytes,
                    _nb_retries=0,
                )
            except _transport_errors() as exc:
                if getattr(exc, "response", None) is not None:  # an answer, and no broken connection
                    raise
                return False
        return True

    def _address(self, repository: str, file: str, revision: str) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repository, file, revision=revision, endpoint=self._url)


def _silence() -> None:
    """What the library would warn of on stderr is reported as an error here; and it tells its own hub nothing."""
    from huggingface_hub import constants
    from huggingface_hub.utils import logging as hub_logging

    hub_logging.set_verbosity(logging.CRITICAL)
    constants.HF_HUB_DISABLE_TELEMETRY = True  # the environment came too late if the library was imported before


def _transport_errors() -> type[Exception]:
    """What the HTTP library below huggingface_hub raises: requests, httpx or httpx2, by its version."""
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    library = importlib.import_module(type(get_session()).__module__.split(".")[0])
    error: type[Exception] = getattr(library, "HTTPError" if hasattr(library, "TransportError") else "RequestException")
    return error


@contextmanager
def _as_download_failed(url: str, repository: str, file: str, revision: str) -> Iterator[None]:
    from huggingface_hub import errors

    page = f"{url}/{repository}"
    messages: list[tuple[type[Exception], Callable[[Any], str]]] = [
        (errors.HFValidationError, lambda _: f"'{repository}' cannot be a repository. Write it as owner/name."),
        (errors.OfflineModeIsEnabled, lambda _: "HF_HUB_OFFLINE is set, so nothing is downloaded. Unset it."),
        (errors.GatedRepoError, lambda _: f"{repository} asks for agreement to its terms. {_gated(page)}"),
        (errors.RepositoryNotFoundError, lambda _: f"{url} shows no repository {repository}. {_unknown(page)}"),
        (errors.RevisionNotFoundError, lambda _: f"{repository} has no revision {revision}. See {page}."),
        (errors.EntryNotFoundError, lambda _: f"{repository} has no file {file}. See {page}/tree/{revision}."),
        (errors.HfHubHTTPError, lambda exc: f"{url} answers with status {_status(exc)} for {file}. {_retry(exc)}"),
        (_transport_errors(), lambda exc: f"{url} cannot be reached ({exc}). Check the connection, and try again."),
        (ValueError, lambda exc: f"{repository}:{file} cannot be downloaded: {exc}"),
    ]
    try:
        yield
    except tuple(kind for kind, _ in messages) as exc:
        text = next(message for kind, message in messages if isinstance(exc, kind))(exc)
        raise DownloadFailed(text) from exc


def _gated(page: str) -> str:
    return f"Accept them at {page}, make an access token there, and set LOCALASSIST_HUB_TOKEN."


def _unknown(page: str) -> str:
    return f"Check {page}; for a private one set LOCALASSIST_HUB_TOKEN."


def _status(error: Any) -> int | None:
    response = getattr(error, "response", None)
    return getattr(response, "status_code", None)


def _retry(error: Any) -> str:
    if _status(error) in (401, 403):
        return "Set LOCALASSIST_HUB_TOKEN to a token that may read it."
    return "Try again later."
