"""Settings of one loaded model, and of the process it is loaded in. No native library is imported here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

KvType = Literal["f32", "f16", "q8_0", "q4_0"]
FlashAttention = Literal["auto", "on", "off"]

# Called while a model loads, with how much of it is there, from 0 to 1.
OnProgress = Callable[[float], None]

DEFAULT_CONTEXT_WINDOW = 8192

# To be in the environment of a process before it loads llama.cpp, where the user has not set them:
# no debugger is started for a backtrace when native code aborts, and large buffers use huge pages.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"GGML_NO_BACKTRACE": "1", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
)


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """How a model is loaded and run. Every default is meant to be right for an ordinary computer."""

    context_window: int | None = None
    """Tokens one conversation may have; None: what the model was trained for, at most 8192."""

    cache_tokens: int | None = None
    """Tokens of all conversations together that are kept computed; None: up to four windows in 512 MiB."""

    max_sequences: int = 8
    """Generations that run at the same time; more wait in order."""

    max_residents: int = 24
    """Finished conversations kept for their next turn, as far as `cache_tokens` reaches."""

    batch_size: int = 512
    """Tokens computed in one step at most."""

    step_budget_s: float = 0.175
    """How long one step may take while somebody is being written to: bounds the gap between two tokens."""

    threads: int | None = None
    """CPU threads; None: one per physical core, fewer while other programs keep the cores busy."""

    gpu_layers: int = 0
    """Layers computed on a GPU; -1 for all."""

    flash_attention: FlashAttention = "auto"
    """"auto": where the model allows it, except with a cache in f32, whose numbers it would round to 16 bits."""

    kv_type: KvType = "f16"
    """With "f32" scores depend least on how tokens were batched: greedy answers are those of single runs."""

    top_k: int = 40
    """Sampling looks at so many of the likeliest tokens; 0 for all."""

    min_p: float = 0.05
    """Sampling leaves out tokens this much less likely than the likeliest; 0 for none."""

    memory_limit_bytes: int | None = None
    """Refuse models that need more; None: the memory this machine has available."""
