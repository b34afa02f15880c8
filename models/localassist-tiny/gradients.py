"""Computes gradients: in this process on a GPU, or in one single-threaded process per CPU core.

Splitting a matrix product over cores waits for the slower core at every product, which is ruinous on a machine that
has other work. A process per core instead works at its own pace; its gradients may be one step old, which at this
size costs nothing measurable.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor

from cross_entropy import CrossEntropy
from data import Batch, Dialogues, Supply
from guidance import Guide, faded
from meaning import Meaning, read_values
from model import Layout, TinyModel
from tokens import load_tokenizer

_ROUND_NUMBER: Final = 128
# One mean over pairs beside sums over a batch's tokens; words must be known before they can be compared.
_MEANING_WEIGHTS: Final = (600.0, 100.0)


class Result(NamedTuple):
    """What one batch gave: sums over its tokens, so that results can be added up."""

    loss: float
    importance: float
    num_right: float
    num_taught: int
    num_tokens: int


def backward(
    model: TinyModel, batch: Batch, guide: Guide, meaning: Meaning, progress: float, device: torch.device
) -> Result:
    """Add the gradients of the summed losses over `batch`, of `guide` and `meaning` too, to those of `model`."""
    wanted = batch.weights.nonzero().squeeze(1)
    # Filled up to a round number with tokens that weigh nothing, like the batch itself.
    nothing = (batch.weights == 0).nonzero().squeeze(1)
    wanted = torch.cat((wanted, nothing[: -len(wanted) % _ROUND_NUMBER]))
    targets, importance = batch.targets[wanted].to(device), batch.weights[wanted].to(device)
    layout = Layout(batch.lengths, wanted.to(device))
    with torch.autocast(device.type, torch.bfloat16):
        hidden, looks = model.watched(batch.token_ids.to(device), batch.positions.to(device), layout, guide.heads)
        logits = model.logits(hidden)
    loss, is_right = CrossEntropy.apply(logits, targets, importance)
    weight = faded(_MEANING_WEIGHTS, progress)
    values = read_values(model).detach()[batch.token_ids.to(device)]
    (loss + guide.loss(looks, values, batch, progress) + weight * meaning.loss(model)).backward()
    taught = importance >= 1.0
    right = is_right[taught].sum().item()
    return Result(loss.item(), importance.sum().item(), right, int(taught.sum().item()), batch.num_tokens)


def gradients_here(model: TinyModel, supply: Supply, seed: int, device: torch.device) -> Iterator[Result]:
    """Yield results as batches are worked off in this process; gradients add up in `model`."""
    dialogues = Dialogues(load_tokenizer(), seed, model.config.context_length)
    guide, meaning = Guide(model.config), Meaning(load_tokenizer(), seed)
    for batch in dialogues.batches(supply):
        yield backward(model, batch, guide, meaning, supply.progress.value, device)


# How often a worker that waits looks whether its training is still there, and the training for its workers.
ALIVE_CHECK_S = 5.0


class GradientWorkers:
    """One process per core, reading the shared weights and handing over gradients."""

    def __init__(self, model: TinyModel, supply: Supply, seed: int, num_workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._model = model.share_memory()
        self._results: Any = context.Queue()
        self._free = [context.Semaphore(1) for _ in range(num_workers)]
        self._gradients = [
            [torch.zeros_like(p).share_memory_() for p in model.parameters()] for _ in range(num_workers)
        ]
        self._processes = [
            context.Process(
                target=_work,
                args=(
                    index,
                    model,
                    supply,
                    seed * 1000 + index,
                    self._gradients[index],
                    self._free[index],
                    self._results,
                ),
                daemon=True,
            )
            for index in range(num_workers)
        ]
        for process in self._processes:
            process.start()

    def results(self) -> Iterator[Result]:
        """Yield results as they come; their gradients have been added to the parameters."""
        while True:
            index, result = self._next()
            for parameter, gradient in zip(self._model.parameters(), self._gradients[index], strict=True):
                parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad.add_(gradient)
            self._free[index].release()
            yield Result(*result)

    def _next(self) -> Any:
        while True:
            try:
                return self._results.get(timeout=ALIVE_CHECK_S)
            except queue.Empty:
                dead = [process.name for process in self._processes if not process.is_alive()]
                if dead:
                    raise RuntimeError(f"{', '.join(dead)} died; the reason is above, the checkpoint is kept") from None

    def close(self) -> None:
        """Stop the processes."""
        for process in self._processes:
            process.terminate()


def _work(
    index: int, shared: TinyModel, supply: Supply, seed: int, gradients: list[Tensor], free: Any, results: Any
) -> None:
    torch.set_num_threads(1)
    model = TinyModel(shared.config)
    dialogues = Dialogues(load_tokenizer(), seed, shared.config.context_length)
    guide, meaning = Guide(shared.config), Meaning(load_tokenizer(), seed)
    for batch in dialogues.batches(supply):
        # A copy of the weights of this moment: they change under a worker's hands while it computes.
        model.load_state_dict(shared.state_dict())
        model.zero_grad(set_to_none=True)
        result = backward(model, batch, guide, meaning, supply.progress.value, torch.device("cpu"))
        while not free.acquire(timeout=ALIVE_CHECK_S):
            parent = multiprocessing.parent_process()
            if parent is not None and not parent.is_alive():
                return  # killed, so that nobody stopped this process
        for target, parameter in zip(gradients, model.parameters(), strict=True):
            target.copy_(parameter.grad)
        results.put((index, tuple(result)))
