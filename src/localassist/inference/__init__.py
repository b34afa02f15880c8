"""The inference engine: many sequences on one llama.cpp context, with prefix reuse and constrained decoding.

Importing this package loads no native library; `backend` (this process) and `remote` (a worker process) do, or start
something that does.
"""

from localassist.inference.options import ENVIRONMENT, LlamaOptions

__all__ = ["ENVIRONMENT", "LlamaOptions"]
