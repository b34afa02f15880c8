"""Where a kernel gateway is, and how to come in. Anything but this machine must be reached over TLS."""

import ipaddress
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from localassist.errors import InterpreterUnavailable


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """`url` ends without a slash; `tls` is None for plain HTTP, which only loopback may be."""

    url: str
    token: str | None
    tls: ssl.SSLContext | None

    @classmethod
    def parse(cls, url: str, *, token: str | None, ca_file: str | None) -> "GatewayAddress":
        """Raises InterpreterUnavailable, with the remedy, for an address that must not or cannot be used."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InterpreterUnavailable(f"code_gateway_url is {url!r}: write it as https://host:port.")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise InterpreterUnavailable(
                f"code_gateway_url is {url!r}: code and files would travel unprotected. Use https, or a gateway on "
                "this machine."
            )
        return cls(url.rstrip("/"), token, _tls(ca_file) if parts.scheme == "https" else None)

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"token {self.token}"}

    def refuses_token(self) -> InterpreterUnavailable:
        return InterpreterUnavailable(
            f"The kernel gateway {self.url} refuses the token. Set code_gateway_token to the right one."
        )

    @property
    def websocket_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as exc:
        raise InterpreterUnavailable(f"code_gateway_ca_file {ca_file} cannot be used: {exc}. Correct it.") from exc
