"""`localassist import` and `localassist export`: there and back again."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Settings
from tests.cli.driving import run
from tests.unit.transfer.records import (
    ASSISTANT,
    ASSISTANT_ID,
    FILE_ID,
    THREAD_ID,
    answer,
    code_step,
    message_step,
    record,
    user,
)
from tests.unit.transfer.records import run as exported_run


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of the public exporter, and a folder with the bytes of its file."""
    path = tmp_path / "archive"
    (path / "threads").mkdir(parents=True)
    talk = record(
        [user(1, "합계는?"), answer(1, "It is 42.")],
        [exported_run(1, [code_step(1, "print(42)", "42"), message_step(1)])],
    )
    (path / "threads" / f"{THREAD_ID}.json").write_text(json.dumps(talk))
    (path / "assistants.json").write_text(json.dumps([ASSISTANT]))
    (path / "manifest.json").write_text(json.dumps({"export_schema": "assistants-export-manifest/v1"}))
    (tmp_path / "bytes").mkdir()
    (tmp_path / "bytes" / "매출.csv").write_bytes(b"a,b\n1,2\n")
    return path


def test_an_archive_comes_in_is_found_and_goes_out_again(alone: Settings, archive: Path, tmp_path: Path) -> None:
    done = run("import", str(archive), "--files", str(tmp_path / "bytes"), settings=alone)
    assert "1 files received" in done.stdout
    assert "vs_gone" in done.stdout
    assert "file_content" not in done.stdout.split("missing:")[-1]
    assert THREAD_ID in run("threads", "list", "--search", "합계", settings=alone).stdout
    assert THREAD_ID not in run("threads", "list", "--search", "nowhere", settings=alone).stdout
    out = tmp_path / "out"
    run("export", str(out), "--with-files", settings=alone)
    given = json.loads((archive / "threads" / f"{THREAD_ID}.json").read_text())
    taken = json.loads((out / "threads" / f"{THREAD_ID}.json").read_text())
    for name in ("messages", "runs"):
        assert [item["id"] for item in taken[name]] == [item["id"] for item in given[name]]
    assert taken["runs"][0]["steps"][0]["step_details"] == given["runs"][0]["steps"][0]["step_details"]
    assert (out / "files" / f"{FILE_ID}-매출.csv").read_bytes() == b"a,b\n1,2\n"
    assert [item["id"] for item in json.loads((out / "assistants.json").read_text())] == [ASSISTANT_ID]
    # What was exported is an archive itself: elsewhere it comes in whole.
    elsewhere = {**alone, "data_dir": tmp_path / "elsewhere"}
    report = json.loads(run("import", str(out), "--json", settings=elsewhere).stdout)
    assert report["files"] == {"received": 1, "unplaced": 0}
    assert report["counts"]["thread.run"]["imported"] == 1


def test_vector_stores_go_out_and_come_in_with_their_files(alone: Settings, tmp_path: Path) -> None:
    (tmp_path / "birds.txt").write_text("The heron waits at the river.")
    made = json.loads(run("stores", "create", str(tmp_path / "birds.txt"), "--json", settings=alone).stdout)
    store_id, out = made["id"], tmp_path / "out"
    run("export", str(out), "--with-files", settings=alone)
    elsewhere = {**alone, "data_dir": tmp_path / "elsewhere"}
    planned = json.loads(run("import", str(out), "--dry-run", "--json", settings=elsewhere).stdout)
    report = json.loads(run("import", str(out), "--json", settings=elsewhere).stdout)
    assert planned["counts"] == report["counts"]
    assert report["counts"]["vector_store.file"]["imported"] == 1
    again = json.loads(run("import", str(out), "--json", settings=elsewhere).stdout)
    assert {name for counts in again["counts"].values() for name, number in counts.items() if number} == {"present"}
    (listed,) = json.loads(run("stores", "list", "--json", settings=elsewhere).stdout)
    assert (listed["id"], listed["file_counts"]["total"]) == (store_id, 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("threads/a.json", '{"export_schema": "assistants-thread-export/v9"}', "assistants-thread-export/v9"),
        ("threads/a.json", "{broken", "cannot be read as JSON"),
        ("deep.json", "[" * 100_000, "cannot be read as JSON"),
        ("threads/a.json", '{"export_schema": "assistants-thread-export/v1", "files": []}', ""),
    ],
)
def test_what_is_broken_in_an_archive_is_said_and_the_rest_comes_in(
    name: str, content: str, said: str, alone: Settings, archive: Path
) -> None:
    (archive / name).write_text(content)
    done = run("import", str(archive), settings=alone)
    assert said in done.stderr
    assert THREAD_ID in run("threads", "list", settings=alone).stdout


def test_a_link_out_of_the_archive_is_not_followed(alone: Settings, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (archive / "files").mkdir()
    (archive / "files" / "file-secret").symlink_to(tmp_path / "secret")
    done = run("import", str(archive), settings=alone)
    assert "a link to outside" in done.stderr
    assert "files received" not in done.stdout


def test_a_dry_run_changes_nothing(alone: Settings, archive: Path) -> None:
    assert "dry run" in run("import", str(archive), "--dry-run", settings=alone).stdout
    assert THREAD_ID not in run("threads", "list", settings=alone).stdout


def test_single_objects_and_lists_of_the_api_are_read(alone: Settings, tmp_path: Path) -> None:
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"object": "list", "data": [ASSISTANT], "has_more": False}))
    run("import", str(path), settings=alone)
    assert ASSISTANT_ID in run("assistants", "list", settings=alone).stdout


def test_a_place_with_nothing_in_it_is_refused(alone: Settings, tmp_path: Path) -> None:
    refused = run("import", str(tmp_path / "nothing"), settings=alone, check=False)
    assert refused.returncode != 0
    assert "nothing at" in refused.stderr
