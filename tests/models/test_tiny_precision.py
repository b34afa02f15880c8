"""The training of the bundled model: what is worked out faster than PyTorch would is the same, and exact enough."""

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from attention import DocumentAttention
from cross_entropy import CrossEntropy
from model import Head, Layout, ModelConfig, TinyModel


def test_the_cross_entropy_and_its_gradient_are_those_of_pytorch() -> None:
    random = torch.Generator().manual_seed(1)
    scores = (torch.randn(70, 300, generator=random) * 5).requires_grad_()  # the last rows are not a whole block
    targets = torch.randint(300, (70,), generator=random)
    targets[::2] = scores.argmax(-1)[::2]
    weights = torch.rand(70, generator=random)
    weights[:9] = 0
    expected = (F.cross_entropy(scores, targets, reduction="none") * weights).sum()
    (expected_gradient,) = torch.autograd.grad(3 * expected, scores)
    loss, is_highest = CrossEntropy.apply(scores, targets, weights)
    (gradient,) = torch.autograd.grad(3 * loss, scores)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert torch.allclose(gradient, expected_gradient, atol=1e-5)
    assert torch.equal(is_highest, scores.argmax(-1) == targets)  # which the scores survived


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, lengths: list[int]) -> torch.Tensor:
    """What `DocumentAttention` does, one document after another."""
    parts = zip(*(part.split(lengths, 1) for part in (q, k, v)), strict=True)
    return torch.cat([F.scaled_dot_product_attention(*part, is_causal=True) for part in parts], 1)


def test_each_document_sees_itself_alone_and_nothing_ahead() -> None:
    random = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(2, 400, 16, generator=random, requires_grad=True) for _ in range(3))
    lengths, towards = [90, 310], torch.randn(2, 400, 16, generator=random)  # one is longer than a block of queries
    expected = torch.autograd.grad((attend(q, k, v, lengths) * towards).sum(), (q, k, v))
    found = torch.autograd.grad((DocumentAttention.apply(q, k, v, lengths) * towards).sum(), (q, k, v))
    assert torch.allclose(DocumentAttention.apply(q, k, v, lengths), attend(q, k, v, lengths), atol=1e-5)
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(found, expected, strict=True))


def test_among_high_scores_the_higher_is_chosen_in_bfloat16_too() -> None:
    # Two keys that score 40 and 40.1: their shares are 47.5 and 52.5 %, where bfloat16 would make them even.
    q, k, v = torch.ones(1, 2, 16), torch.full((1, 2, 16), 10.0), torch.tensor([[[0.0], [1.0]]]).expand(1, 2, 16)
    k[:, 1] = 10.025
    with torch.autocast("cpu", torch.bfloat16):
        attended = DocumentAttention.apply(q, k, v.bfloat16(), [2])
    assert attended.dtype is torch.bfloat16
    assert attended[0, 1, 0].item() == pytest.approx(0.525, abs=0.003)


def test_queries_and_keys_are_in_32_bits_where_the_rest_is_not() -> None:
    model = TinyModel(ModelConfig(vocab_size=300, embedding_length=48, num_layers=2, feed_forward_length=64))
    token_ids, heads = torch.arange(20), [Head(1, 0)]
    _, exact = model.watched(token_ids, token_ids, Layout([20]), heads)
    with torch.autocast("cpu", torch.bfloat16):
        hidden, looks = model.watched(token_ids, token_ids, Layout([20]), heads)
        assert model.logits(hidden).dtype is torch.bfloat16
    for found, expected in zip(looks[0], exact[0], strict=True):
        assert found.dtype is torch.float32
        assert torch.allclose(found, expected, rtol=0.05, atol=0.05)
