"""The next turn of a conversation computes only what is new."""

import pytest

from tests.inference.conftest import OpenBackend
from tests.inference.helpers import greedy, outcome, turn

EXACT = {"kv_type": "f32"}  # rounding must not decide between close scores
INSTRUCTIONS = "<|im_start|>system\n" + "Be kind to everyone. " * 20 + "<|im_end|>\n"


def test_the_next_turn_reuses_prompt_and_answer(open_backend: OpenBackend) -> None:
    backend = open_backend("short")
    first = INSTRUCTIONS + turn("Hi")
    text, _, usage = outcome(backend, greedy(first, cache_key="thread_1"))
    assert usage.cached_tokens == 0
    second = f"{first}{text}<|im_end|>\n{turn('And?')}"
    _, _, again = outcome(backend, greedy(second, cache_key="thread_1"))
    assert again.cached_tokens == usage.prompt_tokens + usage.completion_tokens


def test_conversations_share_their_instructions(open_backend: OpenBackend) -> None:
    backend = open_backend("short")
    outcome(backend, greedy(INSTRUCTIONS + turn("Hi"), cache_key="thread_1"))
    _, _, usage = outcome(backend, greedy(INSTRUCTIONS + turn("Yo"), cache_key="thread_2"))
    assert usage.cached_tokens >= backend.count_tokens(INSTRUCTIONS)
    _, _, first_again = outcome(backend, greedy(INSTRUCTIONS + turn("Hi"), cache_key="thread_1"))
    assert first_again.cached_tokens == first_again.prompt_tokens - 1


def test_a_running_generation_shares_its_prompt(open_backend: OpenBackend) -> None:
    backend = open_backend("endless")
    running = backend.generate(greedy(INSTRUCTIONS + turn("Hi"), max_tokens=None))
    next(running)
    _, _, usage = outcome(backend, greedy(INSTRUCTIONS + turn("Yo"), max_tokens=2))
    assert usage.cached_tokens >= backend.count_tokens(INSTRUCTIONS)


def test_requests_that_come_together_compute_their_instructions_once(open_backend: OpenBackend) -> None:
    backend = open_backend("short", batch_size=64)
    streams = [backend.generate(greedy(INSTRUCTIONS + turn(f"{number}?"))) for number in range(6)]
    cached = sorted(list(stream)[-1].usage.cached_tokens for stream in streams)
    assert cached[0] == 0
    assert cached[1] >= backend.count_tokens(INSTRUCTIONS) - 64  # what is nearly there is not waited for


@pytest.mark.parametrize("model", ["random", "sliding_window", "recurrent"])
def test_reuse_does_not_change_the_answer(open_backend: OpenBackend, model: str) -> None:
    backend, fresh = open_backend(model, **EXACT), open_backend(model, max_residents=0, **EXACT)
    prompt = INSTRUCTIONS + turn("Hi")
    for question in ("Why?", "Where to?", "Who?"):
        text, _, usage = outcome(backend, greedy(prompt, cache_key="a"))
        assert outcome(fresh, greedy(prompt, cache_key="b"))[0] == text
        if question != "Why?":
            assert usage.cached_tokens > 300
        prompt += text + turn(question)


@pytest.mark.parametrize("model", ["random", "sliding_window", "recurrent"])
def test_a_changed_ending_is_computed_again(open_backend: OpenBackend, model: str) -> None:
    backend, fresh = open_backend(model, **EXACT), open_backend(model, **EXACT)
    prompt = INSTRUCTIONS + turn("Hi")
    outcome(backend, greedy(prompt, cache_key="a"))
    changed = f"{prompt}something else{turn('So?')}"
    text, _, usage = outcome(backend, greedy(changed, cache_key="a"))
    assert text == outcome(fresh, greedy(changed))[0]
    assert usage.cached_tokens >= 400


def test_recurrent_models_go_back_to_where_conversations_part(open_backend: OpenBackend) -> None:
    backend = open_backend("recurrent")
    for number in range(3):
        _, _, usage = outcome(backend, greedy(INSTRUCTIONS + turn(f"{number} is it?"), cache_key=str(number)))
    assert usage.cached_tokens >= backend.count_tokens(INSTRUCTIONS)


def test_without_residents_nothing_is_reused_but_all_works(open_backend: OpenBackend) -> None:
    backend = open_backend("short", max_sequences=1, max_residents=0)
    for number in range(3):
        assert outcome(backend, greedy(turn(f"{number}")))[0] == "Hello there."
