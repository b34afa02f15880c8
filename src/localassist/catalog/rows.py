"""The catalogue: models worth having, as models/catalog.toml lists them. A name there is enough to pull one."""

import tomllib
from dataclasses import dataclass
from typing import Any, Literal

from localassist.catalog.names import shipped_file
from localassist.errors import ModelLoadFailed

FILE_NAME = "catalog.toml"


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """One model file on the hub. `page` is where this row was read; what is None stood nowhere."""

    name: str
    title: str
    kind: Literal["chat", "embedding"]
    repository: str
    file: str
    size_bytes: int
    parameters: float
    license: str
    page: str
    context_length: int | None = None
    active_parameters: float | None = None
    revision: str = "main"
    sha256: str | None = None

    @property
    def bytes_per_token(self) -> int:
        """About what has to be read for each token: of a mixture of experts only the active share."""
        return int(self.size_bytes * (self.active_parameters or self.parameters) / self.parameters)


def read_rows() -> list[CatalogRow]:
    """All rows; none in an installation without the file. Raises ModelLoadFailed when it cannot be read."""
    path = shipped_file(FILE_NAME)
    if path is None:
        return []
    try:
        tables: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
        return [CatalogRow(**table) for table in tables]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as exc:
        raise ModelLoadFailed(f"The model catalogue {path} cannot be read: {exc}. Install localassist again.") from exc


def find_row(name: str) -> CatalogRow | None:
    return next((row for row in read_rows() if row.name == name.lower()), None)
