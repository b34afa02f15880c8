"""Which gateways may be used."""

from pathlib import Path

import pytest

from localassist.errors import InterpreterUnavailable
from localassist.interpreter.gateway.address import GatewayAddress


def parse(url: str, ca_file: str | None = None) -> GatewayAddress:
    return GatewayAddress.parse(url, token="t", ca_file=ca_file)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8888/", "http://localhost:8888", "http://[::1]:8888"])
def test_loopback_may_go_without_tls(url: str) -> None:
    address = parse(url)
    assert address.tls is None
    assert address.websocket_url == f"ws{url.rstrip('/').removeprefix('http')}"
    assert address.headers == {"Authorization": "token t"}


def test_elsewhere_means_tls() -> None:
    assert parse("https://gateway.example:8888").tls is not None
    assert parse("https://gateway.example:8888").websocket_url == "wss://gateway.example:8888"
    with pytest.raises(InterpreterUnavailable, match="Use https"):
        parse("http://gateway.example:8888")


@pytest.mark.parametrize("url", ["", "gateway:8888", "ftp://gateway", "https://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InterpreterUnavailable, match="https://host:port"):
        parse(url)


def test_a_certificate_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(InterpreterUnavailable, match=r"ca\.pem cannot be used"):
        parse("https://gateway.example", ca_file=missing)
