"""localassist: the Assistants API on your own machine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localassist.client import AsyncLocalAssist, LocalAssist

__version__ = "0.1.0"
__all__ = ["AsyncLocalAssist", "LocalAssist", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the client at first use: `import localassist` itself stays instant."""
    if name in ("LocalAssist", "AsyncLocalAssist"):
        from localassist import client

        return getattr(client, name)
    raise AttributeError(f"module 'localassist' has no attribute '{name}'")
