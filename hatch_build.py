"""Puts the model catalogue and the bundled model into the wheel as localassist/_models, where they exist."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = ("catalog.toml", "localassist-tiny/*.gguf", "localassist-tiny/README.md", "localassist-tiny/LICENSE")


class BundledModels(BuildHookInterface):  # type: ignore[type-arg]
    """`force-include` in pyproject.toml would fail on a file that is not there; an editable install reads models/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map what models/ holds into the package; hatchling calls this before it builds a wheel."""
        if version == "editable":
            return
        models = Path(self.root) / "models"
        for pattern in BUNDLED:
            for file in sorted(models.glob(pattern)):
                build_data["force_include"][str(file)] = f"localassist/_models/{file.relative_to(models).as_posix()}"
