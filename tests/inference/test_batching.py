"""Many generations at once: nothing changes but the time they take."""

import random
import threading
from pathlib import Path

import numpy as np
import pytest

from localassist.inference.backend import LlamaBackend
from localassist.inference.llama import Context, DecodeOutcome, Model
from localassist.inference.options import LlamaOptions
from localassist.inference.threads import ThreadPolicy
from localassist.protocols import GenerationRequest
from tests.inference.conftest import OpenBackend
from tests.inference.helpers import greedy, outcome, text_of, turn

# Exact arithmetic: the scores of these random models are close to each other, and must not depend on rounding.
EXACT = {"kv_type": "f32"}
PROMPTS = [turn(f"Question {number}: " + "why " * (number * 7 % 40)) for number in range(20)]


def answers_at_once(backend: LlamaBackend, requests: list[GenerationRequest]) -> list[str]:
    """All requests from threads of their own."""
    texts = [""] * len(requests)

    def read(index: int) -> None:
        texts[index] = text_of(backend.generate(requests[index]))

    threads = [threading.Thread(target=read, args=(index,)) for index in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


@pytest.mark.parametrize("model", ["random", "sliding_window", "recurrent"])
def test_answers_at_once_equal_answers_one_by_one(open_backend: OpenBackend, model: str) -> None:
    single = open_backend(model, max_sequences=1, **EXACT)
    expected = [text_of(single.generate(greedy(prompt))) for prompt in PROMPTS]
    assert answers_at_once(open_backend(model, **EXACT), [greedy(prompt) for prompt in PROMPTS]) == expected


def test_more_sequences_than_fit_wait_and_lose_nothing(open_backend: OpenBackend) -> None:
    single = open_backend("random", max_sequences=1, context_window=512, **EXACT)
    expected = [text_of(single.generate(greedy(prompt, max_tokens=60))) for prompt in PROMPTS]
    tight = open_backend("random", context_window=512, cache_tokens=512, **EXACT)
    assert answers_at_once(tight, [greedy(prompt, max_tokens=60) for prompt in PROMPTS]) == expected


def test_generations_that_grow_over_the_memory_take_turns(open_backend: OpenBackend) -> None:
    """Admitted while short, eight endless answers need eight times what there is."""
    backend = open_backend("endless", context_window=512, cache_tokens=512)
    expected = outcome(backend, greedy(turn("Hi"), max_tokens=None))[0]
    assert answers_at_once(backend, [greedy(turn("Hi"), max_tokens=None)] * 8) == [expected] * 8


def test_seeded_sampling_does_not_depend_on_neighbours(open_backend: OpenBackend) -> None:
    backend = open_backend("endless")
    requests = [GenerationRequest(turn("Hi"), max_tokens=30, temperature=1.0, seed=seed) for seed in range(8)]
    one_by_one = [text_of(backend.generate(request)) for request in requests]
    assert answers_at_once(backend, requests) == one_by_one


class Impatient(ThreadPolicy):
    """Stops its first steps as soon as they have begun."""

    num_stopped = 0

    def limit_s(self, num_tokens: int) -> float | None:
        return 0.0 if self.num_stopped < 3 else None

    def give_up(self, seconds: float, *, num_tokens: int) -> None:
        self.num_stopped += 1


def test_a_step_that_was_stopped_for_its_thread_count_is_computed_again(open_backend: OpenBackend) -> None:
    request = greedy(turn("why " * 600))
    expected = text_of(open_backend("random", **EXACT).generate(request))
    backend = open_backend("random", **EXACT)
    backend._thread._scheduler._threads = policy = Impatient(1)
    assert text_of(backend.generate(request)) == expected
    assert policy.num_stopped == 3


def test_random_cancels_leave_nothing_behind(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", max_sequences=4)
    chance = random.Random(0)
    for _ in range(60):
        streams = [backend.generate(greedy(turn("x" * chance.randrange(200)), max_tokens=200)) for _ in range(6)]
        for stream in streams:
            for _ in range(chance.randrange(5)):
                next(stream)
            stream.close()
    assert outcome(backend, greedy(turn("Hi"), max_tokens=3))[0] == "one two three,"


def prompt_scores(path: Path, tokens_per_step: int, **options: object) -> np.ndarray:
    """The scores after a prompt of 200 tokens that was read in steps."""
    chosen = LlamaOptions(threads=1, **options)
    model = Model(path, chosen)
    context = Context(model, chosen, threads=1)
    token_ids = list(range(40, 240))
    for start in range(0, 200, tokens_per_step):
        context.batch.clear()
        row = context.batch.add(0, token_ids[start : start + tokens_per_step], position=start, last_logits=True)
        assert context.decode() is DecodeOutcome.DONE
    scores = context.logits(row).copy()
    context.close()
    return scores


@pytest.mark.parametrize(("options", "tolerance"), [({"kv_type": "f32"}, 1e-4), ({}, 0.1)])
def test_scores_depend_on_the_batches_by_rounding_only(
    models: dict[str, Path], options: dict, tolerance: float
) -> None:
    whole = prompt_scores(models["random"], 200, **options)
    for tokens_per_step in (100, 8, 1):
        assert np.abs(prompt_scores(models["random"], tokens_per_step, **options) - whole).max() < tolerance
