"""Makes the native library ready: once per process, with its log lines going to `logging` instead of the terminal."""

import ctypes
import functools
import logging
import re
from collections import deque

import llama_cpp

logger = logging.getLogger(__name__)

_WARNING, _ERROR = 3, 4
_PLACE = re.compile(r"^(\w+_\w+: |error loading model( \w+)?: )+")
recent_errors: deque[str] = deque(maxlen=8)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator, unused-ignore]
def _forward(level: int, text: bytes, _user_data: object) -> None:
    """Warnings and errors, for the curious: what matters to a user also becomes an exception."""
    if level not in (_WARNING, _ERROR):
        return
    line = text.decode("utf-8", "replace").strip()
    if level == _ERROR:
        recent_errors.append(line)
    logger.info("llama.cpp: %s", line)


@functools.cache
def initialise() -> None:
    """Start the native library."""
    llama_cpp.llama_log_set(_forward, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def last_error() -> str:
    """What llama.cpp complained about most recently, for a message: no names of functions, nothing empty."""
    reasons = [_PLACE.sub("", line) for line in recent_errors]
    return "; ".join([reason for reason in reasons if reason != "failed to load model"][-3:])
