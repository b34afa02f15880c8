"""The training of the bundled model: what is written to a file comes back."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).resolve().parents[2] / "models" / "localassist-tiny"))

from tokenizers import Tokenizer

from copies import Kind
from data import Dialogues, taught_weights, values_called
from export import load_model, write_gguf
from generator.render import Piece
from growth import with_vocabulary
from model import Layout, ModelConfig, TinyModel
from tokens import extend_tokenizer, load_tokenizer, written_words


def scores(model: TinyModel) -> torch.Tensor:
    token_ids = torch.arange(40)
    with torch.no_grad():
        return model.logits(model(token_ids, token_ids, Layout([25, 15])))


def test_what_is_written_to_a_file_comes_back(tmp_path: Path) -> None:
    model = TinyModel(ModelConfig(vocab_size=4096, embedding_length=48, num_layers=2, feed_forward_length=64))
    model.half().float()  # as exact as the file
    write_gguf(tmp_path / "model.gguf", model.config, model.state_dict())
    again = load_model(tmp_path / "model.gguf")
    assert again.config.to_dict() == pytest.approx(model.config.to_dict())
    assert torch.equal(scores(again), scores(model))


@pytest.fixture(scope="module")
def extended() -> Tokenizer:
    known = load_tokenizer()
    return extend_tokenizer(known, vocab_size=known.get_vocab_size() + 200)


def test_an_extended_tokenizer_holds_all_tokens_it_had_and_new_ones_for_the_words_of_the_generator(
    extended: Tokenizer,
) -> None:
    known = load_tokenizer().get_vocab()
    assert extended.get_vocab_size() == len(known) + 200
    new = [token for token in extended.get_vocab() if token not in known]
    texts = {extended.decoder.decode([token]) for token in new}
    written = "\n".join(written_words())
    assert all(text in written for text in texts if "\ufffd" not in text)


@pytest.mark.parametrize("text", ["Paris", "vehicle", "부산", "天气", "prescription", "weatherman", "Kuwohlmit"])
@pytest.mark.parametrize("before", [" ", "_", '"'])
def test_a_word_is_cut_the_same_way_wherever_it_stands(extended: Tokenizer, text: str, before: str) -> None:
    for tokenizer in (load_tokenizer(), extended):
        alone, (first, *rest) = tokenizer.encode(text).tokens, tokenizer.encode(before + text).tokens
        assert [piece for piece in (first[1:], *rest) if piece] == alone


def test_new_tokens_begin_as_their_pieces_and_old_ones_score_as_before(extended: Tokenizer) -> None:
    known = load_tokenizer()
    model = TinyModel(
        ModelConfig(vocab_size=known.get_vocab_size(), embedding_length=48, num_layers=2, feed_forward_length=64)
    )
    grown = with_vocabulary(model, known, extended)
    ids, rows, grown_rows = extended.get_vocab(), model.token_embd.weight.detach(), grown.token_embd.weight.detach()
    assert all(torch.equal(grown_rows[ids[token]], rows[index]) for token, index in known.get_vocab().items())
    new = next(token for token in ids if token not in known.get_vocab())
    pieces = rows[known.encode(extended.decoder.decode([new])).ids].mean(0)
    assert 0.2 < torch.cosine_similarity(grown_rows[ids[new]], pieces, dim=0) < 0.95
    assert grown_rows[ids[new]].norm() == pytest.approx(rows.norm(dim=1).mean().item(), rel=0.5)


def test_a_vocabulary_that_is_not_the_networks_is_refused(extended: Tokenizer) -> None:
    model = TinyModel(ModelConfig(vocab_size=300, embedding_length=48, num_layers=1, feed_forward_length=64))
    with pytest.raises(ValueError, match="the network 300"):
        with_vocabulary(model, load_tokenizer(), extended)


def test_in_documents_of_calls_names_weigh_most_and_drawn_values_are_not_studied() -> None:
    dialogues = Dialogues(load_tokenizer(), seed=1, context_length=4096)
    call = '<tool_call>\n{"name": "f", "arguments": {"to": "Ada", "n": [7, 2.5], "is": true}}\n</tool_call><|im_end|>\n'
    values = values_called([Piece("<|im_start|>assistant\n", False, True), Piece(call, True, False)])
    assert sorted(values) == ["2.5", "7", "Ada"]
    sum_of_two = '<tool_call>\n{"name": "python", "arguments": {"code": "print(410 + 2.75)"}}\n</tool_call>'
    assert values_called([Piece(sum_of_two, True, False)]) == ["print(410 + 2.75)", "410", "2.75"]
    said = "<|im_start|>user\nWrite to Ada 7 times<|im_end|>\n"
    encoded = load_tokenizer().encode(said)
    studied = [dialogues._studied_weights(said, encoded.offsets, values) for _ in range(40)]
    never = [said[start:end] for (start, end), *row in zip(encoded.offsets, *studied, strict=True) if not any(row)]
    assert "".join(never) == "Ada7"
    taught = load_tokenizer().encode(call)
    weights = dict(zip(taught.offsets, taught_weights(call, taught.offsets), strict=True))
    assert max(weights.values()) == next(w for (start, _), w in weights.items() if start == call.index('f"'))


def test_what_stands_in_a_value_and_which_parameter_comes_next_weighs_more_than_the_rest() -> None:
    call = '<tool_call>\n{"name": "f", "arguments": {"to": "Ada Lovelace, London", "n": [7]}}\n</tool_call><|im_end|>\n'
    encoded = load_tokenizer().encode(call)
    weights = dict(zip(encoded.offsets, taught_weights(call, encoded.offsets), strict=True))
    raised = [call[start:end] for (start, end), weight in weights.items() if weight > 1]
    assert "".join(raised) == '<tool_call>namef",argumentstoAda Lovelace, London",n7}}\n'
    code = '<tool_call>\n{"name": "python", "arguments": {"code": "print(\\"a, b\\")"}}\n</tool_call>'
    encoded = load_tokenizer().encode(code)
    weights = dict(zip(encoded.offsets, taught_weights(code, encoded.offsets), strict=True))
    assert all(weight == 1 for (start, _), weight in weights.items() if start > code.index("print"))


def test_where_an_answer_begins_to_copy_weighs_more() -> None:
    dialogues = Dialogues(load_tokenizer(), seed=3, context_length=4096)
    raised = 0
    for _ in range(60):
        document = dialogues.document(1200)
        answers = [copy.query + 1 for copy in document.copies.found if copy.kind is Kind.ANSWER]
        assert all(document.weights[place] == 3 for place in answers)
        raised += len(answers)
    assert raised > 20
    told = "The answer is 4021 or 7.<|im_end|>\n"
    encoded = load_tokenizer().encode(told)
    weights = zip(encoded.tokens, taught_weights(told, encoded.offsets), strict=True)
    assert [token for token, weight in weights if weight > 1] == ["The", "4", "7"]
