"""`localassist config`: every setting in force, and where it comes from."""

import json
from typing import Any

from localassist.cli.output import note
from localassist.cli.session import Session


def show_config(session: Session) -> None:
    """Show each setting with its value and its source: flag, environment, file or default."""
    from localassist.config import SECRETS, config_file, settings

    path = config_file()
    shown = [
        (setting.name, _hidden(setting.value) if setting.name in SECRETS else setting.value, setting.source)
        for setting in settings(**session.flags())
    ]
    if session.as_json:
        values = {name: {"value": value, "source": source} for name, value, source in shown}
        session.out.json({"file": str(path), "settings": values})
        return
    session.out.table(
        ("setting", "value", "source"), [(name, _text(value), source) for name, value, source in shown], empty=""
    )
    note(f"File: {path}{'' if path.exists() else ' (there is none)'}")


def _hidden(value: Any) -> Any:
    """A secret is never shown."""
    if isinstance(value, list):
        return ["…"] * len(value)
    return None if value is None else "…"


def _text(value: Any) -> str:
    if value is None:
        return "unset"
    return value if isinstance(value, str) else json.dumps(value)
