"""Who may call: API keys, and without keys only programs of this machine (Host and Origin against DNS rebinding)."""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from localassist.config import Config
from localassist.errors import AuthenticationFailed, PermissionRefused

_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
    "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API "
    "from your browser and are prompted for a username and password. You can obtain an API key from "
    "https://platform.openai.com/account/api-keys."
)
# A wrong key is shown back as its first 8 and last 4 characters; a key that short anyway is shown whole.
_SHOWN_START, _SHOWN_END = 8, 4


@dataclass(frozen=True, slots=True)
class Access:
    """What callers must satisfy. `in_process` callers are the program itself and are let through."""

    api_keys: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    in_process: bool = False

    @classmethod
    def from_config(cls, config: Config) -> "Access":
        return cls(
            api_keys=tuple(config.api_keys),
            allowed_hosts=tuple(config.allowed_hosts),
            allowed_origins=tuple(config.allowed_origins),
        )

    def check_key(self, headers: Mapping[str, str]) -> None:
        """Raises AuthenticationFailed unless a known key is presented (or none is configured)."""
        if not self.api_keys:
            return
        given = _presented_key(headers)
        if not given:
            raise AuthenticationFailed(_NO_KEY)
        candidate = given.encode("utf-8", "replace")
        # Every key is compared, so that the time taken says nothing about which one is close.
        matches = [hmac.compare_digest(candidate, key.encode("utf-8")) for key in self.api_keys]
        if not any(matches):
            raise AuthenticationFailed(
                f"Incorrect API key provided: {_masked(given)}. "
                "You can find your API key at https://platform.openai.com/account/api-keys.",
                code="invalid_api_key",
            )

    def check_caller(self, headers: Mapping[str, str]) -> None:
        """Raises PermissionRefused for another host's name, or for a page of another site, when no keys are set."""
        if self.api_keys:
            return
        host = headers.get("host", "")
        if not self._is_allowed_host(host):
            raise PermissionRefused(
                f"The host name '{host}' is not served here. Use 127.0.0.1 or localhost, or add the name to "
                "allowed_hosts."
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self.allowed_origins and not _is_same_site(origin, host):
            raise PermissionRefused(
                f"Pages of the origin '{origin}' may not call this server. Add the origin to allowed_origins."
            )

    def _is_allowed_host(self, host: str) -> bool:
        name = _host_name(host)
        return is_loopback(name) or any(
            name in (_host_name(allowed), allowed.lower()) for allowed in self.allowed_hosts
        )


def is_loopback(name: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    """`[::1]:8000` → `::1`; `Localhost:8000` → `localhost`; "" when it is not a host."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_same_site(origin: str, host: str) -> bool:
    """A page this server itself delivered (no other scheme or port can be ours)."""
    return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


def _presented_key(headers: Mapping[str, str]) -> str:
    """The bearer token, or Azure's `api-key` header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("api-key", "").strip()


def _masked(key: str) -> str:
    hidden = len(key) - _SHOWN_START - _SHOWN_END
    return key if hidden <= 0 else key[:_SHOWN_START] + "*" * hidden + key[-_SHOWN_END:]
