"""A model that loads says how far it is."""

import pytest

from localassist.inference.backend import LlamaBackend
from localassist.inference.remote import WorkerBackend
from tests.models.scripted import build_scripted, plain


@pytest.mark.parametrize("backend", [LlamaBackend, WorkerBackend])
def test_progress_rises_to_the_end(backend, tmp_path):
    seen: list[float] = []
    model = backend(build_scripted(tmp_path / "model.gguf", [plain("Hello", " there")]), on_progress=seen.append)
    model.close()
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
