"""Which models there are, what a requested name stands for, and loading on demand. Knows files, not engines."""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from localassist.catalog.loaded import LoadedModels, OnProgress
from localassist.config import Config
from localassist.errors import InvalidRequest, ModelLoadFailed
from localassist.objects.models import Model
from localassist.protocols import Cancellation, Dialect, LoadedModel

logger = logging.getLogger(__name__)

BUNDLED_MODEL = "localassist-tiny"

# How llama.cpp names the files of a model that is split.
PART = re.compile(r"-(?P<number>\d{5})-of-(?P<count>\d{5})$")

HOSTED_NAME = re.compile(r"(gpt-3\.5|gpt-4|gpt-5|o[1-4]|chatgpt-)[A-Za-z0-9.:_-]*")
# The hosted names that `GET /models` shows; any other that matches works as well.
SHOWN_HOSTED_NAMES = (
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4-turbo",
    "gpt-4",
    "gpt-3.5-turbo",
    "gpt-5",
    "gpt-5-mini",
    "o3-mini",
)
HOSTED_SINCE = 1699228800  # 2023-11-06, the first day of the hosted API


def bundled_model() -> Path | None:
    """The model that ships with the package, or beside it in a source checkout."""
    return shipped_file(f"{BUNDLED_MODEL}/{BUNDLED_MODEL}.gguf")


def shipped_file(name: str) -> Path | None:
    """A file of the folder models/: in the package where it is installed, beside it in a source checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_models", package.parents[1] / "models"):
        if (folder / name).is_file():
            return folder / name
    return None


def find_models(config: Config) -> dict[str, Path]:
    """Model files by name: the configured ones, those in the data directory, the bundled one; default first."""
    found: dict[str, Path] = {}
    if config.model is not None and is_path(config.model):
        path = Path(config.model).expanduser()
        found[path.stem] = path
    found |= {name: Path(path).expanduser() for name, path in config.models.items()}
    if not config.in_memory:
        found = _in_folder(config.directory / "models") | found
    if (bundled := bundled_model()) is not None:
        found.setdefault(BUNDLED_MODEL, bundled)
    return found


def _in_folder(folder: Path) -> dict[str, Path]:
    """The model files of a folder by name. Of a model in several files the first stands for all."""
    found = {}
    for path in sorted(folder.glob("*.gguf")):
        part = PART.search(path.stem)
        if part is None:
            found[path.stem] = path
        elif int(part["number"]) == 1:
            found[path.stem[: part.start()]] = path
    return found


def part_paths(path: Path) -> list[Path]:
    """All files of a model, of which `path` is the only or the first one; also those that are missing."""
    part = PART.search(path.stem)
    if part is None:
        return [path]
    head, count = path.stem[: part.start()], int(part["count"])
    return [path.with_name(f"{head}-{number:05d}-of-{count:05d}{path.suffix}") for number in range(1, count + 1)]


def is_path(model: str) -> bool:
    """Whether a setting names a file rather than a model."""
    return model.endswith(".gguf") or "/" in model or "\\" in model


def name_of(model: str) -> str:
    """The name of a model that a setting names, or whose file it names."""
    return Path(model).stem if is_path(model) else model


class ModelFiles:
    """The `ModelLibrary` over model files.

    `load` turns a name and a file into a loaded model, `read_dialect` reads how a model writes off its file.
    """

    def __init__(
        self,
        config: Config,
        load: Callable[[str, Path, OnProgress | None], LoadedModel],
        read_dialect: Callable[[Path], Dialect],
    ) -> None:
        self._hosted_names = config.hosted_model_names
        self._configured = config.model
        self._path_by_name = find_models(config)
        self._loaded = LoadedModels(
            lambda name, on_progress: load(name, self._path_by_name[name], on_progress),
            idle_timeout_s=config.model_idle_timeout_s,
        )
        self._lock = threading.Lock()
        self._announced: set[str] = set()
        self._read_dialect = read_dialect
        self._dialects: dict[Path, tuple[int, Dialect]] = {}  # with the time of the file it was read off

    def default_name(self) -> str:
        """The model that hosted names stand for. Raises ModelLoadFailed when there is none."""
        if self._configured is not None:
            name = name_of(self._configured)
            if name not in self._path_by_name:
                raise ModelLoadFailed(
                    f"The model '{self._configured}' is not installed. Installed: {self._installed()}."
                )
            return name
        if BUNDLED_MODEL in self._path_by_name:
            return BUNDLED_MODEL
        if self._path_by_name:
            return next(iter(self._path_by_name))
        raise ModelLoadFailed("No model is installed. Name a GGUF file: --model FILE, or LOCALASSIST_MODEL=FILE.")

    def _installed(self) -> str:
        return ", ".join(self._path_by_name) or "none"

    def resolve(self, requested: str, *, param: str = "model") -> str:
        if requested in self._path_by_name:
            return requested
        if self._hosted_names and HOSTED_NAME.fullmatch(requested):
            default = self.default_name()
            self._announce(requested, default)
            return default
        raise InvalidRequest(f"The requested model '{requested}' does not exist.", param=param, code="model_not_found")

    def _announce(self, requested: str, default: str) -> None:
        with self._lock:
            if requested in self._announced:
                return
            self._announced.add(requested)
        logger.warning("The model name '%s' stands for the local model '%s'.", requested, default)

    def use(
        self, name: str, *, on_progress: OnProgress | None = None, cancellation: Cancellation | None = None
    ) -> AbstractContextManager[LoadedModel]:
        return self._loaded.use(name, on_progress=on_progress, cancellation=cancellation)

    def dialect(self, name: str) -> Dialect:
        path = self._path_by_name[name]
        modified_at = _modified_at(path)
        known = self._dialects.get(path)
        if known is None or known[0] != modified_at:
            known = self._dialects[path] = modified_at, self._read_dialect(path)
        return known[1]

    def models(self) -> Sequence[Model]:
        default = None
        with suppress(ModelLoadFailed):  # there is none, and the list says so
            default = self.default_name()
        names = sorted(self._path_by_name, key=lambda name: (name != default, name))
        real = [
            Model(id=name, created=_modified_at(self._path_by_name[name]), localassist=self._loaded.state(name))
            for name in names
        ]
        if not self._hosted_names or not real:
            return real
        return real + [
            Model(id=name, created=HOSTED_SINCE, owned_by="localassist-alias") for name in SHOWN_HOSTED_NAMES
        ]

    def close(self) -> None:
        self._loaded.close()


def _modified_at(path: Path) -> int:
    return int(path.stat().st_mtime) if path.exists() else 0
