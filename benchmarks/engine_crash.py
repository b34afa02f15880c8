"""The worker process is killed under load, again and again: every generation ends, and the next is served."""

import argparse
import os
import signal
import threading
import time

from _engine import endless_script, median, report, timed
from localassist.errors import GenerationFailed
from localassist.inference.options import LlamaOptions
from localassist.inference.remote import WorkerBackend
from localassist.protocols import GenerationRequest

RUNNING = 8
PROMPT = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    num_kills = parser.parse_args().kills
    backend = WorkerBackend(endless_script(), LlamaOptions(threads=1))
    ended, recoveries = 0, []
    for _ in range(num_kills):
        failures: list[str] = []

        def run(into: list[str] = failures) -> None:
            try:
                for _ in backend.generate(GenerationRequest(PROMPT, max_tokens=5000)):
                    pass
            except GenerationFailed as error:
                into.append(error.message)

        threads = [threading.Thread(target=run) for _ in range(RUNNING)]
        for thread in threads:
            thread.start()
        timed(backend, PROMPT, 3)
        os.kill(backend.process_id, signal.SIGKILL)
        for thread in threads:
            thread.join()
        ended += RUNNING
        started = time.perf_counter()
        timed(backend, PROMPT, 3)
        recoveries.append(time.perf_counter() - started)
    backend.close()
    rows = [(num_kills, ended, num_kills * RUNNING, median(recoveries), max(recoveries))]
    report("engine_crash", ["kills", "generations ended", "of", "next served, s (median)", "s (longest)"], rows)


if __name__ == "__main__":
    main()
