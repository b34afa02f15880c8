"""What is said to a worker process arrives as it was said."""

import socket
import threading

import pytest

from localassist.errors import ContextLengthExceeded, GenerationFailed
from localassist.inference.wire import (
    Channel,
    pack_error,
    pack_facts,
    pack_request,
    pack_tokens,
    unpack_error,
    unpack_facts,
    unpack_request,
    unpack_tokens,
)
from localassist.protocols import Constraint, GenerationRequest, GenerationUsage, ModelFacts, Token


@pytest.fixture
def ends() -> tuple[Channel, Channel]:
    one, other = socket.socketpair()
    return Channel(one), Channel(other)


def test_messages_of_any_size_arrive_whole(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    messages = [{"n": n, "text": "☀" * size} for n, size in enumerate((0, 1, 1_000_000, 3))]
    sender = threading.Thread(target=lambda: [near.send(message) for message in messages])
    sender.start()
    assert [far.receive() for _ in messages] == messages
    sender.join()
    near.close()
    assert far.receive() is None
    far.close()


def test_a_request_survives_the_journey() -> None:
    request = GenerationRequest("hi", 5, 0.5, 0.9, 7, ("a", "b"), Constraint("start: x"), True, "key")
    assert unpack_request(pack_request(request)) == request
    assert unpack_request(pack_request(GenerationRequest("hi"))) == GenerationRequest("hi")


def test_tokens_survive_the_journey() -> None:
    tokens = [Token("a"), Token(""), Token("b", "length", GenerationUsage(3, 2, 1))]
    assert unpack_tokens(pack_tokens(tokens)) == tokens


def test_facts_survive_the_journey() -> None:
    facts = ModelFacts("m", 10, None, "<s>", "</s>", frozenset({"<s>"}), metadata={"a": "b"})
    assert unpack_facts(pack_facts(facts)) == facts


def test_errors_arrive_as_the_class_they_were() -> None:
    error = unpack_error(pack_error(ContextLengthExceeded("too long")))
    assert type(error) is ContextLengthExceeded
    assert error.message == "too long"


def test_only_our_own_errors_can_arrive() -> None:
    assert type(unpack_error({"kind": "annotations", "message": "x"})) is GenerationFailed
