import pytest

from localassist.errors import InvalidRequest
from localassist.inference.schema_check import check_schema


def an_object(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_what_can_be_enforced_passes():
    check_schema(an_object(city={"type": "string"}, unit={"enum": ["c", "f"]}))


def test_what_no_text_can_satisfy_is_refused_with_the_reason():
    with pytest.raises(InvalidRequest, match=r"[Uu]nsatisfiable"):
        check_schema(an_object(a={"type": "string", "pattern": "^abc$", "format": "date"}))
