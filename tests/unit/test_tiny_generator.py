"""The dialogues the bundled model is trained on: well formed, answerable, and apart from what measures the model."""

import ast
import hashlib
import json
import re
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL_DIRECTORY = REPOSITORY / "models" / "localassist-tiny"
CASES_DIRECTORY = REPOSITORY / "benchmarks" / "tiny_eval_cases"
CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.DOTALL)

sys.path.append(str(MODEL_DIRECTORY))

from generator import code_tasks, function_calls, functions, lexicon, memory, recipes, requests, results, search, words  # noqa: E402
from generator.compose import compose, compose_choices  # noqa: E402
from generator.domain_texts import DOMAINS, PICKS  # noqa: E402
from generator.domains import fill_slot, slots_in  # noqa: E402
from generator.phrases import read_phrases  # noqa: E402
from generator.render import conversation, pieces, render  # noqa: E402
from generator.scene import Scene  # noqa: E402


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [compose(Random(seed), max_characters=2500) for seed in range(400)]


def calls_of(scene: Scene) -> list[dict[str, Any]]:
    messages = [message for message in scene.messages if message.get("tool_calls")]
    return [call["function"] for message in messages for call in message["tool_calls"]]


def evaluation_messages(*, with_tutorials: bool = True) -> set[str]:
    said = set()
    for path in CASES_DIRECTORY.glob("*.json"):
        for case in json.loads(path.read_text(encoding="utf-8")).get("cases", []):
            if with_tutorials or case["skill"] != "tutorial":
                said |= {*case["messages"][::2], case.get("instructions", "")}
    return said - {""}


def test_a_seed_gives_the_same_dialogue_again() -> None:
    first, second = (compose(Random(7), max_characters=2000) for _ in range(2))
    assert (first.messages, first.tools, first.system) == (second.messages, second.tools, second.system)


def test_every_call_names_a_tool_on_offer_and_gives_what_its_schema_requires(scenes: list[Scene]) -> None:
    for scene in scenes:
        parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in scene.tools}
        for call in calls_of(scene):
            schema = parameters[call["name"]]
            assert set(schema.get("required", [])) <= set(call["arguments"]) <= set(schema["properties"])


def test_a_turn_holds_at_most_three_calls(scenes: list[Scene]) -> None:
    turns = [message["tool_calls"] for scene in scenes for message in scene.messages if message.get("tool_calls")]
    assert {len(calls) for calls in turns} == {1, 2, 3}


def test_enumerated_arguments_are_among_the_choices(scenes: list[Scene]) -> None:
    for scene in scenes:
        parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in scene.tools}
        for call in calls_of(scene):
            for name, value in call["arguments"].items():
                choices = parameters[call["name"]]["properties"][name].get("enum")
                assert choices is None or value in choices


def test_every_tool_result_answers_a_call(scenes: list[Scene]) -> None:
    for scene in scenes:
        num_results = sum(message["role"] == "tool" for message in scene.messages)
        assert num_results == len(calls_of(scene))


def test_choices_are_requests_with_the_calls_they_ask_for() -> None:
    for seed in range(100):
        scene = compose_choices(Random(seed))
        said, called = scene.messages[::2], scene.messages[1::2]
        assert [message["role"] for message in said] == ["user"] * len(called)
        assert {call["name"] for call in calls_of(scene)} <= scene.tool_names
        for request, answer in zip(said, called, strict=True):
            arguments = answer["tool_calls"][0]["function"]["arguments"]
            numbers = [value for value in arguments.values() if type(value) is int]
            assert all(str(number) in request["content"] for number in numbers)


def test_a_share_of_choices_are_sums_with_their_code_and_not_its_output() -> None:
    offered = [compose_choices(Random(seed)) for seed in range(100)]
    sums = [scene for scene in offered if scene.tool_names == {"python"}]
    assert 20 < len(sums) < 80
    for scene in sums:
        assert all(code_tasks.run(call["arguments"]["code"]) for call in calls_of(scene))
        assert len(calls_of(scene)) * 2 == len(scene.messages)


def test_every_dialogue_ends_with_an_answer(scenes: list[Scene]) -> None:
    assert all(scene.messages[-1]["role"] == "assistant" and scene.messages[-1]["content"] for scene in scenes)


def test_rendered_calls_parse_back(scenes: list[Scene]) -> None:
    for scene in scenes:
        parsed = [json.loads(body) for body in CALL.findall(render(conversation(scene), scene.tools))]
        assert parsed == [{"name": call["name"], "arguments": call["arguments"]} for call in calls_of(scene)]


def test_pieces_are_the_rendered_text_and_teach_only_the_assistant(scenes: list[Scene]) -> None:
    for scene in scenes:
        cut = pieces(scene)
        assert "".join(piece.text for piece in cut) == render(conversation(scene), scene.tools)
        taught = [piece.text for piece in cut if piece.taught]
        assert all(text.endswith("<|im_end|>\n") and "<|im_start|>" not in text for text in taught)


def test_cited_passages_are_in_the_last_search_result(scenes: list[Scene]) -> None:
    cited = 0
    for scene in scenes:
        shown = ""
        for message in scene.messages:
            if message["role"] == "tool":
                shown = message["content"]
            for marker in (
                re.findall(r"【\d+:\d+†[^】]+】", str(message["content"])) if message["role"] == "assistant" else ()
            ):
                assert marker in shown
                cited += 1
    assert cited


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_search_is_answered_from_a_passage_that_says_it_or_not_at_all(language: str) -> None:
    answers = []
    for seed in range(200):
        scene = Scene(Random(seed), language)
        search.write_search(scene)
        shown, answer = (str(message["content"]) for message in scene.messages[-2:])
        said = [part.strip() for part in re.split(r"【[^】]+】", answer)]
        answers.append("†" in answer)
        assert all(part in shown for part in said) or not answers[-1]
    assert 15 < answers.count(False) < 60


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_near_miss_is_of_what_is_asked_but_not_the_same(language: str) -> None:
    for seed in range(300):
        scene = Scene(Random(seed), language)
        fact = search._fact(scene)
        other = search._near_miss(scene, fact)
        assert other != fact.sentence
        assert "{" not in other


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_was_told_of_one_is_not_known_of_another(language: str) -> None:
    declined = {"en": "I don't know that.", "ko": "그것은 알지 못합니다.", "zh": "我不知道这个。"}[language]
    asked = 0
    for seed in range(300):
        scene = Scene(Random(seed), language)
        memory.write_fact(scene)
        *_, question, answer = (str(message["content"]) for message in scene.messages)
        told = " ".join(str(message["content"]) for message in scene.messages[:-2])
        if answer.startswith(declined):
            asked += 1
            assert question not in told
    assert 10 < asked < 60


@pytest.mark.parametrize("seed", range(60))
def test_code_tasks_print_what_their_answer_says(seed: int) -> None:
    task = code_tasks.make_task(Random(seed))
    ast.parse(task.code)
    assert code_tasks.run(task.code)
    assert all("{out}" in text for texts in task.answers.values() for text in texts)


def test_an_equation_is_solved_by_code_that_holds_it_as_it_was_asked() -> None:
    solved = 0
    for seed in range(400):
        task = (code_tasks._linear, code_tasks._short_linear)[seed % 2](Random(seed))
        held = re.match(r'equation = "([^"]+)"\.replace\("(.)"', task.code)
        if held is None:
            continue  # told as a riddle
        equation, letter = held.groups()
        assert all(equation in question for questions in task.questions.values() for question in questions)
        multiplied = re.sub(rf"(?<=\d) ?(?=[{letter}(])", "*", equation).replace("·", "*")
        left, right = (eval(side, {letter: float(code_tasks.run(task.code))}) for side in multiplied.split("="))
        assert left == pytest.approx(right, abs=0.02)
        solved += 1
    assert solved > 300


@pytest.mark.parametrize("recipe", recipes.RECIPES, ids=lambda recipe: recipe.code[-1])
def test_a_recipe_prints_an_answer_and_its_questions_say_every_value(recipe: recipes.Recipe) -> None:
    for seed in range(3):
        code = "\n".join(recipe.code)
        for key, kind in recipe.kinds.items():
            code = code.replace("{" + key + "}", recipes.make_value(Random(seed), kind).code)
        assert code_tasks.run(code)
    for questions in recipe.questions.values():
        assert len(questions) > 2
        assert all(set(re.findall(r"\{(\w+)\}", question)) == set(recipe.kinds) for question in questions)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_several_requests_in_one_message_share_what_is_said_once(language: str) -> None:
    shared = 0
    for seed in range(300):
        scene = Scene(Random(seed), language)
        text, made = function_calls._several(scene, functions.offer_functions(scene, 2))
        first, second = made[0].arguments, made[1].arguments
        differing = sum(first.get(key) != second.get(key) for key in {*first, *second})
        if made[0].name == made[1].name and differing == 1:
            shared += len(first) > 1
            values = [value for value in first.values() if type(value) is int]
            assert all(str(value) in text for value in values)
    assert shared > 40


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_text_arguments_are_said_in_the_request(language: str) -> None:
    for seed in range(150):
        rng = Random(seed)
        request = requests.ask(rng, functions.generic_function(rng), language)
        for value in request.arguments.values():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert str(value) in request.text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_reports_copy_every_value(language: str) -> None:
    for seed in range(100):
        rng = Random(seed)
        record = {
            lexicon.value(rng, "word", "en"): lexicon.value(rng, kind, language)
            for kind in ("person", "integer", "code")
        }
        report = results.report(record, language)
        assert all(str(value) in report for value in record.values())


def test_every_everyday_function_can_be_asked_for_in_every_language() -> None:
    assert all(domain.requests[language] for domain in DOMAINS for language in words.LANGUAGES)


def test_requests_say_only_what_their_function_takes_and_every_slot_can_be_filled() -> None:
    for domain in DOMAINS:
        assert "pairs" not in domain.slots, "a request says {pairs} where it lists whatever there is"
        assert all(set(slots_in(text)) <= set(domain.slots) for texts in domain.requests.values() for text in texts)
        for slot in domain.slots.values():
            assert slot.kind == "object" or fill_slot(Random(1), slot, "en").argument is not None


def test_descriptions_are_offered_in_the_language_they_are_written_in() -> None:
    described = [domain for domain in DOMAINS if len(domain.descriptions) == 5]
    assert len(described) > 1000
    for domain in described:
        counts = {language: len(domain.descriptions_in(language)) for language in words.LANGUAGES}
        assert counts == {"en": 3, "ko": 1, "zh": 1}, domain.names


def test_everyday_words_stand_in_three_languages() -> None:
    assert len(PICKS) > 3000
    assert all(all(term) and "_" not in "".join(term) for term in PICKS)


def test_nothing_that_measures_the_model_is_in_the_training_data(scenes: list[Scene]) -> None:
    measured = evaluation_messages()
    assert len(measured) > 200
    more = [compose(Random(seed), max_characters=1500) for seed in range(10_000, 10_800)]
    for scene in [*scenes, *more]:
        said = {message["content"] for message in scene.messages if message["role"] == "user"}
        assert not said & measured
        assert scene.system not in measured


def test_no_measured_sentence_is_written_in_the_generator() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (MODEL_DIRECTORY / "generator").rglob("*.*")
        if path.suffix in (".py", ".txt")
    )
    assert not [text for text in evaluation_messages() if len(text) > 12 and text in source]


def sentences_of(template: str) -> re.Pattern[str]:
    """Match every sentence that a template with `{slots}` and `{slot?yes|no}` can become."""
    written = ""
    for part in re.split(r"(\{[^}]*\})", re.sub(r"\[(.)(.?)\]", "\0", template)):
        choice = re.fullmatch(r"\{\w+\?([^|]*)\|([^}]*)\}", part)
        if choice:
            written += f"({re.escape(choice[1])}|{re.escape(choice[2])})"
        else:
            written += "(.+)" if part.startswith("{") else re.escape(part).replace("\0", "(.{0,2})")
    return re.compile(written + "[.。]?")


def producible(template: str, measured: set[str]) -> list[str]:
    """Return the measured sentences that a template can become."""
    sentences = sentences_of(template)
    return [text for text in measured if sentences.fullmatch(text)]


def test_no_everyday_request_can_become_a_measured_sentence() -> None:
    # The tutorials ask for the weather in plain words; their literal prompts are kept out by the tests above.
    measured = evaluation_messages(with_tutorials=False)
    for domain in DOMAINS:
        for templates in domain.requests.values():
            for template in templates:
                assert not producible(template, measured)


def test_no_recipe_can_become_a_measured_question() -> None:
    measured = evaluation_messages(with_tutorials=False)
    for template in (text for recipe in recipes.RECIPES for texts in recipe.questions.values() for text in texts):
        assert not producible(template, measured)


@pytest.mark.parametrize("topic", ["facts", "told"])
def test_no_told_fact_can_become_a_measured_sentence(topic: str) -> None:
    measured = evaluation_messages(with_tutorials=False)
    for rows in read_phrases("memory")[topic].values():
        for template in (text for row in rows for part in row.split("|")[:2] for text in part.split(";")):
            assert not producible(template, measured)


def test_the_manifest_describes_the_weights() -> None:
    manifest = json.loads((MODEL_DIRECTORY / "manifest.json").read_text(encoding="utf-8"))
    content = (MODEL_DIRECTORY / manifest["file"]).read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["size_bytes"] == len(content) <= 24 * 1024 * 1024


def test_the_template_works_without_instructions_and_with_calls_without_content() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": {"a": "é"}}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call, call]},
        {"role": "tool", "content": "1"},
        {"role": "tool", "content": "2"},
    ]
    body = '<tool_call>\n{"name": "f", "arguments": {"a": "é"}}\n</tool_call>'
    assert render(messages, [], add_generation_prompt=True) == (
        "<|im_start|>user\nHi<|im_end|>\n"
        f"<|im_start|>assistant\n{body}\n{body}<|im_end|>\n"
        "<|im_start|>user\n<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_the_template_puts_tools_behind_the_instructions() -> None:
    parameters = {
        "type": "object",
        "properties": {"town": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
        "required": ["town"],
    }
    described = {"type": "function", "function": {"name": "f", "description": "é", "parameters": parameters}}
    bare = {"type": "function", "function": {"name": "g"}}
    text = render([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}], [described, bare])
    assert text.startswith(
        "<|im_start|>system\nBe brief.\n\n# Tools\n\n<tools>\n"
        '{"description": "é", "name": "f", "parameters": '
        '{"town": "string", "unit": {"type": "string", "enum": ["C", "F"]}}, "required": ["town"]}\n'
        '{"description": "g", "name": "g"}\n'  # what it is for stands before its name, if only the name itself
        "</tools><|im_end|>\n"
    )


def test_the_template_leaves_a_schema_alone_that_it_cannot_shorten() -> None:
    parameters = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}}
    text = render([], [{"type": "function", "function": {"name": "f", "parameters": parameters}}])
    assert f'{{"description": "f", "name": "f", "parameters": {json.dumps(parameters)}}}' in text
