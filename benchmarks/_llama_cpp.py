"""llama.cpp's own programs, built from the tree inside the llama-cpp-python source package: same commit, same flags."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _engine import CACHE

_FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=ON",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
)


def programs() -> Path:
    """The folder of `llama-bench` and `llama-server`; the first call builds them, which takes about ten minutes."""
    source = CACHE / f"llama_cpp_python-{version('llama-cpp-python')}" / "vendor" / "llama.cpp"
    built = source / "build" / "bin"
    if not (built / "llama-server").exists():
        if shutil.which("cmake") is None:
            raise SystemExit("building llama.cpp needs cmake and a C++ compiler")
        if not source.exists():
            _download()
        subprocess.run(["cmake", "-B", "build", *_FLAGS], cwd=source, check=True, stdout=subprocess.DEVNULL)
        build = ["cmake", "--build", "build", "-j", str(os.cpu_count() or 1)]
        targets = ["--target", "llama-bench", "llama-server"]
        subprocess.run([*build, *targets], cwd=source, check=True, stdout=subprocess.DEVNULL)
    return built


def _download() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    name = f"llama-cpp-python=={version('llama-cpp-python')}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "llama-cpp-python", name]
    subprocess.run([*command, "-d", str(CACHE)], check=True, stdout=subprocess.DEVNULL)
    [archive] = CACHE.glob("llama_cpp_python-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(CACHE, filter="data")


def bench_decode(model: Path, *, threads: int, tokens: int) -> float:
    """Tokens per second that `llama-bench` decodes, one sequence."""
    command = [str(programs() / "llama-bench"), "-m", str(model), "-p", "0", "-n", str(tokens), "-t", str(threads)]
    output = subprocess.run([*command, "-r", "1", "-o", "json"], check=True, capture_output=True, text=True).stdout
    return float(json.loads(output)[0]["avg_ts"])


@contextmanager
def server(model: Path, *, threads: int, slots: int) -> Iterator[str]:
    """A running `llama-server`; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(programs() / "llama-server"), "-m", str(model), "--port", str(port), "-t", str(threads)]
    options = ["-np", str(slots), "-c", "8192", "--no-cache-prompt", "--cache-ram", "0", "--no-webui"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _is_ready(address):
            if process.poll() is not None:
                raise SystemExit(f"llama-server stopped with exit status {process.returncode}")
            time.sleep(0.2)
        yield address
    finally:
        process.kill()
        process.wait()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def server_tokens_per_second(address: str, prompts: Sequence[str], max_tokens: int) -> float:
    """All prompts at once, greedily, streamed, the reading of them included."""

    def complete(prompt: str) -> None:
        body: dict[str, Any] = {"prompt": prompt, "n_predict": max_tokens, "temperature": 0, "stream": True}
        request = urllib.request.Request(
            f"{address}/completion",
            data=json.dumps({**body, "ignore_eos": True}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=600) as response:
            for _ in response:
                pass

    threads = [threading.Thread(target=complete, args=(prompt,)) for prompt in prompts]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(prompts) * max_tokens / (time.perf_counter() - started)
