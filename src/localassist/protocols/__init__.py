"""The seams: what the run loop and the services ask of the parts that touch the outside world.

Values go in and out; no type or exception of a library crosses. Adapters implement these and never import each other.
"""

from localassist.protocols.cancellation import Cancellation
from localassist.protocols.dialect import (
    AnswerFormat,
    CallArguments,
    CallStarted,
    ChatMessage,
    ChatToolCall,
    Dialect,
    DialectParser,
    FunctionSpec,
    ParsedPiece,
    ReasoningPiece,
    TextPiece,
    ToolChoice,
)
from localassist.protocols.events import EventBus, Subscription
from localassist.protocols.generation import (
    GUARD_CLOSE,
    GUARD_OPEN,
    Constraint,
    FinishReason,
    GenerationRequest,
    GenerationUsage,
    ModelBackend,
    ModelFacts,
    Token,
    TokenStream,
    grammar_json,
)
from localassist.protocols.interpreter import CellFile, CellImage, CellResult, Interpreter, SessionFile
from localassist.protocols.library import EmbeddingModel, LoadedModel, ModelLibrary
from localassist.protocols.retrieval import FoundChunk, Retriever, SearchOptions
from localassist.protocols.storage import BlobStore, Page, Slice, Store

__all__ = [
    "GUARD_CLOSE",
    "GUARD_OPEN",
    "AnswerFormat",
    "BlobStore",
    "CallArguments",
    "CallStarted",
    "Cancellation",
    "CellFile",
    "CellImage",
    "CellResult",
    "ChatMessage",
    "ChatToolCall",
    "Constraint",
    "Dialect",
    "DialectParser",
    "EmbeddingModel",
    "EventBus",
    "FinishReason",
    "FoundChunk",
    "FunctionSpec",
    "GenerationRequest",
    "GenerationUsage",
    "Interpreter",
    "LoadedModel",
    "ModelBackend",
    "ModelFacts",
    "ModelLibrary",
    "Page",
    "ParsedPiece",
    "ReasoningPiece",
    "Retriever",
    "SearchOptions",
    "SessionFile",
    "Slice",
    "Store",
    "Subscription",
    "TextPiece",
    "Token",
    "TokenStream",
    "ToolChoice",
    "grammar_json",
]
