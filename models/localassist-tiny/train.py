"""Trains localassist-tiny from nothing, or goes on from a checkpoint or the committed GGUF; CPU, or CUDA if present.

python models/localassist-tiny/train.py --tokens 30e6
python models/localassist-tiny/train.py --from models/localassist-tiny/localassist-tiny.gguf --tokens 20e6

Interrupted (Ctrl-C, SIGTERM, --minutes), it keeps its checkpoint, and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import torch.multiprocessing as multiprocessing

from circuits import build_choosing_circuit, build_copying_circuit, has_room
from data import Supply
from export import GGUF_PATH, export, load_model
from gradients import GradientWorkers, Result, gradients_here
from growth import with_choosing_head, with_vocabulary
from model import ModelConfig, TinyModel
from tokens import TOKENIZER_PATH, extend_tokenizer, load_tokenizer, train_tokenizer

_CHECKPOINT_PATH: Final = Path(__file__).parents[2] / "build" / "localassist-tiny.ckpt"
_WARM_UP_STEPS: Final = 60
_LONG_LENGTH: Final = 4096
_AVERAGE: Final = 0.98
_REPORT_STEPS: Final = 20


@dataclass
class Trainer:
    """The network with its optimisers and the running average of its weights, which is what gets exported."""

    model: TinyModel
    device: torch.device
    matrix_lr: float
    vector_lr: float
    step: int = 0
    num_tokens: int = 0
    trained_s: float = 0.0

    def __post_init__(self) -> None:
        self.model.to(self.device)
        matrices = [p for name, p in self.model.named_parameters() if p.dim() == 2 and name != "token_embd.weight"]
        others = [p for name, p in self.model.named_parameters() if p.dim() < 2 or name == "token_embd.weight"]
        self.optimizers = [
            torch.optim.Muon(matrices, lr=self.matrix_lr, momentum=0.95, weight_decay=0.02),
            torch.optim.AdamW(others, lr=self.vector_lr, betas=(0.9, 0.95), weight_decay=0.0),
        ]
        self.averaged = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}

    def apply(self, results: list[Result], rate: float) -> None:
        """Take one step with the gradients of `results` at `rate` times the full learning rates."""
        importance = sum(result.importance for result in results)
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                parameter.grad.div_(importance)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, full in zip(self.optimizers, (self.matrix_lr, self.vector_lr), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.num_tokens += sum(result.num_tokens for result in results)
        # Early weights are forgotten faster, so that the average is useful from the first minutes.
        keep = min(_AVERAGE, self.step / (self.step + 10))
        for name, tensor in self.model.state_dict().items():
            self.averaged[name].lerp_(tensor, 1 - keep)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        content = {
            "config": self.model.config.to_dict(),
            "model": self.model.state_dict(),
            "averaged": self.averaged,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "counters": {"step": self.step, "num_tokens": self.num_tokens, "trained_s": self.trained_s},
        }
        partial = path.with_suffix(".partial")
        torch.save(content, partial)
        partial.replace(path)

    def resume(self, checkpoint: dict[str, Any]) -> None:
        """Go on where a checkpoint stopped."""
        self.model.load_state_dict(checkpoint["model"])
        for optimizer, state in zip(self.optimizers, checkpoint["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.averaged = {name: tensor.to(self.device) for name, tensor in checkpoint["averaged"].items()}
        for name, value in checkpoint["counters"].items():
            setattr(self, name, value)


class Interruption:
    """Notes a wish to stop, by a signal or because the minutes are over, so that the step in hand is finished."""

    def __init__(self, minutes: float | None) -> None:
        self._ends_at = None if minutes is None else time.monotonic() + minutes * 60
        self._is_asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def __bool__(self) -> bool:
        return self._is_asked or (self._ends_at is not None and time.monotonic() > self._ends_at)

    def _ask(self, *_: object) -> None:
        self._is_asked = True


def learning_rate(progress: float, step: int, decay_share: float) -> float:
    """Return the share of the full rate: a short warm-up, a plateau, then a straight way down to the last token."""
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    return warm * min(1.0, max(0.02, (1 - progress) / decay_share))


def train(trainer: Trainer, arguments: argparse.Namespace) -> bool:
    """Train until the tokens are used up, saving every few minutes; False when it was interrupted before."""
    progress = multiprocessing.get_context("spawn").Value("d", trainer.num_tokens / arguments.tokens)
    supply = Supply(
        arguments.batch_tokens,
        arguments.max_length,
        _LONG_LENGTH,
        arguments.long_from,
        arguments.long_every,
        progress,
    )
    interruption = Interruption(arguments.minutes)
    # A resumed run must not see the dialogues of the first one again.
    seed = arguments.seed * 1_000_003 + trainer.step
    workers = None
    if trainer.device.type == "cpu" and arguments.workers:
        workers = GradientWorkers(trainer.model, supply, seed, arguments.workers)
        results = workers.results()
    else:
        results = gradients_here(trainer.model, supply, seed, trainer.device)
    try:
        _run_steps(trainer, arguments, results, progress, interruption)
    finally:
        if workers:
            workers.close()
    return trainer.num_tokens >= arguments.tokens


def _run_steps(
    trainer: Trainer,
    arguments: argparse.Namespace,
    results: Iterator[Result],
    progress: Any,
    interruption: Interruption,
) -> None:
    last_saved_s = trainer.trained_s
    reported: list[Result] = []
    while trainer.num_tokens < arguments.tokens and not interruption:
        started = time.monotonic()
        progress.value = trainer.num_tokens / arguments.tokens
        gathered = [next(results)]
        while sum(result.num_tokens for result in gathered) < arguments.tokens_per_step:
            gathered.append(next(results))
        trainer.apply(gathered, learning_rate(progress.value, trainer.step, arguments.decay_share))
        trainer.trained_s += time.monotonic() - started
        reported += gathered
        if trainer.step % _REPORT_STEPS == 0:
            report(trainer, reported, progress.value)
            reported.clear()
        if trainer.trained_s - last_saved_s > arguments.save_minutes * 60:
            trainer.save(arguments.checkpoint)
            last_saved_s = trainer.trained_s
    trainer.save(arguments.checkpoint)


def report(trainer: Trainer, results: list[Result], progress: float) -> None:
    """Print progress, loss, accuracy on taught tokens, and speed."""
    loss = sum(result.loss for result in results) / sum(result.importance for result in results)
    accuracy = sum(result.num_right for result in results) / sum(result.num_taught for result in results)
    print(
        f"{progress:6.1%}  step {trainer.step:5d}  loss {loss:.4f}  accuracy {accuracy:.4f}  "
        f"{trainer.num_tokens / 1e6:.2f} M tokens  {trainer.num_tokens / trainer.trained_s:,.0f} tokens/s",
        flush=True,
    )


def make_tokenizer(arguments: argparse.Namespace) -> None:
    """Learn the tokenizer from generated dialogues; weights trained with another one become useless."""
    from random import Random

    from generator.compose import compose
    from generator.render import pieces

    scenes = (compose(Random(7_000_000 + seed), max_characters=1600) for seed in range(24_000))
    texts = ["".join(piece.text for piece in pieces(scene)) for scene in scenes]
    train_tokenizer(texts, vocab_size=arguments.vocab_size, num_spaced_words=500).save(str(TOKENIZER_PATH))


def build_trainer(arguments: argparse.Namespace) -> Trainer:
    """Start from a checkpoint, from a GGUF file, or from nothing, in this order."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(arguments.seed)
    if arguments.checkpoint.exists():
        checkpoint = torch.load(arguments.checkpoint, map_location=device, weights_only=True)
        trainer = Trainer(TinyModel(ModelConfig(**checkpoint["config"])), device, arguments.lr, arguments.vector_lr)
        trainer.resume(checkpoint)
        print(f"going on from {arguments.checkpoint} at step {trainer.step}")
        return trainer
    if arguments.start:
        model = load_model(arguments.start)
        if arguments.vocab_size > model.config.vocab_size:
            known = load_tokenizer()
            extended = extend_tokenizer(known, vocab_size=arguments.vocab_size)
            model = with_vocabulary(model, known, extended)
            extended.save(str(TOKENIZER_PATH))
        if arguments.heads > model.config.num_heads:
            model = with_choosing_head(model)
        return Trainer(model, device, arguments.lr, arguments.vector_lr)
    config = ModelConfig(
        vocab_size=load_tokenizer().get_vocab_size(),
        embedding_length=arguments.width,
        num_layers=arguments.layers,
        feed_forward_length=arguments.feed_forward,
        num_heads=arguments.heads,
        num_kv_heads=arguments.heads,
        head_length=arguments.head_length,
    )
    model = TinyModel(config)
    if has_room(config):
        build_copying_circuit(model)
        build_choosing_circuit(model)
    return Trainer(model, device, arguments.lr, arguments.vector_lr)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="start", type=Path, help="GGUF file whose weights to start from")
    parser.add_argument("--checkpoint", type=Path, default=_CHECKPOINT_PATH, help="resumed when it exists")
    parser.add_argument("--output", type=Path, default=GGUF_PATH, help="GGUF file to write at the end")
    parser.add_argument("--tokens", type=float, default=30e6, help="tokens in all; the rates decay towards the last")
    parser.add_argument("--minutes", type=float, help="interrupt after so long, keeping the checkpoint")
    parser.add_argument("--save-minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes on a CPU; 0 for none")
    parser.add_argument("--decay-share", type=float, default=0.25, help="share of the tokens over which rates decay")
    parser.add_argument("--lr", type=float, default=0.006, help="rate of the weight matrices (Muon)")
    parser.add_argument("--vector-lr", type=float, default=0.001, help="rate of embeddings and norms (AdamW)")
    parser.add_argument("--batch-tokens", type=int, default=2048, help="tokens of which gradients are taken at once")
    parser.add_argument("--max-length", type=int, default=1024, help="tokens of the longest of the short dialogues")
    parser.add_argument("--tokens-per-step", type=int, default=8000)
    parser.add_argument("--long-every", type=int, default=20, help="of so many batches one is a long row")
    parser.add_argument("--long-from", type=float, default=0.8, help="share of the tokens after which long rows come")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--heads", type=int, default=4, help="with --from, one is added")
    parser.add_argument("--head-length", type=int, default=64)
    parser.add_argument("--feed-forward", type=int, default=512)
    parser.add_argument("--vocab-size", type=int, default=10240, help="with --from, words are added to fill it")
    parser.add_argument("--new-tokenizer", action="store_true", help="learn the tokenizer anew before training")
    return parser.parse_args()


def main() -> None:
    """Train, then export."""
    arguments = parse_arguments()
    for path in (arguments.checkpoint, arguments.output):
        path.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1 if arguments.workers else os.cpu_count() or 1)
    if arguments.new_tokenizer or not TOKENIZER_PATH.exists():
        make_tokenizer(arguments)
    trainer = build_trainer(arguments)
    print(f"{sum(p.numel() for p in trainer.model.parameters()) / 1e6:.2f} M parameters on {trainer.device}")
    if not train(trainer, arguments):
        print(f"interrupted at {trainer.num_tokens / 1e6:.2f} M tokens; {arguments.checkpoint} keeps the state")
        return
    export(arguments.checkpoint, arguments.output, context_length=trainer.model.config.context_length)
    # The next run starts afresh or from the file just written, not from a training that is over.
    arguments.checkpoint.unlink()


if __name__ == "__main__":
    main()
