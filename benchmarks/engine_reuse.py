"""Time to the first token of a conversation's next turn, with the tokens before it kept and without (reach: 1/12)."""

from _engine import median, qwen_shape, report, timed, words
from localassist.inference.backend import LlamaBackend

HISTORY_TOKENS, NEW_TOKENS, ROUNDS = 1000, 32, 3


def main() -> None:
    backend = LlamaBackend(qwen_shape())
    with_reuse, without = [], []
    for number in range(ROUNDS):
        history = words(HISTORY_TOKENS, seed=number)
        timed(backend, history, 1, cache_key=f"thread_{number}")
        with_reuse.append(timed(backend, history + words(NEW_TOKENS, seed=900 + number), 1).first_s)
        without.append(timed(backend, words(HISTORY_TOKENS + NEW_TOKENS, seed=500 + number), 1).first_s)
    backend.close()
    ratio = median(with_reuse) / median(without)
    rows = [("kept", median(with_reuse)), ("read again", median(without)), ("ratio", ratio)]
    report("engine_reuse", ["history of 1,000 tokens", "first token, s"], rows, one_in=1 / ratio, reach_one_in=12)


if __name__ == "__main__":
    main()
