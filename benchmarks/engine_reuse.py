"""Time to the first token of a conversation's next turn, with the tokens before it kept and without (reach: 1/12)."""

from _calm import calm_rounds, calmness
from _engine import median, qwen_shape, report, timed, words
from localassist.inference.backend import LlamaBackend

HISTORY_TOKENS, NEW_TOKENS, ROUNDS = 1000, 32, 3


def main() -> None:
    backend = LlamaBackend(qwen_shape())

    def turn(number: int) -> tuple[float, float]:
        history = words(HISTORY_TOKENS, seed=number)
        timed(backend, history, 1, cache_key=f"thread_{number}")
        kept = timed(backend, history + words(NEW_TOKENS, seed=900 + number), 1).first_s
        return kept, timed(backend, words(HISTORY_TOKENS + NEW_TOKENS, seed=500 + number), 1).first_s

    rounds = calm_rounds(turn, ROUNDS)
    backend.close()
    kept, read_again = map(median, zip(*rounds.values, strict=True))
    ratio = median(one / other for one, other in rounds.values)
    rows = [("kept", kept), ("read again", read_again), ("ratio (median of rounds)", ratio)]
    facts = {"one_in": 1 / ratio, "reach_one_in": 12, **calmness(rounds)}
    report("engine_reuse", ["history of 1,000 tokens", "first token, s"], rows, **facts)


if __name__ == "__main__":
    main()
