"""Who may call: keys, hosts, origins."""

import pytest

from localassist.config import Config
from localassist.errors import AuthenticationFailed, PermissionRefused
from localassist.http.access import Access

KEY = "sk-local-0123456789abcdef"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.8.9.1", "box.lan:8000", "BOX.lan"]
)
def test_hosts_that_are_served(host: str) -> None:
    Access(allowed_hosts=("Box.lan",)).check_caller({"host": host})


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "192.168.1.5:8000", "", "0.0.0.0", "[::1"]
)
def test_hosts_that_are_refused(host: str) -> None:
    with pytest.raises(PermissionRefused):
        Access().check_caller({"host": host})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8000"])
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    with pytest.raises(PermissionRefused):
        Access().check_caller({"host": "127.0.0.1:8000", "origin": origin})


def test_pages_of_the_server_itself_and_of_allowed_origins_may_call() -> None:
    Access().check_caller({"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"})
    Access(allowed_origins=("https://app.example",)).check_caller(
        {"host": "127.0.0.1:8000", "origin": "https://app.example"}
    )


def test_with_keys_any_host_is_served() -> None:
    Access(api_keys=(KEY,)).check_caller({"host": "gpu-box.lan", "origin": "https://app.example"})


def test_keys_are_taken_from_both_headers() -> None:
    access = Access(api_keys=("another", KEY))
    access.check_key({"authorization": f"Bearer {KEY}"})
    access.check_key({"authorization": f"bearer  {KEY} "})
    access.check_key({"api-key": KEY})


def test_no_keys_configured_lets_everything_through() -> None:
    Access().check_key({})
    Access().check_key({"authorization": "Bearer whatever"})


def test_a_missing_key() -> None:
    with pytest.raises(AuthenticationFailed, match=r"^You didn't provide an API key\.") as caught:
        Access(api_keys=(KEY,)).check_key({"authorization": "Basic abc"})
    assert caught.value.code is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [("not-a-real-key-at-all-localized", "not-a-re*******************ized"), ("short", "short"), ("ключ", "ключ")],
)
def test_a_wrong_key_is_shown_masked(given: str, shown: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        Access(api_keys=(KEY,)).check_key({"authorization": f"Bearer {given}"})
    assert caught.value.message.startswith(
        f"Incorrect API key provided: {shown}. You can find your API key at https://"
    )
    assert caught.value.code == "invalid_api_key"


def test_the_rules_come_from_the_settings() -> None:
    config = Config(
        data_dir=":memory:", api_keys=[KEY], allowed_hosts=["box.lan"], allowed_origins=["https://a.example"]
    )
    assert Access.from_config(config) == Access((KEY,), ("box.lan",), ("https://a.example",))
