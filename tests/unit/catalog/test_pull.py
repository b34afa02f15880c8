"""Downloads against a hub of this machine: resumed, checked, and put in place whole or not at all."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants  # reads the environment as it is, before a fixture changes it
import pytest

from localassist.catalog import find_models
from localassist.catalog.download import MAX_BREAKS, Progress
from localassist.catalog.pull import Pulled, Wanted, parse_target, pull, remove
from localassist.catalog.records import read_record
from localassist.config import Config
from localassist.errors import DownloadFailed, InvalidRequest, LocalAssistError, ModelLoadFailed
from tests.fake_hub import COMMIT, FakeHub, HubFile
from tests.models.scripted import build_scripted, plain

TARGET = "owner/repo:hello.gguf"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return build_scripted(tmp_path_factory.mktemp("hub") / "hello.gguf", [plain("Hello")]).read_bytes()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    for name in ("HF_ENDPOINT", "HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        monkeypatch.setenv(name, "")  # what is set on the way is unset again
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 50_000)  # what a break may lose
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)  # another test's engine may have set it
    with FakeHub().running() as hub:
        yield hub


@pytest.fixture
def config(hub: FakeHub, tmp_path: Path) -> Config:
    return Config(data_dir=str(tmp_path / "data"), hub_url=hub.url)


def get(config: Config, target: str | Wanted = TARGET, **options: object) -> Pulled:
    wanted = parse_target(target) if isinstance(target, str) else target
    return pull(config, wanted, pause=lambda _: None, **options)  # type: ignore[arg-type]


def installed(config: Config) -> list[str]:
    return sorted(path.name for path in (config.directory / "models").iterdir() if path.is_file())


def test_a_model_is_downloaded_checked_and_recorded(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content)
    seen: list[Progress] = []
    pulled = get(config, on_progress=seen.append)
    assert pulled.path.read_bytes() == content
    assert find_models(config)["hello"] == pulled.path
    record = read_record(pulled.path)
    assert record is not None
    assert (record.repository, record.revision) == ("owner/repo", COMMIT)
    assert record.sha256 == [hashlib.sha256(content).hexdigest()]
    assert record.is_published
    assert {progress.stage for progress in seen} == {"download", "verify"}
    assert seen[-1].done == seen[-1].total == len(content)


def test_what_is_there_is_not_downloaded_again(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content)
    assert not get(config).was_there
    assert get(config).was_there
    assert len(hub.ranges) == 1


def test_a_broken_connection_is_gone_on_from(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content, breaks=[100_000, 500_000])
    assert get(config).path.read_bytes() == content
    assert hub.ranges == [None, "bytes=100000-", "bytes=500000-"]


def test_a_hub_that_sends_nothing_more_is_given_up_and_gone_on_from_later(
    hub: FakeHub, config: Config, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)  # between its own attempts
    hub.files[TARGET] = HubFile(content, breaks=[300_000] * 3 * MAX_BREAKS)
    with pytest.raises(DownloadFailed, match="goes on from there"):
        get(config)
    assert installed(config) == []
    hub.ranges.clear()
    hub.files[TARGET].breaks.clear()
    assert get(config).path.read_bytes() == content
    assert hub.ranges == ["bytes=300000-"]


def test_a_wrong_hash_is_found_and_nothing_is_installed(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content, sha256="0" * 64)
    with pytest.raises(DownloadFailed, match="arrived damaged"):
        get(config)
    assert installed(config) == []
    assert not list((config.directory / "models" / ".downloads").glob("*.part"))


def test_a_file_other_than_the_catalogues_is_refused_before_it_is_downloaded(
    hub: FakeHub, config: Config, content: bytes
) -> None:
    hub.files[TARGET] = HubFile(content)
    with pytest.raises(DownloadFailed, match="not the file the catalogue means"):
        get(config, Wanted("hello", "owner/repo", "hello.gguf", sha256="1" * 64))
    assert hub.ranges == []


def test_without_a_published_hash_the_computed_one_is_recorded(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content, has_hash=False)
    record = get(config).record
    assert not record.is_published
    assert record.sha256 == [hashlib.sha256(content).hexdigest()]


def test_what_is_no_model_is_not_installed(hub: FakeHub, config: Config) -> None:
    hub.files[TARGET] = HubFile(b"<html>Sign in</html>")
    with pytest.raises(ModelLoadFailed, match="no usable GGUF model"):
        get(config)
    assert installed(config) == []


def test_a_disk_without_room_is_noticed_before(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content, size=10**15)
    with pytest.raises(DownloadFailed, match="There is no room"):
        get(config)
    assert hub.ranges == []


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (404, "EntryNotFound", "has no file hello.gguf"),
        (404, "RevisionNotFound", "has no revision main"),
        (401, "RepoNotFound", "shows no repository owner/repo"),
        (403, "GatedRepo", "LOCALASSIST_HUB_TOKEN"),
        (403, "", "LOCALASSIST_HUB_TOKEN"),
        (410, "", "status 410"),
    ],
)
def test_a_refusal_is_told_with_a_remedy(
    status: int, code: str, told: str, hub: FakeHub, config: Config, content: bytes
) -> None:
    hub.files[TARGET] = HubFile(content, refuses=(status, code))
    with pytest.raises(DownloadFailed, match=told):
        get(config)


def test_an_unknown_repository_is_told(config: Config) -> None:
    with pytest.raises(DownloadFailed, match="shows no repository owner/repo"):
        get(config)


def test_a_hub_that_is_not_there_is_told(hub: FakeHub, tmp_path: Path) -> None:
    nowhere = Config(data_dir=str(tmp_path), hub_url="http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match="cannot be reached"):
        get(nowhere)


def test_the_token_is_sent_where_it_is_set(hub: FakeHub, tmp_path: Path, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content)
    get(Config(data_dir=str(tmp_path / "a"), hub_url=hub.url))
    assert hub.tokens == {None}
    get(Config(data_dir=str(tmp_path / "b"), hub_url=hub.url, hub_token="secret"))
    assert hub.tokens == {None, "Bearer secret"}


def test_a_split_model_is_pulled_whole(hub: FakeHub, config: Config, content: bytes) -> None:
    for number in (1, 2):
        hub.files[f"owner/repo:q4/big-0000{number}-of-00002.gguf"] = HubFile(content + bytes(number))
    pulled = get(config, "owner/repo:q4/big-00001-of-00002.gguf")
    assert installed(config) == ["big-00001-of-00002.gguf", "big-00001-of-00002.json", "big-00002-of-00002.gguf"]
    assert next(iter(find_models(config))) == "big"
    assert pulled.about.num_files == 2
    assert remove(config, pulled.path) == 2 * len(content) + 3
    assert installed(config) == []


def test_another_model_of_that_name_is_kept(hub: FakeHub, config: Config, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content)
    get(config)
    hub.files[TARGET] = HubFile(content + b"\0")
    with pytest.raises(InvalidRequest, match="--name"):
        get(config)
    assert get(config, parse_target(TARGET, name="other")).path.name == "other.gguf"


def test_a_file_elsewhere_is_not_removed(config: Config, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine.gguf"
    elsewhere.write_bytes(b"x")
    with pytest.raises(InvalidRequest, match="not removed"):
        remove(config, elsewhere)
    assert elsewhere.exists()


def test_a_damaged_record_is_as_none(config: Config, hub: FakeHub, content: bytes) -> None:
    hub.files[TARGET] = HubFile(content)
    path = get(config).path
    path.with_suffix(".json").write_text(json.dumps({"repository": 1}))
    assert read_record(path) is None
    with pytest.raises(LocalAssistError):
        get(config)
