"""Whether a JSON schema can be enforced while decoding, found out without a model: by compiling it for single bytes."""

import functools
from collections.abc import Mapping
from typing import Any

from llguidance import LLMatcher, LLTokenizer

from localassist.errors import InvalidRequest
from localassist.objects.schema_patterns import find_pattern_fault
from localassist.objects.schema_references import all_schemas


@functools.cache
def _byte_tokenizer() -> Any:
    return LLTokenizer("byte")


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises InvalidRequest with the compiler's reason."""
    for part in all_schemas(schema).values():
        fault = find_pattern_fault(part["pattern"]) if isinstance(part.get("pattern"), str) else None
        if fault is not None:  # some would take long to compile
            raise InvalidRequest(fault)
    grammar = LLMatcher.grammar_from_json_schema(dict(schema))
    matcher = LLMatcher(_byte_tokenizer(), grammar)
    if matcher.is_error():
        raise InvalidRequest(str(matcher.get_error()).splitlines()[0])
