"""The training of the bundled model: its words are taught what they mean, and a head to compare what they mean."""

import sys
from pathlib import Path
from random import Random

import pytest
import torch

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from circuits import comparing_head
from drills import Drills
from generator.code_tasks import make_task, rounded, run
from generator.memory import told_and_asked
from generator.search import written_and_asked
from growth import with_choosing_head
from meaning import Meaning, Pair, meanings, read_values
from model import Layout, ModelConfig, TinyModel
from tokens import load_tokenizer


def small(num_heads: int, vocab_size: int = 10240) -> TinyModel:
    torch.manual_seed(5)
    return TinyModel(
        ModelConfig(
            vocab_size=vocab_size,
            embedding_length=64,
            num_layers=3,
            num_heads=num_heads,
            num_kv_heads=num_heads,
            feed_forward_length=64,
        )
    )


def found_among_five(model: TinyModel, pairs: list[Pair]) -> float:
    """Return how often the second text of a pair is nearer to the first than those of the four pairs after it."""
    values = read_values(model)
    one, other = (meanings(values, [pair.texts[side] for pair in pairs]) for side in (0, 1))
    scores = one @ other.T
    columns = [[(row + shift) % len(pairs) for shift in range(5)] for row in range(len(pairs))]
    return sum(int(scores[row, places].argmax()) == 0 for row, places in enumerate(columns)) / len(pairs)


def test_words_learn_which_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meaning._PAIRS_AT_FIRST", 400)
    monkeypatch.setattr("meaning._NEW_PAIRS", 0)
    model = small(num_heads=4)
    meaning = Meaning(load_tokenizer(), seed=11)
    pairs = list(meaning._pairs)
    optimizer = torch.optim.Adam([model.token_embd.weight, model.blk[0].attn_v.weight], lr=0.01)
    before = found_among_five(model, pairs)
    for _ in range(30):
        loss = meaning.loss(model)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert before < 0.5
    assert found_among_five(model, pairs) > 0.9


def test_only_the_words_and_what_one_head_reads_in_them_are_taught_their_meaning() -> None:
    model = small(num_heads=4)
    Meaning(load_tokenizer(), seed=11).loss(model).backward()
    reached = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert reached.keys() == {"token_embd.weight", "blk.0.attn_norm.weight", "blk.0.attn_v.weight"}
    gradient = reached["blk.0.attn_v.weight"]
    last, still = slice(3 * 64, 3 * 64 + 48), slice(3 * 64 + 48, None)
    assert gradient[last].abs().sum() > 0
    assert gradient[: 3 * 64].abs().sum() == gradient[still].abs().sum() == 0


@pytest.mark.parametrize("make", [told_and_asked, written_and_asked])
@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_a_statement_and_its_question_are_of_one_subject_with_values_of_their_own(make, language: str) -> None:
    texts = [make(Random(seed), language) for seed in range(40)]
    assert len({subject for subject, _, _ in texts}) > 30
    assert all(statement != question and "{" not in statement + question for _, statement, question in texts)


def test_a_head_more_leaves_the_others_as_they_are_and_copies_nothing_yet() -> None:
    model = small(num_heads=3, vocab_size=400)
    grown = with_choosing_head(model)
    assert (grown.config.num_heads, grown.config.num_kv_heads) == (4, 4)
    for name, tensor in model.state_dict().items():
        assert torch.equal(grown.state_dict()[name][tuple(map(slice, tensor.shape))], tensor)
    assert not any(block.attn_output.weight[:, 3 * 64 :].any() for block in grown.blk[1:])


def test_the_head_added_finds_the_text_that_means_the_same() -> None:
    grown = with_choosing_head(small(num_heads=3, vocab_size=400))
    config = grown.config
    values = grown.blk[0].attn_v.weight[3 * 64 : 3 * 64 + config.still_length]
    said = torch.linalg.pinv(values.detach())  # what in a token makes the head read one thing
    with torch.no_grad():
        for number, tokens in enumerate(((10, 20), (11, 21), (12, 22))):
            for token in tokens:
                grown.token_embd.weight[token] += said[:, number] / said[:, number].norm()
    texts = torch.tensor([10, 11, 12, 20, 21, 22]).repeat_interleave(8)
    places = torch.arange(8).repeat(6)
    with torch.no_grad():
        _, ((q, k),) = grown.watched(texts, places, Layout([8] * 6), [comparing_head(config)])
    still, ends = slice(2 * config.num_rotary_pairs, None), torch.arange(7, 48, 8)
    scores = q[ends[3:], still] @ k[ends[:3], still].T
    assert scores.argmax(1).tolist() == [0, 1, 2]


def test_what_seldom_comes_out_even_is_printed_rounded() -> None:
    assert rounded("print(10 / 3)") == "print(round(10 / 3, 4))"
    assert rounded("x = (14 - 11) / 9\nprint(x)") == "x = (14 - 11) / 9\nprint(round(x, 4))"
    assert rounded("import math\nprint(math.sqrt(2))") == "import math\nprint(round(math.sqrt(2), 4))"
    for as_it_is in (
        "print(7 // 2)",
        "print(3 + 4)",
        'print(f"{1 / 3:.2f}")',
        'print("a/b")',
        "print(round(1 / 3, 2))",
    ):
        assert rounded(as_it_is) == as_it_is
    outputs = [run(make_task(Random(seed)).code) for seed in range(300)]
    assert not [output for output in outputs if len(output.rpartition(".")[2].rstrip(")]")) > 12 and "." in output]


def test_some_drills_repeat_runs_of_few_tokens() -> None:
    drills = Drills(Random(3), 500, 4)
    drills.notice(list(range(260, 480)))
    made = [drills.drill(160) for _ in range(60)]
    few = [ids for ids, _ in made if len(set(ids)) < len(ids) / 4]
    assert 5 < len(few) < 40
    assert all(len(ids) == len(weights) for ids, weights in made)
