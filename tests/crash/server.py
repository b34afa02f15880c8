"""A program that serves again and again until each life is killed: python -m tests.crash.server MODEL DATA_DIRECTORY

For each line on its standard input it forks a server, which answers with its process id and its URL; when that has
died, it says "died". The imports are done before the first fork, so a life begins at once.
"""

import os
import sys
from collections.abc import Callable

import llama_cpp  # noqa: F401

from localassist.config import Config
from localassist.engine import Engine
from localassist.http.server import serve


def tell(line: object) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def live(model: str, data_dir: str) -> None:
    config = Config(model=model, data_dir=data_dir, max_concurrent_runs=3, threads=1)
    with Engine.open(config) as engine:
        serve(engine, port=0, on_ready=lambda url: tell(f"{os.getpid()} {url}"))


def serve_lives(live: Callable[[], None]) -> None:
    """A child for each line; how it ended is told when it has."""
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live()
            os._exit(0)
        os.waitpid(pid, 0)
        tell("died")


if __name__ == "__main__":
    serve_lives(lambda: live(sys.argv[1], sys.argv[2]))
