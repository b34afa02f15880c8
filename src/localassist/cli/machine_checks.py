"""`doctor` on the machine: cores, memory, bandwidth and the llama.cpp build, and what they mean for the models."""

from collections.abc import Iterator
from dataclasses import dataclass

from localassist.catalog import find_models
from localassist.catalog.description import OVERHEAD_BYTES, describe
from localassist.catalog.rows import read_rows
from localassist.cli.findings import Finding
from localassist.cli.output import shorten, size
from localassist.config import Config
from localassist.errors import ModelLoadFailed
from localassist.inference.machine import Machine, llama_build, look_at_machine, measure_bandwidth

SLOW_TOKENS_PER_S = 5.0


@dataclass(frozen=True, slots=True)
class Speed:
    """About how many tokens a model writes in a second here: memory bandwidth over the bytes each token reads."""

    name: str
    is_installed: bool
    tokens_per_s: float
    memory_bytes: int
    fits: bool


def check_machine(machine: Machine, bandwidth: float) -> Iterator[Finding]:
    cores = f"{machine.physical_cores} physical, {machine.logical_cores} logical"
    if machine.load > machine.physical_cores:
        busy = f"{cores}; other programs keep them busy (load {machine.load:.1f})"
        yield Finding("cores", "warning", busy, "Answers come slower while other programs compute.")
    else:
        yield Finding("cores", "ok", cores)
    memory = f"{size(machine.memory_bytes)}, of which {size(machine.available_bytes)} are available"
    if machine.available_bytes < 1e9:
        yield Finding("memory", "warning", memory, "Close other programs, or use a smaller model.")
    else:
        yield Finding("memory", "ok", memory)
    yield Finding("bandwidth", "ok", f"{size(bandwidth)} per second, measured by copying on all cores")


def check_build(config: Config) -> Iterator[Finding]:
    build = llama_build()
    name = f"llama-cpp-python {build.version}"
    if build.has_gpu:
        idle = "" if config.gpu_layers else "; it is not used"
        remedy = "" if config.gpu_layers else "Set gpu_layers to -1 to put models on it."
        yield Finding("gpu", "ok" if config.gpu_layers else "note", f"{name} can use a GPU{idle}", remedy)
    elif config.gpu_layers:
        remedy = "Build llama-cpp-python for your GPU (CMAKE_ARGS=-DGGML_CUDA=on), or set gpu_layers to 0."
        yield Finding("gpu", "problem", f"gpu_layers is {config.gpu_layers}, but {name} is built for the CPU", remedy)
    else:
        yield Finding("gpu", "ok", f"{name} is built for the CPU")


def check_models(config: Config, speeds: list[Speed]) -> Iterator[Finding]:
    """Each installed model; none at all is a problem."""
    speed_by_name = {speed.name: speed for speed in speeds if speed.is_installed}
    paths = find_models(config)
    if not paths:
        yield Finding("models", "problem", "no model is installed", "localassist models pull NAME gets one.")
    for name, path in paths.items():
        try:
            about = describe(path)
        except ModelLoadFailed as exc:
            yield Finding(f"model {name}", "problem", shorten(exc.message, 200), "Download it again, or remove it.")
            continue
        if about.is_embedding:
            yield Finding(f"model {name}", "ok", f"for embeddings, {size(about.size_bytes)}")
            continue
        yield _judge(speed_by_name[name])


def _judge(speed: Speed) -> Finding:
    subject = f"model {speed.name}"
    text = f"about {_rate(speed.tokens_per_s)} tokens per second, {size(speed.memory_bytes)} of memory"
    if not speed.fits:
        return Finding(subject, "problem", f"needs {text}, which is not there", "Use a smaller model or quantization.")
    if speed.tokens_per_s < SLOW_TOKENS_PER_S:
        return Finding(subject, "warning", text, "A smaller model or quantization answers faster.")
    return Finding(subject, "ok", text)


def _rate(tokens_per_s: float) -> str:
    return f"{tokens_per_s:.0f}" if tokens_per_s >= 10 else f"{tokens_per_s:.1f}"


def measure() -> tuple[Machine, float]:
    """The machine, and its memory bandwidth in bytes per second."""
    machine = look_at_machine()
    return machine, measure_bandwidth(threads=machine.physical_cores)


def expected_speeds(config: Config, machine: Machine, bandwidth: float) -> list[Speed]:
    """For the installed models that can write, then for those of the catalogue."""
    found = []
    for name, path in find_models(config).items():
        try:
            about = describe(path)
        except ModelLoadFailed:
            continue
        if not about.is_embedding:
            memory = about.memory_bytes(config.context_window)
            found.append(_speed(name, about.bytes_per_token, memory, machine, bandwidth, is_installed=True))
    for row in read_rows():
        if row.kind == "chat":
            memory = row.size_bytes + OVERHEAD_BYTES
            found.append(_speed(row.name, row.bytes_per_token, memory, machine, bandwidth, is_installed=False))
    return found


def _speed(
    name: str, bytes_per_token: int, memory: int, machine: Machine, bandwidth: float, *, is_installed: bool
) -> Speed:
    return Speed(name, is_installed, bandwidth / max(1, bytes_per_token), memory, memory <= machine.available_bytes)
