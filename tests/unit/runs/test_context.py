"""How a conversation is cut to fit the window."""

import itertools
from dataclasses import replace

from localassist.objects.files import File
from localassist.objects.threads import Message
from localassist.testing import call, say
from tests.scripted_engine import FUNCTION, bench

WORDS = "word " * 50


def prompts(b):
    return [request.prompt for request in b.model.requests]


def test_a_conversation_that_fits_is_read_whole():
    with bench(say("one"), say("two")) as b:
        assistant, thread = b.assistant(), b.thread("first")
        b.finish(b.run(thread, assistant))
        b.say(thread, "second")
        run = b.finish(b.run(thread, assistant))
        assert prompts(b)[1].startswith(prompts(b)[0].rstrip())
        assert run.localassist.messages_dropped == 0


def test_a_full_window_drops_a_block_after_the_first_message_and_then_grows_again():
    with bench(*(say("ok") for _ in range(40))) as b:
        b.model.facts = replace(b.model.facts, context_window=1000)
        assistant, thread = b.assistant(), b.thread("FIRST " + WORDS)
        dropped = []
        for number in range(30):
            run = b.finish(b.run(thread, assistant))
            assert run.status == "completed"
            dropped.append(run.localassist.messages_dropped)
            b.say(thread, f"number{number} {WORDS}")
        assert all("FIRST" in prompt for prompt in prompts(b))
        assert all(b.model.count_tokens(prompt) <= 750 for prompt in prompts(b))
        cuts = sum(before != after for before, after in itertools.pairwise(dropped))
        assert dropped[-1] > 0
        assert cuts <= 6, f"one cut must last for several turns: {dropped}"
        extended = [
            after.startswith(before.rstrip()) for before, after in zip(prompts(b), prompts(b)[1:], strict=False)
        ]
        assert extended.count(False) == cuts


def test_calls_and_their_outputs_are_never_separated():
    with bench(call("get_weather", city="Paris"), say("sunny"), *(say("ok") for _ in range(20))) as b:
        b.model.facts = replace(b.model.facts, context_window=600)
        assistant, thread = b.assistant(tools=[FUNCTION]), b.thread("first")
        b.finish(b.submit(b.finish(b.run(thread, assistant)), "OUTPUT"))
        for _ in range(15):
            b.say(thread, WORDS)
            b.finish(b.run(thread, assistant))
        for prompt in prompts(b)[1:]:
            assert ('"Paris"' in prompt) == ("OUTPUT" in prompt)
        assert "OUTPUT" not in prompts(b)[-1]


def test_last_messages_keeps_that_many():
    with bench(say("a"), say("b")) as b:
        assistant, thread = b.assistant(), b.thread("one", "two", "three")
        strategy = {"type": "last_messages", "last_messages": 2}
        run = b.finish(b.run(thread, assistant, truncation_strategy=strategy))
        assert [m.content for m in max(b.model.transcripts, key=len)] == ["two", "three"]
        assert run.localassist.messages_dropped == 1


def test_a_prompt_budget_drops_old_messages_before_it_gives_up():
    with bench(say("fine")) as b:
        thread = b.thread("first", *(f"m{i} {WORDS}" for i in range(20)))
        run = b.finish(b.run(thread, b.assistant(), max_prompt_tokens=256))
        assert run.status == "completed"
        assert run.usage.prompt_tokens <= 256
        assert "m19" in prompts(b)[0]


def test_a_small_budget_drops_nothing_from_later_runs():
    with bench(say("fine"), say("fine")) as b:
        assistant, thread = b.assistant(), b.thread("first", *(f"m{i} {WORDS}" for i in range(20)))
        assert b.finish(b.run(thread, assistant, max_prompt_tokens=256)).localassist.messages_dropped > 0
        b.say(thread, "again")
        assert b.finish(b.run(thread, assistant)).localassist.messages_dropped == 0


def test_a_first_message_that_leaves_no_room_goes_alone():
    with bench(*(say("ok") for _ in range(3))) as b:
        b.model.facts = replace(b.model.facts, context_window=1000)
        assistant, thread = b.assistant(), b.thread("FIRST " + "word " * 600)
        for text in ("second", "third " + "word " * 200):
            b.finish(b.run(thread, assistant))
            b.say(thread, text)
        run = b.finish(b.run(thread, assistant))
        assert run.localassist.messages_dropped == 1
        assert "second" in prompts(b)[-1]


def test_a_question_stays_with_the_outputs_of_its_calls():
    with bench(call("get_weather", city="Paris"), say("sunny")) as b:
        b.model.facts = replace(b.model.facts, context_window=1000)
        thread = b.thread("first", *(f"m{i} {WORDS}" for i in range(4)), "QUESTION " + "word " * 350)
        b.finish(b.submit(b.finish(b.run(thread, b.assistant(tools=[FUNCTION]))), "OUTPUT " + "word " * 150))
        assert "QUESTION" in prompts(b)[-1]
        assert "OUTPUT" in prompts(b)[-1]


def test_of_many_calls_the_newest_stay_with_their_question():
    calls = [call("get_weather", city=f"city{number}") for number in range(20)]
    with bench(*calls, say("done")) as b:
        b.model.facts = replace(b.model.facts, context_window=1000)
        thread = b.thread("first", "QUESTION " + WORDS)
        run = b.finish(b.run(thread, b.assistant(tools=[FUNCTION])))
        while run.status == "requires_action":
            run = b.finish(b.submit(run, "OUTPUT " + WORDS))
        assert run.status == "completed"
        assert all("QUESTION" in prompt for prompt in prompts(b))
        assert "city19" in prompts(b)[-1]
        assert '"city0"' not in prompts(b)[-1]
        assert all(b.model.count_tokens(prompt) <= 750 for prompt in prompts(b))


def test_a_message_too_long_for_the_window_fails_with_the_numbers():
    with bench(say("never")) as b:
        b.model.facts = replace(b.model.facts, context_window=100)
        run = b.finish(b.run(b.thread(WORDS * 3), b.assistant()))
        assert run.last_error.code == "invalid_prompt"
        assert "has room for 75" in run.last_error.message


def test_images_and_attachments_are_shown_as_words(caplog):
    with bench(say("ok")) as b:
        b.store.insert(File(id="file-1", purpose="vision", filename="cat.png", bytes=1, created_at=1))
        thread = b.thread()
        content = [
            {"type": "text", "text": {"value": "look", "annotations": []}},
            {"type": "image_file", "image_file": {"file_id": "file-1"}},
        ]
        attachments = [{"file_id": "file-1", "tools": []}]
        b.store.insert(
            Message.model_validate(
                {
                    "id": "msg_1",
                    "created_at": 1,
                    "thread_id": thread,
                    "role": "user",
                    "content": content,
                    "attachments": attachments,
                }
            )
        )
        b.finish(b.run(thread, b.assistant()))
        (message,) = max(b.model.transcripts, key=len)
        assert message.content == "look\n[image: cat.png, not visible to this model]\n[attached: cat.png, file-1]"
        assert "image is not visible" in caplog.text
