"""The training of the bundled model: what is written to a file comes back."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from export import load_model, write_gguf
from growth import with_heads
from model import Layout, ModelConfig, TinyModel


def scores(model: TinyModel) -> torch.Tensor:
    token_ids = torch.arange(40)
    with torch.no_grad():
        return model.logits(model(token_ids, token_ids, Layout([25, 15])))


def test_what_is_written_to_a_file_comes_back(tmp_path: Path) -> None:
    model = TinyModel(ModelConfig(vocab_size=4096, embedding_length=48, num_layers=2, feed_forward_length=64))
    model.half().float()  # as exact as the file
    write_gguf(tmp_path / "model.gguf", model.config, model.state_dict())
    again = load_model(tmp_path / "model.gguf")
    assert again.config.to_dict() == pytest.approx(model.config.to_dict())
    assert torch.equal(scores(again), scores(model))


def test_new_heads_change_nothing_until_they_are_trained() -> None:
    model = TinyModel(ModelConfig(vocab_size=4096, embedding_length=48, num_layers=2, feed_forward_length=64))
    grown = with_heads(model, 5)
    assert grown.config.num_heads == 5
    assert torch.allclose(scores(grown), scores(model), atol=1e-6)
    assert grown.blk[1].attn_q.weight[3 * 64 :].std() > 0
