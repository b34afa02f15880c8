"""Remembers which model files were probed, so that each version of a file is tried in another process only once."""

import json
from collections.abc import Mapping
from pathlib import Path

from localassist.inference.options import LlamaOptions
from localassist.inference.probe import check_file, probe


def ensure_probed(
    path: Path, options: LlamaOptions, *, record: Path | None, environment: Mapping[str, str] | None = None
) -> None:
    """Probe the file unless this version of it was. `record` is the file that remembers; None remembers nothing.

    Raises ModelLoadFailed.
    """
    check_file(path, options)
    known = _read(record)
    stat = path.stat()
    version = [stat.st_size, stat.st_mtime_ns]
    if known.get(str(path)) == version:
        return
    probe(path, options, environment=environment)
    if record is not None:
        record.write_text(json.dumps({**known, str(path): version}), encoding="utf-8")


def _read(record: Path | None) -> dict[str, list[int]]:
    """What is remembered; a record that cannot be read only costs another probe."""
    if record is None or not record.exists():
        return {}
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
