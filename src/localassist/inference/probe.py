"""Whether a GGUF file can be trusted: it is looked at first, then loaded once in a process that may die of it."""

from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from localassist.errors import ModelLoadFailed, NotEnoughMemory
from localassist.gguf import GgufFile, read_gguf
from localassist.inference.options import DEFAULT_CONTEXT_WINDOW, LlamaOptions
from localassist.inference.worker_process import WorkerProcess
from localassist.protocols import ModelFacts

_OVERHEAD_BYTES = 100 * 1024 * 1024  # compute buffers and the library itself
_GROUP = Path("/sys/fs/cgroup")


def check_file(path: Path, options: LlamaOptions) -> GgufFile:
    """Everything that can be said without loading. Raises ModelLoadFailed naming the file and the remedy."""
    header = read_gguf(path)
    if not header.architecture:
        raise ModelLoadFailed(f"The model file {path} does not say what architecture it has. Download it again.")
    if header.is_embedding:
        raise ModelLoadFailed(
            f"{path} is an embedding model ({header.architecture}); it cannot write answers. "
            "Use an instruction-tuned text model."
        )
    _check_memory(header, options)
    return header


def probe(path: Path, options: LlamaOptions, *, environment: Mapping[str, str] | None = None) -> ModelFacts:
    """Load the model in a process of its own and return its facts. Raises ModelLoadFailed, also when that crashes."""
    check_file(path, options)
    process = WorkerProcess(path, options, environment=environment)
    process.close()
    return process.facts


def _check_memory(header: GgufFile, options: LlamaOptions) -> None:
    trained = header.dimension("context_length", DEFAULT_CONTEXT_WINDOW)
    window = options.context_window or min(trained, DEFAULT_CONTEXT_WINDOW)
    cells = max(options.cache_tokens or 0, window)
    context_bytes = cells * header.kv_bytes_per_token
    weight_bytes = sum(part.stat().st_size for part in _parts(header.path))
    needed = context_bytes + _OVERHEAD_BYTES + (weight_bytes if options.gpu_layers == 0 else 0)
    limit = options.memory_limit_bytes or available_bytes()
    if needed > limit:
        raise NotEnoughMemory(
            f"The model file {header.path} needs about {_gigabytes(needed)} of memory (weights "
            f"{_gigabytes(weight_bytes)}, a context of {cells} tokens {_gigabytes(context_bytes)}), but "
            f"{_gigabytes(limit)} are available. Use a smaller model or quantisation, or a smaller context window."
        )


def _parts(path: Path) -> list[Path]:
    """The file, or all files of a model that is split into several."""
    stem, separator, count = path.stem.rpartition("-of-")
    if separator and stem.endswith("-00001"):
        return sorted(path.parent.glob(f"{stem.removesuffix('-00001')}-*-of-{count}{path.suffix}"))
    return [path]


def available_bytes() -> int:
    """Free memory of the machine, or of the group of processes this one is limited to."""
    available = int(psutil.virtual_memory().available)
    try:
        limit, used = (int((_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        kept = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no group, or one without a limit
        return available
    cached_files = int(kept.get("active_file", 0)) + int(kept.get("inactive_file", 0))
    return min(available, limit - used + cached_files)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
