"""`localassist doctor`: it measures, it finds what is wrong, and it says what helps."""

import json
import sys
from pathlib import Path

from localassist.cli.data_checks import check_directory
from localassist.cli.findings import Finding
from localassist.cli.interpreter_checks import check_interpreter
from localassist.cli.machine_checks import check_build, check_machine, expected_speeds
from localassist.config import Config
from localassist.inference.machine import Machine, measure_bandwidth
from tests.cli.conftest import Settings
from tests.cli.driving import run

GIB = 1024**3


def found(config: Config) -> dict[str, str]:
    return {finding.subject: finding.level for finding in check_directory(config)}


def test_it_reports_everything_and_ends_well(alone: Settings) -> None:
    run("threads", "list", settings=alone)
    report = json.loads(run("doctor", "--json", settings=alone).stdout)
    levels = {finding["subject"]: finding["level"] for finding in report["findings"]}
    assert levels["database"] == levels["engine"] == levels["disk"] == levels["model hello"] == "ok"
    searching = [finding["level"] for finding in report["findings"] if finding["subject"] == "file search"]
    assert set(searching) <= {"ok", "note"}  # a converter for old Word files may be installed
    assert "note" in searching  # on the scripts that the embedding model cannot read
    assert "code interpreter" in levels
    assert {"sandbox bwrap", "sandbox landlock"} <= levels.keys() or sys.platform != "linux"
    assert report["bandwidth_bytes_per_s"] > 1e8
    speeds = {speed["name"]: speed for speed in report["speeds"]}
    assert speeds["hello"]["is_installed"]
    assert speeds["qwen3-8b"]["tokens_per_s"] < speeds["qwen3-0.6b"]["tokens_per_s"]
    assert all(finding["remedy"] for finding in report["findings"] if finding["level"] in ("warning", "problem"))


def test_for_people_each_finding_is_a_line(alone: Settings) -> None:
    shown = run("doctor", settings=alone).stdout
    assert "bandwidth" in shown
    assert "embeds with all-MiniLM-L6-v2" in shown
    assert "cannot read Korean" in shown
    assert "tokens/s" in shown


def test_a_problem_ends_with_one(alone: Settings, tmp_path: Path) -> None:
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "broken.gguf").write_bytes(b"GGUF")
    done = run("doctor", settings=alone, check=False)
    assert done.returncode == 1
    assert "broken" in done.stdout
    assert "Download it again" in done.stdout


def test_a_server_is_found(server: Settings) -> None:
    shown = run("doctor", settings=server).stdout
    assert "and serves http://127.0.0.1:" in shown


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "localassist.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert found(Config(data_dir=str(tmp_path)))["database"] == "problem"


def test_what_a_dead_engine_left_is_noted(tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text('{"pid": 999999999, "url": null, "started_at": 0}')
    assert found(Config(data_dir=str(tmp_path)))["engine"] == "note"


def test_a_data_directory_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert found(Config(data_dir=str(tmp_path / "file"))) == {"data": "problem"}


def test_unfinished_downloads_are_noted(tmp_path: Path) -> None:
    scratch = tmp_path / "models" / ".downloads"
    scratch.mkdir(parents=True)
    (scratch / "x.part").write_bytes(b"half")
    assert found(Config(data_dir=str(tmp_path)))["downloads"] == "note"


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert found(Config(data_dir=str(tmp_path / "new"))) == {"data": "ok"}
    assert not (tmp_path / "new").exists()


def test_a_busy_machine_and_little_memory_are_warned_of() -> None:
    machine = Machine(physical_cores=2, logical_cores=4, load=5.0, memory_bytes=2 * GIB, available_bytes=GIB // 2)
    levels = {finding.subject: finding.level for finding in check_machine(machine, 1e10)}
    assert levels == {"cores": "warning", "memory": "warning", "bandwidth": "ok"}


def test_a_gpu_that_the_build_cannot_use_is_a_problem() -> None:
    levels = [finding.level for finding in check_build(Config(data_dir=":memory:", gpu_layers=10))]
    assert levels in (["problem"], ["ok"])  # by the build these tests run on


def test_speed_is_bandwidth_over_what_a_token_reads(models: Path) -> None:
    machine = Machine(2, 2, 0.0, 8 * GIB, 4 * GIB)
    config = Config(data_dir=":memory:", model=str(models / "hello.gguf"))
    speed = next(speed for speed in expected_speeds(config, machine, 1e9) if speed.name == "hello")
    assert 1e9 / 2e6 < speed.tokens_per_s < 1e9 / 1e5
    assert speed.fits


def test_bandwidth_is_measured_on_several_threads() -> None:
    assert measure_bandwidth(threads=2, block_bytes=1_000_000, rounds=1) > 1e6


def check_sandbox(tmp_path: Path, code_sandbox: str) -> list[Finding]:
    return list(check_interpreter(Config(data_dir=str(tmp_path), code_sandbox=code_sandbox)))


def test_what_confines_code_is_told_and_that_nothing_does(tmp_path: Path) -> None:
    verdict = check_sandbox(tmp_path, "none")[0]
    assert verdict.level == "warning"
    assert "all your rights" in verdict.text


def test_a_sandbox_that_was_asked_for_and_is_not_to_be_had_is_a_problem(tmp_path: Path) -> None:
    verdict = check_sandbox(tmp_path, "bwrap" if sys.platform == "darwin" else "seatbelt")[0]
    assert verdict.level == "problem"
    assert "so the model's code is not run" in verdict.text
    assert verdict.remedy
