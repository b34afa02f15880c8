"""Settings, from flags, the environment (`LOCALASSIST_…`), a TOML file and defaults, in that order of precedence.

The only module that reads the environment, and the one that sets what libraries want set before they are imported.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from localassist.errors import InvalidRequest

IN_MEMORY = ":memory:"
PREFIX = "LOCALASSIST_"
SECRETS = frozenset({"api_keys", "code_gateway_token", "hub_token"})


def default_data_dir() -> Path:
    """The platform's place for this user's application data."""
    return Path(platformdirs.user_data_dir("localassist", appauthor=False))


def default_config_file() -> Path:
    return Path(platformdirs.user_config_dir("localassist", appauthor=False)) / "config.toml"


def default_cache_dir() -> Path:
    return Path(platformdirs.user_cache_dir("localassist", appauthor=False))


def config_file() -> Path:
    """The user's TOML file, which need not exist."""
    return Path(os.environ.get(f"{PREFIX}CONFIG_FILE", default_config_file()))


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

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", protected_namespaces=())

    data_dir: str = Field(default_factory=lambda: str(default_data_dir()))
    """Where assistants, threads, files and models are kept; ":memory:" keeps nothing."""

    model: str | None = None
    """The default model: a path to a GGUF file or the name of an installed model. Unset: the bundled one."""

    models: dict[str, str] = {}
    """More models by name, as paths to GGUF files."""

    hosted_model_names: bool = True
    """Whether the hosted service's model names (gpt-4o, o3, …) stand for the default model."""

    embedding_model: str | None = None
    """The embedding model of file search: a GGUF file, which serves /v1/embeddings as well, or a directory as
    sentence-transformers saves it. Unset: all-MiniLM-L6-v2, which reads English: give a multilingual model for
    other languages."""

    reranker_model: str | None = None
    """The directory of a cross-encoder that judges what file search has found, for better order at a second or more
    for each search. Unset: none."""

    context_window: int | None = Field(default=None, ge=256)
    """Tokens a conversation may take up. Unset: what the model was trained for, at most 8192."""

    threads: int | None = Field(default=None, ge=1)
    """CPU threads for inference. Unset: the number of cores, fewer while other programs keep them busy."""

    gpu_layers: int = Field(default=0, ge=-1)
    """Layers to put on a GPU; -1 is all."""

    flash_attention: Literal["auto", "on", "off"] = "auto"
    """Whether to use flash attention. `auto`: where the model allows it, except with a KV cache in f32, whose numbers
    it would round to 16 bits."""

    kv_type: Literal["f32", "f16", "q8_0", "q4_0"] = "f16"
    """How the KV cache is stored. With f32, answers at temperature 0 depend least on what else runs at the same time;
    it takes twice the memory of f16. The quantised types save memory and are slower on a CPU."""

    batch_size: int = Field(default=512, ge=16)
    """Tokens computed in one step at most."""

    cache_tokens: int | None = Field(default=None, ge=256)
    """Tokens of all conversations together kept computed. Unset: up to four windows in 512 MiB."""

    max_sequences: int = Field(default=8, ge=1, le=64)
    """Generations that run at the same time; more wait in order."""

    model_idle_timeout_s: float | None = Field(default=3600.0, gt=0)
    """How long a model that nobody uses stays in memory."""

    inference: Literal["thread", "worker"] | None = None
    """Whether the model runs on a thread of this process or in a process of its own. Unset: a process of its own for
    `serve`, a thread for `LocalAssist()`."""

    max_concurrent_runs: int = Field(default=32, ge=1)
    """Runs worked on at the same time; more wait in the queue."""

    max_turn_tokens: int = Field(default=2048, ge=1)
    """Where a turn without a token budget stops; the run is then completed."""

    run_expires_after_s: int = Field(default=600, ge=1)
    """How long a run may take, waiting for tool outputs included, before it expires."""

    code_sandbox: Literal["auto", "bwrap", "landlock", "seatbelt", "none"] = "auto"
    """What confines the code interpreter: bubblewrap, Landlock or macOS's sandbox-exec; "auto" is the first that passes
    its own test, and nothing runs if none does. "none" runs the model's code with all the rights you have."""

    code_timeout_s: float = Field(default=120.0, gt=0)
    """How long one execution may take before it is interrupted, and killed if that does not stop it."""

    code_memory_mib: int = Field(default=2048, ge=256)
    """MiB of memory all processes of a code interpreter session may use together."""

    code_address_space_mib: int | None = Field(default=None, ge=256)
    """MiB of addresses one process may reserve. Unset: as code_memory_mib, so that code sees a MemoryError and its
    session lives; raise it for runtimes that reserve more than they use (Node, the JVM)."""

    code_processes: int = Field(default=128, ge=16)
    """Processes and threads a code interpreter session may have."""

    code_disk_mib: int = Field(default=1024, ge=16)
    """MiB of files a code interpreter session may keep."""

    code_file_mib: int = Field(default=512, ge=1)
    """MiB one file of a code interpreter session may have."""

    code_files: int = Field(default=5000, ge=16)
    """Files a code interpreter session may keep."""

    code_output_kib: int = Field(default=256, ge=4)
    """KiB of output kept of one execution."""

    code_packages: list[str] = []
    """More directories of packages that the model's code may import: virtual environments of the same Python version,
    or directories to be searched."""

    code_idle_timeout_s: float = Field(default=3600.0, gt=0)
    """How long a code interpreter session nobody uses keeps its variables. Its files stay as long as its thread."""

    code_kernels: int = Field(default=16, ge=1)
    """Code interpreter sessions that keep their variables at the same time; the one idle for longest loses them."""

    code_gateway_url: str | None = None
    """A Jupyter kernel gateway that runs the code instead of this machine, and confines it. https, unless loopback."""

    code_gateway_token: str | None = None
    """The token that the gateway asks for."""

    code_gateway_ca_file: str | None = None
    """A file with the certificate authority of the gateway. Unset: those of the system."""

    code_gateway_kernel: str | None = None
    """The name of the gateway's kernel. Unset: its default."""

    code_gateway_directory: str | None = None
    """A directory that each of the gateway's kernels has to itself. Unset: one per session, in a temporary one."""

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

    hub_url: str = "https://huggingface.co"
    """Where `models pull` downloads from; no other command goes there."""

    hub_token: str | None = None
    """The hub's access token, for models that ask for one. Unset: the one the hub's own tools have stored, if any."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlSource(settings_cls, config_file())

    @property
    def in_memory(self) -> bool:
        return self.data_dir == IN_MEMORY

    @property
    def directory(self) -> Path:
        """The data directory as a path; not for in-memory use."""
        return Path(self.data_dir).expanduser()


def load_config(**flags: Any) -> Config:
    """The settings. Raises InvalidRequest, in one sentence, for one that cannot be used."""
    try:
        return Config(**flags)
    except ValidationError as exc:
        raise InvalidRequest(_explain(exc, flags)) from exc
    except SettingsError as exc:
        named = re.search(r'field "(\w+)"', str(exc))
        variable = f"{PREFIX}{named[1].upper()}" if named else f"A variable {PREFIX}…"
        raise InvalidRequest(f'{variable} is not valid JSON, as lists and tables are: ["one", "two"].') from exc


def _explain(error: ValidationError, flags: dict[str, Any]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    where = _source(name, flags, EnvSettingsSource(Config)())
    if first["type"] == "extra_forbidden":
        return f"There is no setting '{name}' ({where}). `localassist config` lists the settings."
    return f"The setting '{name}' ({where}) cannot be {first['input']!r}: {first['msg']}."


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force, and where it comes from."""

    name: str
    value: Any
    source: str


def settings(**flags: Any) -> list[Setting]:
    """Every setting with its source. Raises InvalidRequest."""
    config = load_config(**flags)
    in_environment = EnvSettingsSource(Config)()
    return [
        Setting(name, getattr(config, name), _source(name, flags, in_environment)) for name in type(config).model_fields
    ]


def _source(name: str, flags: dict[str, Any], in_environment: dict[str, Any]) -> str:
    if name in flags:
        return f"--{name.replace('_', '-')}"
    if name in in_environment:
        return f"{PREFIX}{name.upper()}"
    path = config_file()
    return str(path) if name in TomlSource(Config, path)() else "default"


def prepare_native_libraries() -> None:
    """Set what llama.cpp reads when it is loaded: no debugger on an abort, no start-up banner."""
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")


def prepare_retrieval_libraries() -> None:
    """Set what the libraries of file search read when imported: no telemetry, no progress bars, no tokenizer threads.

    They are given local files only, so the hub need not be switched off, which would stop `models pull` as well.
    """
    _silence_hub_library()
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else its native code reports to Microsoft and keeps a device id
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def prepare_hub(url: str) -> None:
    """Set what huggingface_hub reads when imported: this hub, plain HTTP, no usage reports, no progress bars."""
    os.environ["HF_ENDPOINT"] = url
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    _silence_hub_library()


def _silence_hub_library() -> None:
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"  # "0" makes transformers warn when its own are switched off


def environment_with(defaults: Mapping[str, str]) -> dict[str, str]:
    """The whole environment for a child process: this one's, and the defaults where it says nothing."""
    return {**defaults, **os.environ}
