"""Many conversations, random cancels: no leak, nothing stuck, and answers equal to those of single runs."""

import argparse
import random
import sys
import threading
from dataclasses import replace

import psutil

from _engine import CACHE, report
from localassist.inference.backend import LlamaBackend
from localassist.inference.options import LlamaOptions
from localassist.protocols import GenerationRequest
from tests.models.random_weights import build_random

TOKENS = 16
TURN = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


class Conversation:
    """Takes turns until it has had its share, and notes prompts and answers that were not cancelled."""

    def __init__(self, backend: LlamaBackend, number: int) -> None:
        self._backend = backend
        self._number = number
        self._chance = random.Random(number)
        self.answers: dict[str, str] = {}
        self.num_cancelled = 0

    def run(self, num_turns: int) -> None:
        prompt = "<|im_start|>system\nBe kind to everyone.<|im_end|>\n"
        for turn in range(num_turns):
            prompt += TURN.format(f"{self._number}: question {turn}")
            if len(prompt) > 1200:
                prompt = prompt[:60] + TURN.format(f"{self._number}: anew {turn}")
            prompt += self._take_turn(prompt)

    def _take_turn(self, prompt: str) -> str:
        request = GenerationRequest(prompt, max_tokens=TOKENS, temperature=0, cache_key=str(self._number))
        stream, text = self._backend.generate(request), ""
        give_up_after = self._chance.choice([None, None, None, 1, 5])
        for count, token in enumerate(stream):
            text += token.text
            if count == give_up_after:
                stream.close()
                self.num_cancelled += 1
                return ""
        self.answers[prompt] = text
        return text + "<|im_end|>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=64)
    arguments = parser.parse_args()
    num_turns = -(-arguments.turns // arguments.threads)
    CACHE.mkdir(parents=True, exist_ok=True)
    path = build_random(CACHE / "soak.gguf")
    # Exact arithmetic: random weights give close scores, and rounding must not decide between them.
    exact = LlamaOptions(threads=1, context_window=4096, kv_type="f32")
    backend = LlamaBackend(path, replace(exact, cache_tokens=16_384))
    conversations = [Conversation(backend, number) for number in range(arguments.threads)]
    process = psutil.Process()
    before = process.memory_info().rss
    threads = [threading.Thread(target=conversation.run, args=(num_turns,)) for conversation in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grown = process.memory_info().rss - before
    answers = {prompt: text for one in conversations for prompt, text in one.answers.items()}
    single = LlamaBackend(path, replace(exact, max_sequences=1, max_residents=0))
    sample = random.Random(0).sample(sorted(answers), min(200, len(answers)))
    different = sum(answers[prompt] != _alone(single, prompt) for prompt in sample)
    rows = [
        ("conversations", arguments.threads),
        ("turns", sum(len(one.answers) + one.num_cancelled for one in conversations)),
        ("cancelled", sum(one.num_cancelled for one in conversations)),
        ("compared with single runs", len(sample)),
        ("different", different),
        ("memory grown, MB", grown / 1e6),
    ]
    report("engine_soak", ["", "number"], rows)
    for opened in (backend, single):
        opened.close()
    sys.exit(different > 0)


def _alone(backend: LlamaBackend, prompt: str) -> str:
    request = GenerationRequest(prompt, max_tokens=TOKENS, temperature=0)
    return "".join(token.text for token in backend.generate(request))


if __name__ == "__main__":
    main()
