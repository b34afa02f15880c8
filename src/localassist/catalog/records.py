"""What is remembered of a downloaded model: where it came from and what it hashed to, in a file beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PullRecord:
    """One downloaded model. `sha256` has one entry per file; it was published by the hub, or computed at download."""

    repository: str
    files: list[str]
    revision: str
    sha256: list[str]
    is_published: bool
    size_bytes: int
    pulled_at: int


def record_path(model: Path) -> Path:
    return model.with_suffix(".json")


def write_record(model: Path, record: PullRecord) -> None:
    record_path(model).write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")


def read_record(model: Path) -> PullRecord | None:
    """The record of a model; None when it was not downloaded by `models pull`, or the record is damaged."""
    try:
        return PullRecord(**json.loads(record_path(model).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
