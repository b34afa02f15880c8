"""The training of the bundled model: three heads are shown where to look."""

import sys
from pathlib import Path

import pytest
import torch
from tokenizers import Encoding

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from copies import Copies, Kind, plain_ids
from data import Batch, Dialogues, to_batch
from generator.render import Piece
from guidance import Guide, choosing_loss, gathering_loss, looking_loss, offered_in
from model import Layout, ModelConfig, TinyModel
from tokens import load_tokenizer

SYSTEM = (
    '<|im_start|>system\n# Tools\n\n<tools>\n{"description": "Sends a letter", "name": "post", "parameters": '
    '{"to": "string", "copies": "integer"}}\n{"name": "weigh", "parameters": {"goods": {"type": "array"}}}\n'
    "</tools><|im_end|>\n"
)
CALL = (
    '<tool_call>\n{"name": "post", "arguments": {"to": "Ada Quoll", "copies": 7, "tags": ["red", "blue"], "is": true}}'
    "\n</tool_call><|im_end|>\n"
)
DIALOGUE = [
    Piece(SYSTEM, False, True),
    Piece("<|im_start|>user\nAda Quoll is my aunt<|im_end|>\n", False, True),
    Piece("<|im_start|>assistant\n", False, True),
    Piece("Nice to meet you.<|im_end|>\n", True, False),
    Piece("<|im_start|>user\nPost 7 red and blue ones to Ada Quoll<|im_end|>\n", False, True),
    Piece("<|im_start|>assistant\n", False, True),
    Piece(CALL, True, False),
    Piece("<|im_start|>user\n<tool_response>\nbarge 4471 left at dawn\n</tool_response><|im_end|>\n", False, True),
    Piece("<|im_start|>assistant\n", False, True),
    Piece("It says barge 4471 left at dawn.<|im_end|>\n", True, False),
]


def put_together(dialogue: list[Piece]) -> tuple[Copies, list[str]]:
    """Return the copies of a dialogue, and from each of its tokens the text that follows."""
    copies = Copies(plain_ids(load_tokenizer()))
    starts: list[int] = []
    before = 0
    for piece in dialogue:
        encoded: Encoding = load_tokenizer().encode(piece.text)
        (copies.write if piece.taught else copies.give)(piece.text, encoded)
        starts += [before + start for start, _ in encoded.offsets]
        before += len(piece.text)
    whole = "".join(piece.text for piece in dialogue)
    return copies, [whole[start:] for start in starts]


def test_names_values_and_answers_are_found_where_they_come_from() -> None:
    copies, rest = put_together(DIALOGUE)
    found = [(copy.kind, rest[copy.query + 1], [rest[key] for key in copy.keys]) for copy in copies.found]
    expected = [
        (Kind.NAME, 'post", "arg', ['post", "parameters']),
        (Kind.VALUE, 'Ada Quoll", ', ["Ada Quoll<"]),  # of the request, not of what was said before
        (Kind.VALUE, "7, ", ["7 red"]),
        (Kind.VALUE, 'red", ', ["red and"]),
        (Kind.VALUE, 'blue"]', [" blue ones"]),
        (Kind.ANSWER, "barge 4471 left", ["barge 4471 left"]),
    ]
    assert len(found) == len(expected)
    for (kind, written, sources), (expected_kind, text, expected_sources) in zip(found, expected, strict=True):
        assert kind is expected_kind
        assert written.startswith(text)
        assert [
            source[: len(start)] for source, start in zip(sources, expected_sources, strict=True)
        ] == expected_sources
    assert [rest[place][:6] for place in copies.offered] == ['post",', 'weigh"']


def test_names_on_offer_stand_for_their_descriptions_and_calls_for_the_last_request() -> None:
    copies, rest = put_together(DIALOGUE)
    gists = [(rest[gist.place], rest[gist.text.start], rest[gist.text.stop]) for gist in copies.gists]
    expected = [
        ("post", '{"description": "Sends', '", "parameters": {"to"'),
        ("weigh", '{"name": "weigh', '", "parameters": {"goods"'),
        (' "post", "arg', "<|im_start|>user\nPost 7 red", "<|im_start|>assistant\n<tool_call>"),
    ]
    assert len(gists) == len(expected)
    for found, starts in zip(gists, expected, strict=True):
        assert all(text.startswith(start) for text, start in zip(found, starts, strict=True)), (found, starts)


def test_what_was_said_long_ago_is_found_too() -> None:
    dialogue = [*DIALOGUE[:4], Piece("<|im_start|>user\nWrite to my aunt<|im_end|>\n", False, True), *DIALOGUE[5:7]]
    copies, rest = put_together(dialogue)
    aunt = next(copy for copy in copies.found if rest[copy.query + 1].startswith("Ada"))
    assert [rest[key][:12] for key in aunt.keys] == ["Ada Quoll is"]


def test_numbers_and_texts_within_code_are_found_too() -> None:
    code = r'{"name": "python", "arguments": {"code": "print(math.lcm(5, 38), 410 * 2.75, len(\"plum tart\"))"}}'
    said = "<|im_start|>user\nThe lcm of 5 and 38, 2.75 times 410, letters of `plum tart`, 1-2-3<|im_end|>\n"
    copies, rest = put_together(
        [
            Piece(said, False, True),
            Piece("<|im_start|>assistant\n", False, True),
            Piece(f"<tool_call>\n{code}\n</tool_call><|im_end|>\n", True, False),
        ]
    )
    found = [(rest[copy.query + 1], [rest[key] for key in copy.keys]) for copy in copies.found]
    expected = [
        ("38), 410", "38, 2.75"),
        ("410 * 2.75", "410, letters"),
        ("2.75, len", "2.75 times"),
        ("plum", "plum tart`"),
    ]
    assert len(found) == len(expected)
    for (written, sources), (text, source) in zip(found, expected, strict=True):
        assert written.startswith(text)
        assert [each.lstrip()[: len(source)] for each in sources] == [source]


def test_copies_of_what_is_cut_off_are_left_out() -> None:
    copies, _ = put_together(DIALOGUE)
    first, second, *_ = (copy.query for copy in copies.found)
    assert [copy.query for copy in copies.until(second).found] == [first]
    before_the_second_name = copies.until(copies.offered[1])
    assert before_the_second_name.offered == copies.offered[:1]
    assert before_the_second_name.gists == copies.gists[:1]


@pytest.fixture(scope="module")
def batch() -> Batch:
    dialogues = Dialogues(load_tokenizer(), seed=3, context_length=4096)
    return to_batch([dialogues.document(600) for _ in range(12)])


def shaped(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys that find the first place of every copy: each key has a dimension of its own."""
    k = torch.eye(batch.num_tokens)
    q = torch.zeros_like(k)
    start = 0
    for length, copies in zip(batch.lengths, batch.copies, strict=True):
        for copy in copies.found:
            q[start + copy.query, start + copy.keys[0]] = 50.0
        start += length
    return q, k


ALL_KINDS = dict.fromkeys(Kind, 1.0)


def test_a_head_that_looks_at_the_right_places_is_right_and_any_other_is_wrong(batch: Batch) -> None:
    q, k = shaped(batch)
    assert len(offered_in(batch)) > 10
    assert looking_loss(q, k, batch, ALL_KINDS).item() == pytest.approx(0.0, abs=1e-3)
    assert choosing_loss(q, k, batch, []).item() == pytest.approx(0.0, abs=1e-3)
    num_copies = sum(len(copies.found) for copies in batch.copies)
    assert looking_loss(q * 0, k, batch, ALL_KINDS).item() > num_copies
    # Functions of earlier batches are wrong ones to choose.
    assert choosing_loss(q, k, batch, [k[offered_in(batch)]]).item() > 1.0


def test_only_copies_of_the_kinds_weighed_are_looked_for(batch: Batch) -> None:
    _, k = shaped(batch)
    each = [looking_loss(0 * k, k, batch, {kind: 2.0}).item() for kind in Kind]
    assert min(each) > 0.0
    assert sum(each) == pytest.approx(2 * looking_loss(0 * k, k, batch, ALL_KINDS).item())


def test_what_is_gathered_should_be_the_mean_of_the_text(batch: Batch) -> None:
    values, k = torch.randn(batch.num_tokens, 8), torch.eye(batch.num_tokens)
    q = torch.zeros_like(k)
    start, num_gists = 0, 0
    for length, copies in zip(batch.lengths, batch.copies, strict=True):
        num_gists += len(copies.gists)
        for place, text in copies.gists:
            q[start + place] = 0.0  # of several gists at one place, the last counts
            q[start + place, start + text.start : start + text.stop] = 50.0
        start += length
    assert num_gists > 10
    gathered = gathering_loss(q, k, values, batch).item()
    assert gathered < 0.3 * gathering_loss(0 * q, k, values, batch).item()
    assert gathered == pytest.approx(0.0, abs=0.5)


def test_gradients_reach_the_guided_heads_and_all_before_them_and_nothing_else(batch: Batch) -> None:
    model = TinyModel(ModelConfig(vocab_size=10240, embedding_length=48, num_layers=4, feed_forward_length=64))
    guide = Guide(model.config)
    assert guide.heads == ((0, 3), (1, 3), (2, 0))
    _, looks = model.watched(batch.token_ids, batch.positions, Layout(batch.lengths), guide.heads)
    values = torch.randn(batch.num_tokens, 8)
    before = guide.loss(looks, values, batch, 0.5)
    before.backward()
    reached = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert {"token_embd.weight", "blk.1.ffn_down.weight", "blk.2.attn_q.weight", "blk.2.attn_k.weight"} <= reached
    assert not any(name.startswith("blk.3") or name == "blk.2.attn_v.weight" for name in reached)
    gradient = model.blk[2].attn_q.weight.grad
    assert gradient[:64].abs().sum() > 0
    assert gradient[64:].abs().sum() == 0
    # What was on offer is remembered: there is more to choose from now.
    assert guide.loss([(q.detach(), k.detach()) for q, k in looks], values, batch, 0.5) > before
