"""How fast the bundled model reads and writes through the engine, and how large it makes the wheel."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _engine import median, report, timed, words
from localassist.catalog import bundled_model
from localassist.inference.backend import LlamaBackend

REPOSITORY = Path(__file__).resolve().parents[1]
PROMPT_TOKENS, MAX_TOKENS, ROUNDS = 1500, 300, 7


def speeds(backend: LlamaBackend) -> list[tuple[str, float, float]]:
    """Tokens a second on the clock and per second of processor time: reading a prompt, then writing after it."""
    reading, writing, reading_cpu, writing_cpu = [], [], [], []
    for number in range(ROUNDS):
        prompt = words(PROMPT_TOKENS // 3, seed=number)
        started_cpu = time.process_time()
        first_s = timed(backend, prompt, 1).first_s
        reading_cpu.append(backend.count_tokens(prompt) / (time.process_time() - started_cpu))
        reading.append(backend.count_tokens(prompt) / first_s)
        started_cpu = time.process_time()
        arrivals = timed(backend, prompt, MAX_TOKENS).arrivals
        writing_cpu.append((len(arrivals) - 1) / (time.process_time() - started_cpu))
        writing.append((len(arrivals) - 1) / (arrivals[-1] - arrivals[0]))
    return [
        ("reading", median(reading), median(reading_cpu)),
        ("writing", median(writing), median(writing_cpu)),
    ]


def wheel_size_bytes() -> int:
    """Build the wheel into a directory of its own and weigh it."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory]
        subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
        (wheel,) = Path(directory).glob("*.whl")
        return wheel.stat().st_size


def main() -> None:
    path = bundled_model()
    assert path is not None, "no bundled model in this checkout"
    backend = LlamaBackend(path)
    rows = speeds(backend)
    backend.close()
    size_bytes = wheel_size_bytes()
    columns = ["bundled model", "tokens/s", "tokens per second of processor time"]
    report("tiny_speed", columns, rows, model_size_bytes=path.stat().st_size, wheel_size_bytes=size_bytes)
    print(f"model {path.stat().st_size / 1e6:.1f} MB, wheel {size_bytes / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
