"""Tools, tool resources, tool choice and response format: as asked for and as echoed."""

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from localassist.errors import InvalidRequest
from localassist.objects.base import Metadata, RequestBody, WireObject, contract_fault
from localassist.objects.chunking import ChunkingBody
from localassist.objects.strict_schema import SchemaFault, check_object_schema, check_schema_size, check_strict_schema
from localassist.objects.tags import tag_by_type

# --- tools --------------------------------------------------------------------------------------------------------


class CodeInterpreterTool(WireObject):
    type: Literal["code_interpreter"] = "code_interpreter"


class RankingOptions(WireObject):
    ranker: str = "default_2024_08_21"
    score_threshold: float = 0.0
    hybrid_search: dict[str, Any] | None = None


class FileSearchOptions(WireObject):
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"max_num_results"})

    max_num_results: int | None = None
    ranking_options: RankingOptions = RankingOptions()


class FileSearchTool(WireObject):
    type: Literal["file_search"] = "file_search"
    file_search: FileSearchOptions = FileSearchOptions()


class FunctionDefinition(WireObject):
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"description", "parameters"})

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool = False


class FunctionTool(WireObject):
    type: Literal["function"] = "function"
    function: FunctionDefinition


Tool = Annotated[CodeInterpreterTool | FileSearchTool | FunctionTool, Field(discriminator="type")]


class CodeInterpreterToolBody(RequestBody):
    type: Literal["code_interpreter"]

    def materialised(self) -> CodeInterpreterTool:
        return CodeInterpreterTool()


class HybridSearchBody(RequestBody):
    """Weights of the two legs in the reciprocal rank fusion."""

    embedding_weight: Annotated[float, Field(ge=0)]
    text_weight: Annotated[float, Field(ge=0)]


class RankingOptionsBody(RequestBody):
    ranker: Literal["auto", "default_2024_08_21"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)]
    hybrid_search: HybridSearchBody | None = None


class FileSearchOptionsBody(RequestBody):
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingOptionsBody | None = None


class FileSearchToolBody(RequestBody):
    type: Literal["file_search"]
    file_search: FileSearchOptionsBody | None = None

    def materialised(self) -> FileSearchTool:
        asked = self.file_search
        if asked is None:
            return FileSearchTool()
        ranking = RankingOptions()
        if asked.ranking_options is not None:
            given = asked.ranking_options
            weights = None if given.hybrid_search is None else given.hybrid_search.model_dump()
            ranking = RankingOptions(score_threshold=given.score_threshold, hybrid_search=weights)
        return FileSearchTool(
            file_search=FileSearchOptions(max_num_results=asked.max_num_results, ranking_options=ranking)
        )


class FunctionDefinitionBody(RequestBody):
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: Annotated[str, Field(max_length=1048576)] | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    @model_validator(mode="after")
    def _check_parameters(self) -> Self:
        """Strict functions need a schema of the strict subset; others any object, or nothing at all."""
        if self.parameters is None and not self.strict:
            return self
        try:
            (check_strict_schema if self.strict else check_object_schema)(self.parameters)
        except SchemaFault as exc:
            message = f"Invalid schema for function '{self.name}': {exc.message}"
            raise contract_fault(message, code="invalid_function_parameters", suffix=".parameters") from exc
        return self


class FunctionToolBody(RequestBody):
    type: Literal["function"]
    function: FunctionDefinitionBody

    def materialised(self) -> FunctionTool:
        asked = self.function
        return FunctionTool(
            function=FunctionDefinition(
                name=asked.name,
                description=asked.description,
                parameters=asked.parameters,
                strict=bool(asked.strict),
            )
        )


ToolBody = Annotated[
    Annotated[CodeInterpreterToolBody, Tag("#code_interpreter")]
    | Annotated[FunctionToolBody, Tag("#function")]
    | Annotated[FileSearchToolBody, Tag("#file_search")],
    Discriminator(tag_by_type()),
]
ToolBodies = Annotated[list[ToolBody], Field(max_length=128)]


# --- tool resources -----------------------------------------------------------------------------------------------


class CodeInterpreterResources(WireObject):
    file_ids: list[str] = []


class FileSearchResources(WireObject):
    vector_store_ids: list[str] = []


class ToolResources(WireObject):
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"code_interpreter", "file_search"})

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None

    @property
    def code_file_ids(self) -> list[str]:
        return [] if self.code_interpreter is None else self.code_interpreter.file_ids

    @property
    def vector_store_ids(self) -> list[str]:
        return [] if self.file_search is None else self.file_search.vector_store_ids


MAX_CODE_FILES: Final = 20


class CodeInterpreterResourcesBody(RequestBody):
    file_ids: Annotated[list[str], Field(max_length=MAX_CODE_FILES)] | None = None


class VectorStoreHelperBody(RequestBody):
    file_ids: Annotated[list[str], Field(max_length=10000)] | None = None
    chunking_strategy: ChunkingBody | None = None
    metadata: Metadata | None = None


class FileSearchResourcesBody(RequestBody):
    vector_store_ids: Annotated[list[str], Field(max_length=1)] | None = None


class FileSearchCreationBody(FileSearchResourcesBody):
    vector_stores: Annotated[list[VectorStoreHelperBody], Field(max_length=1)] | None = None

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        if self.vector_store_ids and self.vector_stores:
            raise contract_fault(
                "Mutually exclusive parameters: 'vector_store_ids' and 'vector_stores'. Give one of them.",
                code="mutually_exclusive_parameters",
                suffix=".vector_stores",
            )
        return self


class ToolResourcesBody(RequestBody):
    code_interpreter: CodeInterpreterResourcesBody | None = None
    file_search: FileSearchResourcesBody | None = None


class ToolResourcesCreationBody(RequestBody):
    """As `ToolResourcesBody`, with the helper that creates a vector store."""

    code_interpreter: CodeInterpreterResourcesBody | None = None
    file_search: FileSearchCreationBody | None = None


# --- tool choice --------------------------------------------------------------------------------------------------


class NamedFunction(RequestBody):
    name: str


class FunctionChoice(RequestBody):
    type: Literal["function"]
    function: NamedFunction


class CodeInterpreterChoice(RequestBody):
    type: Literal["code_interpreter"]


class FileSearchChoice(RequestBody):
    type: Literal["file_search"]


ToolChoiceBody = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("#=mode")]
    | Annotated[FunctionChoice, Tag("#function")]
    | Annotated[CodeInterpreterChoice, Tag("#code_interpreter")]
    | Annotated[FileSearchChoice, Tag("#file_search")],
    Discriminator(tag_by_type("#=mode")),
]


# --- response format ----------------------------------------------------------------------------------------------


class JsonSchemaFormat(RequestBody):
    omit_when_none: ClassVar[frozenset[str]] = frozenset({"description", "schema"})

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
    description: str | None = None
    json_schema: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None

    @model_validator(mode="after")
    def _check_schema(self) -> Self:
        """Without `strict` any schema will do."""
        try:
            (check_strict_schema if self.strict else check_schema_size)(self.json_schema)
        except SchemaFault as exc:
            message = f"Invalid schema for response_format '{self.name}': {exc.message}"
            suffix = "response_format"
            raise contract_fault(message, code="invalid_json_schema", suffix=suffix, at_root=True) from exc
        return self


class TextFormat(RequestBody):
    type: Literal["text"]


class JsonObjectFormat(RequestBody):
    type: Literal["json_object"]


class JsonSchemaResponse(RequestBody):
    type: Literal["json_schema"]
    json_schema: JsonSchemaFormat


def _legacy_none(value: Any) -> Any:
    """In April 2024 the string "none" was legal and meant "auto"."""
    return "auto" if value == "none" else value


ResponseFormatBody = Annotated[
    Annotated[Literal["auto"], Tag("#=mode")]
    | Annotated[TextFormat, Tag("#text")]
    | Annotated[JsonObjectFormat, Tag("#json_object")]
    | Annotated[JsonSchemaResponse, Tag("#json_schema")],
    Discriminator(tag_by_type("#=mode")),
    BeforeValidator(_legacy_none),
]


def echoed(choice: Any) -> Any:
    """A tool choice or response format as the JSON it was sent as."""
    if isinstance(choice, RequestBody):
        return choice.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return choice


def check_response_format(response_format: Any, tools: list[Any]) -> None:
    """JSON modes exclude hosted tools (contract §3.8). Raises the contract's fault."""
    kind = response_format.get("type") if isinstance(response_format, dict) else response_format
    if kind in ("json_object", "json_schema") and any(tool.type != "function" for tool in tools):
        raise InvalidRequest(
            f"Invalid tools: all tools must be of type `function` when `response_format` is of type `{kind}`.",
            param="response_format",
        )
