"""How much a cell may show, as kernels are told, wherever they run."""

from localassist.interpreter.inside.boot import CapOptions
from localassist.interpreter.pictures import MAX_IMAGE_BYTES
from localassist.interpreter.sandbox.base import Limits

NUM_DISPLAYS = 100


def output_caps(limits: Limits) -> CapOptions:
    """The caps that keep what one cell shows within the limits."""
    return CapOptions(
        stream_chars=limits.output_bytes * 7 // 8,  # what is left over is for tracebacks and values
        text_chars=limits.output_bytes // 4,
        num_displays=NUM_DISPLAYS,
        image_bytes=MAX_IMAGE_BYTES,
    )
