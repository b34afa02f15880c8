"""What all wire objects share: the clock (the only reader of the time), ids, metadata and the base classes."""

import re
import secrets
import string
import time
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import PydanticCustomError

from localassist.errors import InvalidRequest

ALPHANUMERIC = string.ascii_letters + string.digits


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def new_id(prefix: str) -> str:
    """A random id in the contract's form: `file-` + 22, hex for stores, batches and uploads, else 24 characters."""
    if prefix in ("vs_", "vsfb_", "upload_", "part_", "req_"):
        return prefix + secrets.token_hex(16)
    length = 22 if prefix == "file-" else 24
    return prefix + "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))


def check_id(value: str, param: str, prefix: str) -> str:
    """Refuse an id that cannot be one of its kind; `prefix` is without its underscore ("thread")."""
    if not re.fullmatch(re.escape(prefix) + r"_[A-Za-z0-9_-]+", value):
        raise InvalidRequest(
            f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'.",
            param=param,
            code="invalid_value",
        )
    return value


class WireObject(BaseModel):
    """Something that goes over the wire, and into the store, as JSON. Keys keep the order of the contract."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    # Keys that are left out, not null, when unset.
    omit_when_none: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        for name in self.omit_when_none:
            if data.get(name, ...) is None:
                del data[name]
        return data


class StoredObject(WireObject):
    """An object with an identity. `internal`, where a subclass has it, is stored but never sent."""

    id_prefix: ClassVar[str]
    kind: ClassVar[str]  # the word of the contract's "No … found with id"

    if TYPE_CHECKING:  # declared by each subclass, at its place in the wire's order of keys
        id: str
        created_at: int

    def wire(self) -> dict[str, Any]:
        """The JSON a client gets."""
        return self.model_dump(mode="json", exclude={"internal"})


class RequestBody(BaseModel):
    """A request body or a part of one: unknown keys are faults, types are strict, explicit nulls are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())

    def given(self, name: str) -> bool:
        """Whether the caller sent the field, be it null."""
        return name in self.model_fields_set


class Deleted(WireObject):
    """The answer to a deletion."""

    id: str
    object: str
    deleted: bool = True


def contract_fault(message: str, *, code: str | None, suffix: str = "", at_root: bool = False) -> PydanticCustomError:
    """A fault in the contract's words; its param is the field's path plus `suffix` (only `suffix` at the root)."""
    return PydanticCustomError(
        "contract", "{message}", {"message": message, "code": code, "suffix": suffix, "at_root": at_root}
    )


def json_type(value: Any) -> str:
    """The contract's word for a JSON value's type, with its article."""
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    if value is None:
        return "null"
    return names.get(type(value), "an object")


def _check_metadata(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if len(value) > 16:
        raise contract_fault(
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
            f"but got an object with {len(value)} properties instead.",
            code="object_above_max_properties",
        )
    for key, item in value.items():
        _check_metadata_pair(key, item)
    return value


def _check_metadata_pair(key: str, item: Any) -> None:
    if len(key) > 64:
        shown = f"{key[:3]}...{key[-3:]}"
        raise contract_fault(
            f"Invalid property name in 'metadata': '{shown}' is too long. Expected a string with maximum length 64, "
            f"but got a string with length {len(key)} instead.",
            code="property_name_above_max_length",
            suffix=f".{key}",
        )
    if not isinstance(item, str):
        raise contract_fault(
            f"Invalid type for 'metadata.{key}': expected a string, but got {json_type(item)} instead.",
            code="invalid_type",
            suffix=f".{key}",
        )
    if len(item) > 512:
        raise contract_fault(
            f"Invalid 'metadata.{key}': string too long. Expected a string with maximum length 512, "
            f"but got a string with length {len(item)} instead.",
            code="string_above_max_length",
            suffix=f".{key}",
        )


Metadata = Annotated[dict[str, str], BeforeValidator(_check_metadata)]
