"""The real embedding models: the default one checked and made faster, a directory of the user's, a GGUF file."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from localassist.config import environment_with
from localassist.errors import RetrievalFailed
from localassist.inference.embedding import LlamaEmbedder
from localassist.inference.options import LlamaOptions
from localassist.protocols import ChunkStore, Embedder, SearchOptions
from localassist.retrieval import default_model, opening
from localassist.retrieval.chroma_index import ChromaIndex
from localassist.retrieval.opening import build_embedder
from localassist.retrieval.retriever import HybridRetriever
from localassist.retrieval.sentence_encoder import SentenceEncoder
from localassist.retrieval.vectors import Vectors, from_bytes
from localassist.store.sql import SqliteStore
from tests.models.random_weights import build_random
from tests.unit.retrieval.doubles import put_text

QUESTION = "How long does it take until I get my money back?"
ANSWER = "Refunds are paid within fourteen days after the goods have come back to our warehouse."
OTHER = "The heating of the greenhouse is switched off in June because the sun is strong enough."


def no_gguf() -> NoReturn:
    raise AssertionError("no GGUF file is configured")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the int8 model is made, once."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def default(cache: Path) -> Iterator[Embedder]:
    embedder = build_embedder(None, cache=cache, open_gguf=no_gguf)
    yield embedder
    embedder.close()


@pytest.fixture
def chunks(tmp_path: Path) -> Iterator[ChunkStore]:
    store = SqliteStore(tmp_path / "localassist.db")
    yield store.chunk_store()
    store.close()


def vectors(embedder: Embedder, *texts: str) -> Vectors:
    return from_bytes(embedder.embed_passages(texts), len(texts))


@pytest.mark.timeout(300)
def test_the_default_model_runs_as_int8_and_agrees_with_sentence_transformers(default: Embedder, cache: Path) -> None:
    texts = [QUESTION, ANSWER, OTHER, "x = [item for item in items if item]", "word " * 200]

    fast = vectors(default, *texts)
    exact = SentenceEncoder(default_model.find_directory()).encode(texts)

    assert [path.name for path in cache.iterdir()] == ["all-MiniLM-L6-v2-53aa51172d142c89-int8.onnx"]
    assert fast.shape == (5, 384) == (5, default.dimensions)
    assert np.allclose(np.linalg.norm(fast, axis=1), 1, atol=1e-5)
    assert np.min(np.sum(fast * exact, axis=1)) > 0.9


@pytest.mark.timeout(300)
def test_texts_come_back_in_their_order_whatever_their_length(default: Embedder) -> None:
    texts = ["long " * 150, "short", "middling " * 20]

    together = vectors(default, *texts)

    for place, text in enumerate(texts):  # int8 sums depend a little on what else is computed with a text
        alike = together @ vectors(default, text)[0]
        assert int(np.argmax(alike)) == place
        assert float(alike[place]) > 0.9


@pytest.mark.timeout(300)
def test_the_default_model_finds_an_answer_that_shares_no_word_with_the_question(
    default: Embedder, chunks: ChunkStore, tmp_path: Path
) -> None:
    put_text(chunks, OTHER, "file-other", embedder=default)  # type: ignore[arg-type]
    put_text(chunks, ANSWER, "file-answer", embedder=default)  # type: ignore[arg-type]
    retriever = HybridRetriever(chunks, default, open_index=lambda: ChromaIndex(tmp_path / "index"), exact_windows=1)
    retriever._indexer.catch_up()

    found = retriever.search(["vs_1"], [QUESTION], SearchOptions(max_results=1))

    assert [(passage.file_id, passage.text) for passage in found] == [("file-answer", ANSWER)]
    retriever.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("text", "readable"),
    [
        (QUESTION, True),
        ("Comment obtenir un remboursement après le retour ?", True),
        ("E4021", True),
        ("", True),
        ("환불은 어떻게 받나요?", False),
        ("中国人", False),
        ("返金はいつですか", False),
        ("как вернуть деньги", False),
    ],
)
def test_the_default_model_reads_languages_of_latin_script(default: Embedder, text: str, readable: bool) -> None:
    assert default.can_read(text) is readable


@pytest.mark.timeout(300)
def test_the_scripts_it_cannot_read_are_named(default: Embedder) -> None:
    assert {"Korean", "Chinese", "Japanese", "Cyrillic"} <= set(default.unreadable_scripts())


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something else")

    with pytest.raises(RetrievalFailed, match=rf"{name} is not the published file of all-MiniLM-L6-v2"):
        default_model.check(tmp_path, name)


@pytest.mark.timeout(300)
def test_without_the_faster_form_sentence_transformers_is_used_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_EXPORT_TIMEOUT_S", 0.01)
    embedder = build_embedder(None, cache=tmp_path, open_gguf=no_gguf)

    with caplog.at_level(logging.WARNING):
        question, answer, other = vectors(embedder, QUESTION, ANSWER, OTHER)

    assert "runs with sentence-transformers, which is slower: its faster form could not be made" in caplog.text
    assert float(question @ answer) > float(question @ other) + 0.2
    embedder.close()


@pytest.mark.timeout(300)
def test_making_the_faster_form_is_given_up_when_the_engine_closes_and_leaves_nothing(tmp_path: Path) -> None:
    embedder = build_embedder(None, cache=tmp_path, open_gguf=no_gguf)
    embedder.interrupt()
    with pytest.raises(RetrievalFailed, match="localassist is closing"):
        assert embedder.dimensions
    embedder.close()
    assert list(tmp_path.iterdir()) == []


def test_onnxruntime_reports_nothing_and_keeps_no_device_id(tmp_path: Path) -> None:
    """Its native code would, beneath what the suite's guard of the network sees, from its import on."""
    program = (
        "from localassist.retrieval.opening import build_embedder\n"
        "build_embedder(None, cache=None, open_gguf=None)\n"
        "import onnxruntime"
    )
    settings = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = environment_with({}) | settings
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_int8_model_is_removed_and_replaced_by_sentence_transformers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = tmp_path / "all-MiniLM-L6-v2-53aa51172d142c89-int8.onnx"
    damaged.write_bytes(b"not a model")
    embedder = build_embedder(None, cache=tmp_path, open_gguf=no_gguf)

    with caplog.at_level(logging.WARNING):
        assert embedder.dimensions == 384

    assert "sentence-transformers" in caplog.text
    assert not damaged.exists()
    embedder.close()


@pytest.mark.timeout(300)
def test_a_directory_is_loaded_with_sentence_transformers_and_has_its_own_fingerprint(
    tmp_path: Path, default: Embedder
) -> None:
    directory = tmp_path / "my-model"
    shutil.copytree(default_model.find_directory(), directory)

    embedder = build_embedder(directory, cache=tmp_path, open_gguf=no_gguf)

    assert embedder.name == "my-model"
    assert embedder.fingerprint != default.fingerprint
    assert float(vectors(embedder, ANSWER)[0] @ vectors(default, ANSWER)[0]) > 0.9
    assert list(embedder.token_starts("two words")) == [0, 4]
    embedder.close()


def test_a_directory_without_a_model_is_refused_with_what_it_should_hold(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    embedder = build_embedder(tmp_path / "empty", cache=tmp_path, open_gguf=no_gguf)

    with pytest.raises(RetrievalFailed, match=r"empty cannot be loaded.*as sentence-transformers saves it"):
        embedder.embed_passages(["text"])


def test_a_model_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetrievalFailed, match=r"There is no embedding model at .*missing\.gguf"):
        build_embedder(tmp_path / "missing.gguf", cache=tmp_path, open_gguf=no_gguf)


def test_a_gguf_model_embeds_texts_of_any_length(tmp_path: Path) -> None:
    path = build_random(tmp_path / "random.gguf")
    model = LlamaEmbedder(path, LlamaOptions())
    embedder = build_embedder(path, cache=tmp_path, open_gguf=lambda: model)

    short, long = vectors(embedder, "a few words", "many words " * 20_000)

    assert short.shape == long.shape == (embedder.dimensions,)
    assert embedder.max_tokens == model.max_tokens
    assert list(embedder.token_starts("two words")) == [0, 3]
    assert model.count_tokens("a few words").total > 2
    embedder.close()
    model.close()
