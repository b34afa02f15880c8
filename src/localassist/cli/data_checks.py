"""`doctor` on what is stored: the configuration, the data directory, its lock, its database and the disk."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from localassist.cli.findings import Finding
from localassist.cli.output import size
from localassist.config import Config, config_file
from localassist.store.directory import read_engine_file

LITTLE_ROOM_BYTES = 1_000_000_000


def check_configuration(config: Config) -> Iterator[Finding]:
    path = config_file()
    yield Finding("configuration", "ok", f"{path}" if path.exists() else f"no file at {path}; defaults count")
    model = config.model or ""
    if ("/" in model or model.endswith(".gguf")) and not Path(model).expanduser().is_file():
        yield Finding("configuration", "problem", f"there is no model file {model}", "Correct `model`.")
    for name, path_text in config.models.items():
        if not Path(path_text).expanduser().is_file():
            yield Finding("configuration", "problem", f"model {name}: no file {path_text}", "Correct `models`.")


def check_directory(config: Config) -> Iterator[Finding]:
    """Nothing is changed, and nothing is made that is not there."""
    if config.in_memory:
        yield Finding("data", "note", "kept in memory only, and lost at the end", "Set data_dir to keep it.")
        return
    path = config.directory
    if not path.exists():
        yield Finding("data", "ok", f"{path} does not exist yet; the first use makes it")
        return
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data", "problem", f"{path} cannot be used", "Make it a folder of yours, or set data_dir.")
        return
    yield Finding("data", "ok", str(path))
    yield from _check_engine(path)
    yield from _check_database(path / "localassist.db")
    yield from _check_downloads(path / "models" / ".downloads")


def _check_engine(path: Path) -> Iterator[Finding]:
    engine = read_engine_file(path)
    if engine is not None:
        where = f"serves {engine.url}" if engine.url else "serves no one else"
        yield Finding("engine", "ok", f"process {engine.pid} has the data directory and {where}")
    elif (path / "engine.json").exists():
        text = "an engine ended without clearing up; its lock is free"
        yield Finding("engine", "note", text, "The next engine clears up; there is nothing to do.")
    else:
        yield Finding("engine", "ok", "none is running")


def _check_database(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2)
        try:
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as exc:
        answer = str(exc)
    if answer == "ok":
        yield Finding("database", "ok", f"{size(path.stat().st_size)}, sound")
    else:
        remedy = f"Stop the engine, keep a copy of {path}, and restore a backup."
        yield Finding("database", "problem", f"{path} is damaged: {answer}", remedy)


def _check_downloads(folder: Path) -> Iterator[Finding]:
    parts = list(folder.glob("*.part"))
    if parts:
        text = f"{len(parts)} unfinished, {size(sum(part.stat().st_size for part in parts))}"
        yield Finding("downloads", "note", text, f"Run the same `models pull` to go on, or delete {folder}.")


def check_disk(config: Config) -> Iterator[Finding]:
    if config.in_memory:
        return
    place = config.directory
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < LITTLE_ROOM_BYTES:
        remedy = "Free some space: `localassist models list` shows the large things."
        yield Finding("disk", "warning", f"only {size(free)} are free at {place}", remedy)
    else:
        yield Finding("disk", "ok", f"{size(free)} are free")
