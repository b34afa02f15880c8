"""Doubles for unit tests: models, interpreters and retrievers that follow scripts, a clock that is set by hand."""

from localassist.testing.clocks import ManualClock
from localassist.testing.interpreters import ScriptedCell, ScriptedInterpreter
from localassist.testing.models import (
    SCRIPTED_MODEL,
    Hold,
    ScriptedModel,
    ScriptedParser,
    ScriptedStream,
    Turn,
    call,
    call_all,
    say,
)
from localassist.testing.retrieval import WordEmbedder, WordRetriever

__all__ = [
    "SCRIPTED_MODEL",
    "Hold",
    "ManualClock",
    "ScriptedCell",
    "ScriptedInterpreter",
    "ScriptedModel",
    "ScriptedParser",
    "ScriptedStream",
    "Turn",
    "WordEmbedder",
    "WordRetriever",
    "call",
    "call_all",
    "say",
]
