"""Many conversations, random cancels: no leak, nothing stuck, and answers equal to those of single runs.

More conversations than sequences, and more tokens than the cache holds: they queue, give way and are read again.
Progress goes to stderr. Ends with 1 when a turn is stuck, something is left over, or an answer differs by more than
rounding.
"""

import argparse
import faulthandler
import gc
import random
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from _engine import CACHE, report
from localassist.errors import GenerationFailed
from localassist.inference.backend import LlamaBackend
from localassist.inference.llama import Context, Model
from localassist.inference.options import LlamaOptions
from localassist.inference.text import TextDecoder
from localassist.protocols import GenerationRequest
from tests.models.random_weights import build_random

TURN = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
LONGEST_PROMPT = 700  # bytes, which are this model's tokens
CELLS = 3072
# Exact arithmetic: random weights give close scores, and rounding must not decide between them. It does without flash
# attention, so every token is multiplied with all cells in use, others' as well: many cells are slow and test no more.
OPTIONS = LlamaOptions(threads=1, context_window=CELLS, cache_tokens=CELLS, kv_type="f32")
ROUNDING = 1e-4  # scores closer than this may change places with the way tokens are batched
STUCK_S = 120.0
MOST_GROWTH_MB = 16.0  # after the first quarter


@dataclass(slots=True)
class Progress:
    """How many turns have ended, and when the last one did."""

    num_turns: int = 0
    last_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        with self.lock:
            self.num_turns += 1
            self.last_at = time.monotonic()


class Conversation:
    """Takes turns until it has had its share, and notes prompts and answers that were not cancelled."""

    def __init__(self, backend: LlamaBackend, number: int, progress: Progress) -> None:
        self._backend = backend
        self._number = number
        self._progress = progress
        self._chance = random.Random(number)
        self.answers: dict[str, tuple[str, int]] = {}  # by prompt: the answer and its budget of tokens
        self.num_cancelled = 0

    def run(self, num_turns: int) -> None:
        prompt = "<|im_start|>system\nBe kind to everyone.<|im_end|>\n"
        for turn in range(num_turns):
            prompt += TURN.format(f"{self._number}: question {turn}")
            if len(prompt) > LONGEST_PROMPT:
                prompt = prompt[:60] + TURN.format(f"{self._number}: anew {turn}")
            prompt += self._take_turn(prompt)
            self._progress.count()

    def _take_turn(self, prompt: str) -> str:
        max_tokens = self._chance.choice([4, 16, 16, 16, 96])
        request = GenerationRequest(prompt, max_tokens=max_tokens, temperature=0, cache_key=str(self._number))
        give_up_after = self._chance.choice([None, None, None, 0, 1, 5])
        stream, text = self._backend.generate(request), ""
        if give_up_after == 0:  # while it waits or is read
            threading.Event().wait(self._chance.uniform(0, 2))
            stream.close()
        for count, token in enumerate(stream, start=1):
            text += token.text
            if count == give_up_after:
                stream.close()
        if give_up_after is not None and (give_up_after == 0 or count == give_up_after):
            self.num_cancelled += 1
            return ""
        self.answers[prompt] = text, max_tokens
        return text + "<|im_end|>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=64)
    arguments = parser.parse_args()
    num_turns = -(-arguments.turns // arguments.threads)
    CACHE.mkdir(parents=True, exist_ok=True)
    path = build_random(CACHE / "soak.gguf")
    num_threads = threading.active_count()
    backend, progress = LlamaBackend(path, OPTIONS), Progress()
    conversations = [Conversation(backend, number, progress) for number in range(arguments.threads)]
    started = time.monotonic()
    memory = _converse(conversations, num_turns, progress)
    seconds = time.monotonic() - started
    answers = {prompt: answer for one in conversations for prompt, answer in one.answers.items()}
    left_over = _left_over(backend, num_threads)
    gaps = _compare(path, answers)
    rows = [
        ("conversations", arguments.threads),
        ("turns", progress.num_turns),
        ("cancelled", sum(one.num_cancelled for one in conversations)),
        ("seconds", seconds),
        ("compared with single runs", len(answers)),
        ("different", len(gaps)),
        ("largest gap of scores where they part", max(gaps, default=0.0)),
        ("sequences, seq_ids, cells, streams and threads left over", sum(left_over.values())),
        ("memory grown, MB", memory[-1] - memory[0]),
        ("of it after the first quarter", memory[-1] - memory[1]),
    ]
    report("engine_soak", ["", "number"], rows)
    if any(left_over.values()):
        print(f"left over: {left_over}", file=sys.stderr)
    is_well = not any(left_over.values()) and max(gaps, default=0.0) < ROUNDING
    sys.exit(not (is_well and memory[-1] - memory[1] < MOST_GROWTH_MB))


def _converse(conversations: list[Conversation], num_turns: int, progress: Progress) -> list[float]:
    """Let all take their turns; returns the memory used before, after a quarter and after all turns, in MB."""
    process, total = psutil.Process(), num_turns * len(conversations)
    memory = [process.memory_info().rss / 1e6]
    threads = [threading.Thread(target=one.run, args=(num_turns,), daemon=True) for one in conversations]
    for thread in threads:
        thread.start()
    shown_at = 0.0
    while any(thread.is_alive() for thread in threads):
        if len(memory) == 1 and progress.num_turns >= total / 4:
            memory.append(process.memory_info().rss / 1e6)
        if time.monotonic() - shown_at > 5:
            shown_at = time.monotonic()
            print(f"{progress.num_turns} of {total} turns", file=sys.stderr, flush=True)
        if time.monotonic() - progress.last_at > STUCK_S:
            faulthandler.dump_traceback()
            sys.exit(f"stuck: no turn ended within {STUCK_S:.0f} s; {progress.num_turns} of {total} had")
        time.sleep(0.2)
    if progress.num_turns < total:
        sys.exit(f"{total - progress.num_turns} turns failed; their errors are above")
    return [*memory, process.memory_info().rss / 1e6]


def _left_over(backend: LlamaBackend, num_threads: int) -> dict[str, int]:
    """What should have been given back, by kind; closes the backend. Nobody else uses the engine now."""
    inference = backend._thread
    scheduler, context = inference._scheduler, inference._context
    residency = scheduler._residency
    left = {"sequences": len(scheduler._waiting) + len(scheduler._running) + len(scheduler._failed)}
    while residency.evict():
        pass
    left["seq_ids"] = len(context.lengths) - len(set(residency._free))
    left["lengths"] = sum(length > 0 for length in context.lengths)
    try:  # a prompt as long as the whole cache is read only where every cell is free
        list(backend.generate(GenerationRequest("x" * (CELLS - 1), max_tokens=1, temperature=0)))
        left["cells"] = 0
    except GenerationFailed:
        left["cells"] = 1
    gc.collect()
    left["streams"] = len(backend._streams)
    backend.close()
    left["threads"] = threading.active_count() - num_threads
    return left


def _compare(path: Path, answers: dict[str, tuple[str, int]]) -> list[float]:
    """Generate every answer alone; returns, for each that differs, how close the scores were where it parted."""
    backend = LlamaBackend(path, replace(OPTIONS, max_sequences=1, max_residents=0))
    gaps = []
    for count, (prompt, (answer, max_tokens)) in enumerate(answers.items()):
        request = GenerationRequest(prompt, max_tokens=max_tokens, temperature=0)
        if "".join(token.text for token in backend.generate(request)) != answer:
            gaps.append(_closest(path, prompt, answer, max_tokens))
        if count % 100 == 0:
            print(f"{count} of {len(answers)} compared, {len(gaps)} different", file=sys.stderr, flush=True)
    backend.close()
    return gaps


def _closest(path: Path, prompt: str, answer: str, max_tokens: int) -> float:
    """Generate alone, one token a step; the least difference of the two best scores before the answer was left."""
    model = Model(path, OPTIONS)
    context = Context(model, OPTIONS, threads=1)
    token_ids, decoder, text, gaps = model.vocabulary.tokenize_prompt(prompt), TextDecoder(), "", []
    while len(gaps) < max_tokens and answer.startswith(text):
        logits = _scores_after(context, token_ids)
        second, best = logits.argsort()[-2:]
        gaps.append(float(logits[best] - logits[second]))
        token_ids.append(int(best))
        text += decoder.feed(model.vocabulary.piece(int(best))).text
    context.close()
    return min(gaps)


def _scores_after(context: Context, token_ids: list[int]) -> NDArray[np.float32]:
    """Compute the tokens that are not computed yet."""
    batch, row = context.batch, 0
    for start in range(context.lengths[0], len(token_ids), batch.capacity):
        batch.clear()
        part = token_ids[start : start + batch.capacity]
        row = batch.add(0, part, position=start, last_logits=start + len(part) == len(token_ids))
        context.decode()
    return context.logits(row)


if __name__ == "__main__":
    main()
