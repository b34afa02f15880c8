"""A PDF of 1,000 pages becomes searchable: how long, how the progress is told, and the service's peak memory."""

import argparse
import random
import resource
import tempfile
import threading
import time
from pathlib import Path

import psutil

from _engine import report
from localassist.config import Config
from localassist.engine import Engine
from localassist.objects.faults import validate
from localassist.objects.vector_stores import CreateVectorStore, Progress

VOCABULARY = (
    "river water heron bird morning village harbour letter window garden winter silver journey mountain paper bridge "
    "market question answer story evening captain island forest weather number system engine record matter station"
)
CHARACTERS_PER_PAGE = 2200
STAGES = ("reading", "preparing", "embedding")


def main() -> None:
    """Print the figures and write them to results/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder, Engine.open(Config(data_dir=folder)) as engine:
        path = Path(folder) / "book.pdf"
        path.write_bytes(pdf([page_text(number) for number in range(pages)]))
        memory = PeakMemory()
        seconds, steps, silences = ingest(engine, path)
        peaks = memory.stop()
    row = (
        pages,
        f"{seconds:.0f}",
        steps,
        *(f"{silences.get(stage, 0.0):.1f}" for stage in STAGES),
        f"{silences['any']:.1f}",
        f"{peaks[0] / 1e9:.2f}",
        f"{peaks[1] / 1e9:.2f}",
    )
    head = ["pages", "s", "counts seen"]
    head += [f"longest with no other count while {stage}, s" for stage in STAGES]
    head += ["longest with nothing new at all, s", "peak of the service, GB", "with its children, GB"]
    report("ingestion_pdf", head, [row])


def page_text(number: int) -> str:
    """About as much text as a page of a book has, different on every page."""
    chance, words = random.Random(number), VOCABULARY.split()
    lines, length = [], 0
    while length < CHARACTERS_PER_PAGE:
        lines.append(" ".join(chance.choice(words) for _ in range(12)) + ".")
        length += len(lines[-1]) + 1
    return f"Page {number + 1}\n" + "\n".join(lines[:44])


def pdf(pages: list[str]) -> bytes:
    """A PDF of ASCII text in Helvetica."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        lines = "".join(f"({line}) Tj 0 -16 Td\n" for line in text.split("\n"))
        stream = f"BT /F1 10 Tf 40 800 Td\n{lines}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        fonts = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {fonts} /Contents {len(objects)} 0 R >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = "%PDF-1.7\n", []
    parts = [out]
    length = len(out)
    for number, content in enumerate(objects, 1):
        places.append(length)
        parts.append(f"{number} 0 obj\n{content}\nendobj\n")
        length += len(parts[-1])
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    parts.append(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}")
    parts.append(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{length}\n%%EOF\n")
    return "".join(parts).encode("ascii")


def ingest(engine: Engine, path: Path) -> tuple[float, int, dict[str, float]]:
    """Seconds until it is searchable, how many different counts were seen, and the longest times without a new one.

    Those are by the stage they began in, and `any` is a time in which not even the seconds went on.
    """
    with path.open("rb") as source:
        file_id = engine.files.create(filename="book.pdf", purpose="assistants", source=source).id
    started = time.perf_counter()
    store_id = engine.vector_stores.create(validate(CreateVectorStore, {"file_ids": [file_id]})).id
    shown, steps = Progress(), 0
    counted_at = moved_at = started
    silences: dict[str, float] = {}

    def end(silence: str, begun: float) -> float:
        at = time.perf_counter()
        silences[silence] = max(silences.get(silence, 0.0), at - begun)
        return at

    while (file := engine.store_files.get(store_id, file_id)).status == "in_progress":
        before, shown = shown, file.localassist or shown
        if shown != before:
            moved_at = end("any", moved_at)
        if shown.model_copy(update={"elapsed_s": before.elapsed_s}) != before:
            counted_at, steps = end(before.stage, counted_at), steps + 1
        time.sleep(0.05)
    assert file.status == "completed", file.last_error
    end("any", moved_at)
    return end(shown.stage, counted_at) - started, steps, silences


class PeakMemory:
    """Looks at the resident memory of this process and its children ten times a second."""

    def __init__(self) -> None:
        self._peak_with_children = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        """Bytes: of this process, and together with its children."""
        self._stopping.set()
        self._thread.join()
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return own, max(own, self._peak_with_children)

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stopping.wait(0.1):
            total = process.memory_info().rss
            for child in process.children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self._peak_with_children = max(self._peak_with_children, total)


if __name__ == "__main__":
    main()
