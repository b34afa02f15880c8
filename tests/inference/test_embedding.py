"""Embeddings by real llama.cpp on a model with random weights: form and determinism, not meaning."""

import math
from pathlib import Path

import pytest

from localassist.errors import InvalidRequest, ModelLoadFailed
from localassist.inference.embedding import LlamaEmbedder
from localassist.inference.options import LlamaOptions
from tests.models.random_weights import build_random


@pytest.fixture(scope="module")
def embedder(tmp_path_factory):
    path = build_random(tmp_path_factory.mktemp("embedding") / "random.gguf")
    opened = LlamaEmbedder(path, LlamaOptions(threads=1))
    yield opened
    opened.close()


def test_vectors_are_normalised_repeatable_and_depend_on_the_text(embedder):
    (first, other, again), num_tokens = embedder.embed(["a cat sat", "rain in Seoul 서울", "a cat sat"])
    assert math.isclose(sum(value * value for value in first), 1.0, rel_tol=1e-6)
    assert first == pytest.approx(again, abs=1e-6)
    assert first != pytest.approx(other, abs=1e-3)
    assert num_tokens > 6


def test_a_text_beyond_the_window_is_refused_with_its_length(embedder):
    with pytest.raises(InvalidRequest, match="tokens long"):
        embedder.embed(["word " * 60_000])


def test_a_file_that_is_no_model_is_named(tmp_path):
    path = tmp_path / "not.gguf"
    path.write_bytes(b"hello")
    with pytest.raises(ModelLoadFailed, match=str(path)):
        LlamaEmbedder(Path(path), LlamaOptions())
