"""JSON modes on random weights: whatever the model would like to say, its text has the form that was asked for."""

import json

import pytest

from localassist import LocalAssist
from tests.models.random_weights import build_random

ONE_OF_THREE = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "green", "blue"]}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("strict", [True, False])
def test_an_answer_fits_the_schema(strict, tmp_path):
    model = build_random(tmp_path / "random.gguf")
    form = {"type": "json_schema", "json_schema": {"name": "pick", "schema": ONE_OF_THREE, "strict": strict}}
    with LocalAssist(model=str(model), data_dir=":memory:") as client:
        assistant = client.beta.assistants.create(model="gpt-4o", response_format=form)
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "Pick a colour, as JSON."}])
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        assert run.status == "completed"
        answer = json.loads(client.beta.threads.messages.list(thread.id).data[0].content[0].text.value)
    assert answer["colour"] in ("red", "green", "blue")
    assert isinstance(answer["sure"], bool)
