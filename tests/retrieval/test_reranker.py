"""A real cross-encoder through sentence-transformers. Its weights are random: what it judges is fixed, not sensible."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localassist.errors import RetrievalFailed
from localassist.protocols import SearchOptions
from localassist.retrieval import default_model
from localassist.retrieval.reranker import CrossEncoderReranker
from localassist.retrieval.retriever import HybridRetriever
from localassist.store.sql import SqliteStore
from tests.unit.retrieval.doubles import WordEmbedder, put_text

PASSAGES = (
    "Herons stand in shallow water until a fish comes by, and then strike without warning.",
    "The ferry leaves the harbour at nine, and in winter only when the river is free of ice.",
    "A heron's nest is built of sticks, high in a tree, and used again for many years.",
    "Refunds are paid within fourteen days.",
)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder as sentence-transformers saves it: a small BERT with one output."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(7)
    directory = tmp_path_factory.mktemp("reranker")
    tokenizer = AutoTokenizer.from_pretrained(default_model.find_directory(), local_files_only=True)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, initializer_range=0.6, num_labels=1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture
def reranker(directory: Path) -> Iterator[CrossEncoderReranker]:
    reranker = CrossEncoderReranker(directory)
    yield reranker
    reranker.close()


def test_every_passage_gets_a_score_of_its_own_from_0_to_1(reranker: CrossEncoderReranker) -> None:
    scores = reranker.scores("Where do herons nest?", PASSAGES * 5)

    assert len(scores) == 20
    assert all(0 <= score <= 1 for score in scores)
    assert len({round(score, 4) for score in scores}) == 4
    assert scores[:4] == pytest.approx(
        [reranker.scores("Where do herons nest?", [text])[0] for text in PASSAGES], abs=1e-5
    )


def test_query_and_passage_are_judged_together(reranker: CrossEncoderReranker) -> None:
    assert reranker.scores("herons", PASSAGES[:1]) != pytest.approx(reranker.scores("ferries", PASSAGES[:1]), abs=1e-6)


def test_a_search_comes_back_in_the_order_of_its_scores(
    reranker: CrossEncoderReranker, directory: Path, tmp_path: Path
) -> None:
    store, embedder = SqliteStore(tmp_path / "localassist.db"), WordEmbedder()
    chunks = store.chunk_store()
    for number, text in enumerate(PASSAGES):
        put_text(chunks, text, f"file-{number}", embedder=embedder)
    retriever = HybridRetriever(chunks, embedder, reranker=CrossEncoderReranker(directory))

    found = retriever.search(["vs_1"], ["heron fish ferry refunds"], SearchOptions(max_results=4))

    expected = dict(zip(PASSAGES, reranker.scores("heron fish ferry refunds", PASSAGES), strict=True))
    assert [passage.text for passage in found] == sorted(PASSAGES, key=lambda text: -expected[text])
    assert [passage.score for passage in found] == pytest.approx(sorted(expected.values(), reverse=True), abs=1e-5)
    retriever.close()
    store.close()


def test_a_directory_that_holds_no_cross_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetrievalFailed, match=r"There is no reranker in .*missing\. Set reranker_model"):
        CrossEncoderReranker(tmp_path / "missing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RetrievalFailed, match="must be a cross-encoder with one output"):
        CrossEncoderReranker(tmp_path).scores("query", ["passage"])
