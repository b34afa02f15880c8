"""Settings, from flags, the environment (`LOCALASSIST_…`), a TOML file and defaults, in that order of precedence.

The only module that reads the environment, and the one that sets what libraries want set before they are imported.
"""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from localassist.errors import InvalidRequest

IN_MEMORY = ":memory:"


def default_data_dir() -> Path:
    """The platform's place for this user's application data."""
    return Path(platformdirs.user_data_dir("localassist", appauthor=False))


def default_config_file() -> Path:
    return Path(platformdirs.user_config_dir("localassist", appauthor=False)) / "config.toml"


def default_cache_dir() -> Path:
    return Path(platformdirs.user_cache_dir("localassist", appauthor=False))


class TomlSource(PydanticBaseSettingsSource):
    """Reads the user's TOML file; a file that cannot be read is an error naming it."""

    def __init__(self, settings_cls: type[BaseSettings], path: Path) -> None:
        super().__init__(settings_cls)
        self._path = path

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError("the file is read as a whole")

    def __call__(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise InvalidRequest(f"The configuration file {self._path} cannot be read: {exc}. Correct it.") from exc


class Config(BaseSettings):
    """Everything a user can set."""

    model_config = SettingsConfigDict(env_prefix="LOCALASSIST_", frozen=True, extra="forbid", protected_namespaces=())

    data_dir: str = Field(default_factory=lambda: str(default_data_dir()))
    """Where assistants, threads, files and models are kept; ":memory:" keeps nothing."""

    model: str | None = None
    """The default model: a path to a GGUF file or the name of an installed model. Unset: the bundled one."""

    models: dict[str, str] = {}
    """More models by name, as paths to GGUF files."""

    hosted_model_names: bool = True
    """Whether the hosted service's model names (gpt-4o, o3, …) stand for the default model."""

    embedding_model: str | None = None
    """A GGUF embedding model for /v1/embeddings."""

    context_window: int | None = Field(default=None, ge=256)
    """Tokens a conversation may take up. Unset: what the model was trained for, at most 8192."""

    threads: int | None = Field(default=None, ge=1)
    """CPU threads for inference. Unset: the number of cores."""

    gpu_layers: int = Field(default=0, ge=-1)
    """Layers to put on a GPU; -1 is all."""

    inference: Literal["thread", "worker"] = "thread"
    """Whether the model runs on a thread of this process or in a process of its own."""

    max_concurrent_runs: int = Field(default=32, ge=1)
    """Runs worked on at the same time; more wait in the queue."""

    max_turn_tokens: int = Field(default=2048, ge=1)
    """Where a turn without a token budget stops; the run is then completed."""

    run_expires_after_s: int = Field(default=600, ge=1)
    """How long a run may take, waiting for tool outputs included, before it expires."""

    seed: int | None = None
    """Makes sampling repeatable."""

    host: str = "127.0.0.1"
    """The address `serve` listens on. Other than loopback needs api_keys."""

    port: int = Field(default=8000, ge=0, le=65535)
    """The port `serve` listens on; 0 picks a free one."""

    api_keys: list[str] = []
    """Keys callers must present over HTTP. Empty: no key, and loopback only."""

    allowed_hosts: list[str] = []
    """Names, besides loopback ones, under which the server may be addressed."""

    allowed_origins: list[str] = []
    """Web origins whose pages may call the server (CORS). Empty: none."""

    keep_alive_s: float = Field(default=15.0, gt=0)
    """Silence after which a stream sends a comment to keep the connection open."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = Path(os.environ.get("LOCALASSIST_CONFIG_FILE", default_config_file()))
        return init_settings, env_settings, TomlSource(settings_cls, path)

    @property
    def in_memory(self) -> bool:
        return self.data_dir == IN_MEMORY

    @property
    def directory(self) -> Path:
        """The data directory as a path; not for in-memory use."""
        return Path(self.data_dir).expanduser()


def prepare_native_libraries() -> None:
    """Set what llama.cpp reads when it is loaded: no debugger on an abort, no start-up banner."""
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")


def make_offline() -> None:
    """Tell libraries that could reach a hub, or report usage, not to."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
