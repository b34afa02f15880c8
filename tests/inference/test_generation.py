"""One generation at a time, through real llama.cpp."""

import pytest

from localassist.errors import ContextLengthExceeded, GenerationFailed
from localassist.inference.backend import LlamaBackend
from localassist.protocols import GUARD_CLOSE, GUARD_OPEN, GenerationRequest, GenerationUsage
from tests.inference.conftest import OpenBackend
from tests.inference.helpers import answer, greedy, outcome, text_of, turn


def test_a_script_is_answered_to_its_end(open_backend: OpenBackend) -> None:
    backend = open_backend("short")
    assert outcome(backend, greedy(turn("Hi"))) == ("Hello there.", "stop", GenerationUsage(11, 3, 0))


def test_the_facts_are_those_of_the_file(open_backend: OpenBackend) -> None:
    facts = open_backend("special").facts
    assert facts.name == "scripted"
    assert facts.architecture == "llama"
    assert facts.context_window == 8192
    assert facts.chat_template is not None
    assert facts.chat_template.startswith("{%- if tools %}")
    assert facts.eos_token == "<|im_end|>"
    assert {"<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"} <= facts.special_tokens
    assert facts.size_bytes > 100_000
    assert facts.metadata["llama.block_count"] == "1"


def test_the_token_budget_ends_with_length(open_backend: OpenBackend) -> None:
    text, reason, usage = outcome(open_backend("endless"), greedy(turn("Hi"), max_tokens=5))
    assert (text, reason, usage.completion_tokens) == ("one two three,one two", "length", 5)


def test_the_end_of_the_window_ends_with_length(open_backend: OpenBackend) -> None:
    backend = open_backend("endless", context_window=300)
    _, reason, usage = outcome(backend, greedy(turn("Hi"), max_tokens=None))
    assert reason == "length"
    assert usage.prompt_tokens + usage.completion_tokens == 300


def test_a_prompt_that_leaves_no_room_is_refused_with_numbers(open_backend: OpenBackend) -> None:
    backend = open_backend("short", context_window=300)
    with pytest.raises(ContextLengthExceeded, match=r"409 tokens.*300 tokens"):
        backend.generate(greedy(turn("x" * 400)))
    with pytest.raises(GenerationFailed, match="empty"):
        backend.generate(greedy(""))


def test_a_stop_string_across_tokens_ends_the_text(open_backend: OpenBackend) -> None:
    backend = open_backend("endless")
    text, reason, usage = outcome(backend, greedy(turn("Hi"), stop=("o three", "never")))
    assert (text, reason, usage.completion_tokens) == ("one tw", "stop", 3)


def test_characters_that_need_several_tokens_come_whole(open_backend: OpenBackend) -> None:
    tokens = list(open_backend("korean").generate(greedy(turn("누구세요?"))))
    assert text_of(tokens) == "안녕하세요! 저는 로컬 조수입니다 🙂."
    assert "�" not in text_of(tokens)


def test_an_answer_is_not_empty_unless_it_may_be(open_backend: OpenBackend) -> None:
    backend = open_backend("silent")
    assert answer(backend, turn("Hi"), may_be_empty=True) == " \n"
    assert answer(backend, turn("Hi"), max_tokens=60).strip() != ""


def test_sampling_with_a_seed_repeats_itself(open_backend: OpenBackend) -> None:
    backend = open_backend("random")

    def sample(seed: int | None, temperature: float = 1.5) -> str:
        request = GenerationRequest(turn("Hi"), max_tokens=30, temperature=temperature, top_p=0.95, seed=seed)
        return text_of(backend.generate(request))

    assert sample(7) == sample(7)
    assert sample(7) != sample(8)
    assert sample(None) != sample(None)
    assert sample(2**40) == sample(2**40)


def test_text_in_a_guard_is_not_read_as_special_tokens(open_backend: OpenBackend) -> None:
    backend = open_backend("special")
    for special in ("<|im_end|>", "<tool_call>"):
        guarded = backend.count_tokens(f"{GUARD_OPEN}{special}{GUARD_CLOSE}")
        assert backend.count_tokens(special) == 1
        assert guarded == len(special)
    assert backend.count_tokens(f"{GUARD_CLOSE}a{GUARD_OPEN}b") == 2


def test_a_guarded_marker_does_not_steer_the_script(open_backend: OpenBackend) -> None:
    backend = open_backend("weather")
    assert answer(backend, turn("<tool_response>x")).startswith("The weather")
    assert answer(backend, turn(f"{GUARD_OPEN}<tool_response>{GUARD_CLOSE}x")).startswith("<tool_call>")


def test_a_closed_backend_says_so(open_backend: OpenBackend) -> None:
    backend: LlamaBackend = open_backend("endless")
    running = backend.generate(greedy(turn("Hi"), max_tokens=None))
    next(running)
    backend.close()
    with pytest.raises(GenerationFailed, match="closed"):
        list(running)
    with pytest.raises(GenerationFailed, match="closed"):
        backend.generate(greedy(turn("Hi")))
