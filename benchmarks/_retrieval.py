"""What the retrieval benchmarks share: corpora from Debian packages, questions with known answers, searching them."""

import html.parser
import json
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from localassist.errors import RetrievalFailed
from localassist.protocols import (
    ChunkingStrategy,
    ChunkStore,
    Embedder,
    EmbeddingModel,
    FilePassages,
    FoundChunk,
    SourceText,
)
from localassist.retrieval.chunking import chunk_text
from localassist.retrieval.opening import build_embedder
from localassist.retrieval.windows import embed_text

CACHE: Final = Path(tempfile.gettempdir()) / "localassist-benchmarks" / "retrieval"
LEAST_OVERLAP: Final = 200  # characters of the answer a passage must hold, or all of a shorter answer
_DOCS: Final = "usr/share/doc/python3.11/html/_sources"
_GUIDE: Final = "usr/share/doc/installation-guide-amd64"


@dataclass(frozen=True, slots=True)
class Document:
    """A text under the name of its file."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the stretch of a document that answers it."""

    query: str
    name: str
    start: int
    end: int

    def is_answered_by(self, passage: FoundChunk) -> bool:
        overlap = min(self.end, passage.end) - max(self.start, passage.start)
        return passage.file_name == self.name and overlap >= min(LEAST_OVERLAP, self.end - self.start)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents without the headings that the questions are."""

    documents: Sequence[Document]
    questions: Sequence[Question]


def unpacked(package: str) -> Path:
    """The files of a Debian package, fetched once with apt-get (no root) and unpacked into the cache."""
    folder = CACHE / package
    if not folder.exists():
        scratch = Path(tempfile.mkdtemp(dir=_made(CACHE)))
        subprocess.run(["apt-get", "download", package], cwd=scratch, check=True, stderr=subprocess.DEVNULL)
        (archive,) = scratch.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(archive), str(scratch / "files")], check=True)
        (scratch / "files").rename(folder)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# --- the Python documentation -------------------------------------------------------------------------------------

_HEADING = re.compile(r"^(?P<title>\S[^\n]*)\n(?P<line>([=\-~^*\"'#])\3{2,})[ \t]*$", re.MULTILINE)


def python_docs() -> Corpus:
    """FAQ questions over the FAQ, tutorial, how-tos and reference; the questions' headings are taken out."""
    sources = unpacked("python3.11-doc") / _DOCS
    documents, questions = [], []
    for path in sorted(
        path for part in ("faq", "tutorial", "howto", "reference") for path in (sources / part).glob("*")
    ):
        name = path.relative_to(sources).as_posix().removesuffix(".txt")
        text = path.read_text(encoding="utf-8")
        if name.startswith("faq/"):
            text, found = _without_questions(text, name)
            questions += found
        documents.append(Document(name, text))
    return Corpus(documents, questions)


def _without_questions(text: str, name: str) -> tuple[str, list[Question]]:
    pieces: list[str] = []
    open_query, opened, length, last = None, 0, 0, 0
    questions = []

    def close() -> None:
        if open_query is not None:
            answer = "".join(pieces)[opened:length]
            start = opened + len(answer) - len(answer.lstrip())
            questions.append(Question(open_query, name, start, opened + len(answer.rstrip())))

    for heading in _HEADING.finditer(text):
        if len(heading["line"]) < len(heading["title"]) - 2:
            continue
        is_question = heading["title"].rstrip().endswith("?")
        pieces.append(text[last : heading.start()])
        length += heading.start() - last
        close()
        last = heading.end() if is_question else heading.start()
        open_query, opened = (heading["title"].strip() if is_question else None), length
    pieces.append(text[last:])
    length += len(text) - last
    close()
    return "".join(pieces), [question for question in questions if question.end - question.start >= 40]


# --- the installation guide ---------------------------------------------------------------------------------------


def installation_guide(language: str) -> Corpus:
    """Section titles over the guide in one language; titles, navigation and tables of contents are taken out."""
    folder = unpacked("installation-guide-amd64") / _GUIDE / language
    documents, questions = [], []
    for path in sorted(folder.glob("*.html")):
        page = _GuidePage()
        page.feed(path.read_text(encoding="utf-8"))
        text = "".join(page.pieces)
        documents.append(Document(path.name, text))
        starts = [start for _, start in page.titles]
        for (title, start), end in zip(page.titles, [*starts[1:], len(text)], strict=True):
            section = text[start:end]
            visible = section.strip()
            if len(visible) >= 40 and title:
                begin = start + len(section) - len(section.lstrip())
                questions.append(Question(title, path.name, begin, begin + len(visible)))
    return Corpus(documents, questions)


class _GuidePage(html.parser.HTMLParser):
    """A page's text, and where its sections begin."""

    _SKIPPED: Final = {"navheader", "navfooter", "toc"}
    _BLOCKS: Final = {"p", "div", "li", "tr", "pre", "dt", "dd", "table"}

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.titles: list[tuple[str, int]] = []
        self._length = 0
        self._skipping = 0
        self._title: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag in ("div", "head") and (self._skipping or classes & self._SKIPPED or tag == "head"):
            self._skipping += 1
        elif re.fullmatch("h[1-6]", tag) and not self._skipping:
            self._title = []
        elif tag in self._BLOCKS:
            self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("div", "head") and self._skipping:
            self._skipping -= 1
        elif re.fullmatch("h[1-6]", tag) and self._title is not None:
            title = re.sub(r"^(?:[A-Z]|\d+)[.\d]*\s*", "", " ".join("".join(self._title).split()))
            title = re.sub(r"^(?:\d+장|第 ?\d+ ?章|부록 \w|附录 ?\w)\.?\s*", "", title)
            self.titles.append((title, self._length))
            self._title = None
        elif tag in self._BLOCKS:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif not self._skipping:
            self._add(data)

    def _add(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)


# --- searching ----------------------------------------------------------------------------------------------------


def default_embedder() -> Embedder:
    return build_embedder(None, cache=_made(CACHE / "models"), open_gguf=_no_gguf)


def _no_gguf() -> EmbeddingModel:
    raise RetrievalFailed("no GGUF model is measured here")


def ingest(documents: Sequence[Document], store_id: str, chunks: ChunkStore, embedder: Embedder | None) -> None:
    """Make documents searchable, one file each; by their words only without an embedder."""
    for number, document in enumerate(documents):
        pieces = chunk_text(SourceText(document.text), ChunkingStrategy())
        key, num_windows = embed_text(document.text, embedder, chunks) if embedder else (None, 0)
        chunks.put(
            FilePassages(store_id, f"file-{number:06d}", document.name, pieces, key=key, num_windows=num_windows)
        )


def rank(question: Question, passages: Sequence[FoundChunk]) -> int | None:
    """The place of the first passage that holds the answer, from 1."""
    return next((place for place, found in enumerate(passages, 1) if question.is_answered_by(found)), None)


def measures(ranks: Sequence[int | None]) -> dict[str, float]:
    """R@1, R@5, R@10 and MRR@10."""
    kept = [place for place in ranks if place is not None and place <= 10]
    recalls = {f"R@{k}": sum(place <= k for place in kept) / len(ranks) for k in (1, 5, 10)}
    return recalls | {"MRR@10": sum(1 / place for place in kept) / len(ranks)}


def halves(questions: Sequence[Question]) -> Iterator[tuple[str, Sequence[Question]]]:
    """Every other question to tune on, the others to report."""
    yield "tuning half", questions[::2]
    yield "other half", questions[1::2]


# --- reporting ----------------------------------------------------------------------------------------------------


def report(name: str, figures: Mapping[str, float], reach: Mapping[str, float], *, at_most: bool = True) -> None:
    """Print a table and write the figures with the machine to `results/NAME.json`."""
    table = Table("measure", "found", "reach")
    for measure, found in figures.items():
        sign = "≤" if at_most else "≥"
        table.add_row(measure, f"{found:.3g}", f"{sign} {reach[measure]:g}" if measure in reach else "")
    Console().print(table)
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
    }
    results = Path(__file__).parent / "results" / f"{name}.json"
    results.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2, ensure_ascii=False) + "\n")
