"""Doubles of what hosted tools need: an interpreter, a retriever and stores that do as a test says."""

import io
from functools import partial

from localassist.protocols import CellFile, CellImage, CellResult


def made(path, content):
    """A file that a cell made."""
    return CellFile(path, len(content), partial(io.BytesIO, content))


class ScriptedCells:
    """An interpreter whose cells come out as scripted; a callable is asked for its result."""

    def __init__(self, *results):
        self.results = list(results)
        self.cells = []
        self.files = []
        self.forgotten = []

    def prepare(self):
        """Nothing to start."""

    def execute(self, session, code, *, files, cancellation, on_output=lambda _: None):
        self.cells.append((session, code))
        self.files.append([(file.name, file.file_id, file.open().read()) for file in files])
        result = self.results.pop(0)
        if callable(result):
            result = result(cancellation)
        for output in result.outputs:
            on_output(output)
        return result

    def forget(self, session):
        self.forgotten.append(session)

    def sandbox(self):
        return {"name": "scripted"}

    def close(self):
        """Nothing to release."""


def printed(text, *, images=(), files=(), failed=False, note=None):
    """A cell that printed a text and displayed pictures."""
    outputs = [*([text] if text else []), *(CellImage(content, "image/png") for content in images)]
    return CellResult(output=text, outputs=outputs, files=list(files), failed=failed, note=note)


class ListedStores:
    """Stores that are always ready; remembers what was opened."""

    def __init__(self):
        self.opened = []

    def open_for_run(self, of_assistant, of_thread, cancellation):
        self.opened.append((of_assistant, of_thread))


class ListedPassages:
    """A retriever that answers each search with the next list of chunks."""

    def __init__(self, *results):
        self.results = list(results)
        self.searches = []

    def search(self, store_ids, queries, options):
        self.searches.append((list(store_ids), list(queries), options))
        return self.results.pop(0)

    def close(self):
        """Nothing to release."""
