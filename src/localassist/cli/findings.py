"""What `doctor` finds: a fact, whether it is well, and what to do where it is not."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem stops something from working; a warning makes it slow or risky; a note is only to be known."""

    subject: str
    level: Level
    text: str
    remedy: str = ""
