"""How files are cut into chunks: as asked for, and as echoed."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from localassist.objects.base import RequestBody, WireObject, contract_fault
from localassist.objects.tags import tag_by_type

DEFAULT_CHUNK_TOKENS, DEFAULT_OVERLAP_TOKENS = 800, 400


class StaticChunking(WireObject):
    max_chunk_size_tokens: int = DEFAULT_CHUNK_TOKENS
    chunk_overlap_tokens: int = DEFAULT_OVERLAP_TOKENS


class ChunkingStrategy(WireObject):
    """How a file is cut, always resolved: "auto" is the default sizes."""

    type: Literal["static"] = "static"
    static: StaticChunking = StaticChunking()


class AutoChunkingBody(RequestBody):
    type: Literal["auto"]

    def resolved(self) -> ChunkingStrategy:
        return ChunkingStrategy()


class StaticSizesBody(RequestBody):
    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        largest = self.max_chunk_size_tokens // 2
        if self.chunk_overlap_tokens > largest:
            raise contract_fault(
                "Invalid 'chunk_overlap_tokens': integer above maximum value. Expected a value <= "
                f"{largest}, half of 'max_chunk_size_tokens', but got {self.chunk_overlap_tokens} instead.",
                code="integer_above_max_value",
                suffix=".chunk_overlap_tokens",
            )
        return self


class StaticChunkingBody(RequestBody):
    type: Literal["static"]
    static: StaticSizesBody

    def resolved(self) -> ChunkingStrategy:
        sizes = self.static
        return ChunkingStrategy(
            static=StaticChunking(
                max_chunk_size_tokens=sizes.max_chunk_size_tokens, chunk_overlap_tokens=sizes.chunk_overlap_tokens
            )
        )


ChunkingBody = Annotated[
    Annotated[AutoChunkingBody, Tag("#auto")] | Annotated[StaticChunkingBody, Tag("#static")],
    Discriminator(tag_by_type()),
]
