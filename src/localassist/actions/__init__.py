"""OpenAPI documents as function tools: `from_openapi(document)` describes the operations and performs the calls."""

from localassist.actions.actions import Actions, from_openapi

__all__ = ["Actions", "from_openapi"]
