"""Chat completions over the same models."""

import base64
from array import array

import pytest

from localassist.errors import InvalidRequest
from localassist.objects.chat import ChatCompletionBody, EmbeddingBody
from localassist.objects.faults import validate
from localassist.protocols import ReasoningPiece, TextPiece
from localassist.service.embeddings import EmbeddingService
from localassist.testing import SCRIPTED_MODEL, Turn, call, say
from tests.scripted_engine import FUNCTION, bench

HI = {"model": SCRIPTED_MODEL, "messages": [{"role": "user", "content": "hi"}]}


def body(**fields):
    return validate(ChatCompletionBody, HI | fields)


def test_an_answer_has_its_text_usage_and_reason():
    with bench(say("Hello there")) as b:
        answer = b.engine.chat.complete(body())
        assert answer["choices"][0]["message"]["content"] == "Hello there"
        assert answer["choices"][0]["finish_reason"] == "stop"
        assert answer["usage"]["completion_tokens"] == 2


def test_calls_come_back_as_tool_calls():
    with bench(call("get_weather", city="Paris")) as b:
        (choice,) = b.engine.chat.complete(body(tools=[FUNCTION]))["choices"]
        assert choice["finish_reason"] == "tool_calls"
        assert choice["message"]["content"] is None
        assert choice["message"]["tool_calls"][0]["function"] == {
            "name": "get_weather",
            "arguments": '{"city": "Paris"}',
        }


def test_a_stream_adds_up_to_the_answer():
    with bench(say("one two three")) as b:
        chunks = list(b.engine.chat.stream(body(stream=True, stream_options={"include_usage": True})))
        text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
        assert text == "one two three"
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
        assert chunks[-1]["usage"]["completion_tokens"] == 3
        assert len({chunk["id"] for chunk in chunks}) == 1


def test_reasoning_and_refusals_are_no_content():
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    with bench(Turn(ReasoningPiece("hm"), TextPiece("I'm sorry"), TextPiece(", no."))) as b:
        answer = b.engine.chat.complete(body(response_format=form, reasoning_effort="low"))
        message = answer["choices"][0]["message"]
        assert (message["content"], message["refusal"], message["reasoning_content"]) == (None, "I'm sorry, no.", "hm")
        assert answer["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}
        assert b.model.efforts == ["low"]


@pytest.mark.parametrize("fields", [{"logit_bias": {}}, {"n": 2}, {"response_format": {"type": "xml"}}])
def test_what_is_not_honoured_is_refused(fields):
    with pytest.raises(InvalidRequest):
        body(**fields)


def test_a_request_that_cannot_be_served_fails_before_the_first_chunk():
    with bench() as b, pytest.raises(InvalidRequest, match="does not exist"):
        b.engine.chat.stream(validate(ChatCompletionBody, HI | {"model": "nope"}))


class CountingModel:
    """Embeds a text as its length."""

    def embed(self, texts):
        return [[0.6, 0.8, 0.0] for _ in texts], sum(len(text) for text in texts)

    def close(self):
        pass


def test_embeddings_come_in_order_and_can_be_shortened():
    service = EmbeddingService(CountingModel)
    answer = service.create(EmbeddingBody(model="e", input=["a", "bc"], dimensions=1))
    assert [item["embedding"] for item in answer["data"]] == [[1.0], [1.0]]
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    packed = service.create(EmbeddingBody(model="e", input="a", encoding_format="base64"))["data"][0]["embedding"]
    assert array("f", base64.b64decode(packed)).tolist() == pytest.approx([0.6, 0.8, 0.0])


@pytest.mark.parametrize("given", [[], "", ["a", ""], [1, 2], 5])
def test_inputs_that_are_no_texts_are_refused(given):
    with pytest.raises(InvalidRequest):
        EmbeddingService(CountingModel).create(EmbeddingBody(model="e", input=given))


def test_without_an_embedding_model_the_remedy_is_named():
    with pytest.raises(InvalidRequest, match="embedding_model"):
        EmbeddingService(None).create(EmbeddingBody(model="e", input="a"))
