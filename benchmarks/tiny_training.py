"""How exact the gradient is that the bundled model is trained with, and what its cross entropy costs."""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from _engine import median, report

MODEL_DIRECTORY = Path(__file__).resolve().parents[1] / "models" / "localassist-tiny"
sys.path.append(str(MODEL_DIRECTORY))

import gradients  # noqa: E402
from cross_entropy import CrossEntropy  # noqa: E402
from data import Batch, Dialogues  # noqa: E402
from export import load_model  # noqa: E402
from guidance import Guide  # noqa: E402
from meaning import Meaning  # noqa: E402
from model import Block, TinyModel  # noqa: E402
from tokens import load_tokenizer  # noqa: E402

NUM_BATCHES, ROUNDS, TOKENS, NUM_SCORED = 4, 5, 4096, 1536
Gradients = dict[str, torch.Tensor]


class NoLoss:
    """In the place of losses whose memory would make two passes over one batch differ."""

    def __init__(self, model: TinyModel) -> None:
        self.heads = Guide(model.config).heads

    def loss(self, *_: Any) -> float:
        return 0.0


def gradients_of(model: TinyModel, batch: Batch) -> Gradients:
    """The gradients of the loss on what is written."""
    model.zero_grad()
    none = NoLoss(model)
    gradients.backward(model, batch, none, none, 1.0, torch.device("cpu"))  # type: ignore[arg-type]
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def coarse() -> Any:
    """A context in which scores of attention are in bfloat16, as all products are under autocast."""
    exact = Block._queries_and_keys

    def rounded(block: Block, h: torch.Tensor, rows: slice) -> Any:
        return (part.bfloat16() for part in exact(block, h, rows))

    return patch.object(Block, "_queries_and_keys", rounded)


def distance(found: Gradients, exact: Gradients) -> float:
    """The median over the parameters of how far one gradient is from another, relative to its size."""
    return median(((found[name] - exact[name]).norm() / exact[name].norm()).item() for name in exact)


def seconds(work: Callable[[], object]) -> float:
    """The median processor time of some rounds."""
    spent = []
    for _ in range(ROUNDS + 1):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return median(spent[1:])


def cross_entropies(model: TinyModel) -> tuple[float, float]:
    """Seconds of PyTorch's cross entropy and ours, forwards and back, with the best token that both must tell."""
    scores = torch.randn(NUM_SCORED, model.config.vocab_size).bfloat16().requires_grad_()
    targets, weights = torch.randint(model.config.vocab_size, (NUM_SCORED,)), torch.rand(NUM_SCORED)

    def of_pytorch() -> None:
        (torch.nn.functional.cross_entropy(scores.float(), targets, reduction="none") * weights).sum().backward()
        _ = scores.argmax(-1) == targets

    def ours() -> None:
        CrossEntropy.apply(scores, targets, weights)[0].backward()

    return seconds(of_pytorch), seconds(ours)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = load_model(MODEL_DIRECTORY / "localassist-tiny.gguf")
    dialogues = Dialogues(load_tokenizer(), 5, model.config.context_length)
    batches = [dialogues.short(TOKENS, 1024) for _ in range(NUM_BATCHES)]
    with patch.object(gradients.torch, "autocast", lambda *_, **__: contextlib.nullcontext()):
        exact = [gradients_of(model, batch) for batch in batches]

    def off() -> float:
        return median(distance(gradients_of(model, batch), truth) for batch, truth in zip(batches, exact, strict=True))

    now = off()
    with coarse():
        before = off()
    guide, meaning = Guide(model.config), Meaning(load_tokenizer(), 5)

    def whole() -> None:
        for batch in batches:
            gradients.backward(model, batch, guide, meaning, 1.0, torch.device("cpu"))

    speed = sum(batch.num_tokens for batch in batches) / seconds(whole)
    of_pytorch, ours = cross_entropies(model)
    rows = [
        ("gradient's distance from the exact one, scores in 32 bits", now),
        ("the same, scores in bfloat16", before),
        ("cross entropy, s of processor time for 1,536 tokens", ours),
        ("the same by PyTorch", of_pytorch),
        ("tokens trained in a second of processor time", speed),
    ]
    report("tiny_training", ["measure", "found"], rows)


if __name__ == "__main__":
    main()
