"""What an import did with each object."""

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["imported", "present", "mapped", "missing", "skipped"]
OUTCOMES: tuple[Outcome, ...] = ("imported", "present", "mapped", "missing", "skipped")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing worth reading: what was changed on the way, is missing, or was left out, and why."""

    outcome: Outcome
    kind: str
    object_id: str
    reason: str


@dataclass(slots=True)
class Report:
    """Counts by kind and outcome, and the entries behind all but the plain imports.

    imported: new here. present: was here already, nothing changed. mapped: imported, with a change that `entries`
    explains. missing: something it refers to is not there. skipped: not imported.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def count(self, kind: str, outcome: Outcome) -> None:
        by_outcome = self.counts.setdefault(kind, dict.fromkeys(OUTCOMES, 0))
        by_outcome[outcome] += 1

    def note(self, outcome: Outcome, kind: str, object_id: str, reason: str) -> None:
        """Count and explain."""
        self.count(kind, outcome)
        self.entries.append(Entry(outcome, kind, object_id, reason))

    def wire(self) -> dict[str, Any]:
        entries = [{"outcome": e.outcome, "kind": e.kind, "id": e.object_id, "reason": e.reason} for e in self.entries]
        return {"object": "import.report", "counts": self.counts, "entries": entries}
