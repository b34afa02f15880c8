"""Code interpreter: Jupyter kernels in a sandbox that proves itself."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localassist.interpreter.interpreter import KernelInterpreter

__all__ = ["KernelInterpreter"]


def __getattr__(name: str) -> Any:
    """Load the interpreter at its first use."""
    if name in __all__:
        from localassist.interpreter import interpreter

        return getattr(interpreter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
