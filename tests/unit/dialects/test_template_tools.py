"""What templates may do with JSON and with lists of their own, within the sandbox."""

import pytest
from jinja2.exceptions import TemplateError

from localassist.dialects.sandbox import BoundedEnvironment, compile_template, given, render


def rendered(source: str, **variables: object) -> str:
    environment = BoundedEnvironment()
    return render(compile_template(environment, source), {key: given(value) for key, value in variables.items()})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ x | tojson }}", '{"b": "é<&>", "a": [1, null]}'),
        ("{{ x | tojson(ensure_ascii=true) }}", '{"b": "\\u00e9<&>", "a": [1, null]}'),
        ("{{ x | tojson(sort_keys=true) }}", '{"a": [1, null], "b": "é<&>"}'),
        ("{{ x | tojson(separators=(',', ':')) }}", '{"b":"é<&>","a":[1,null]}'),
        ("{{ x | tojson(indent=1) }}", '{\n "b": "é<&>",\n "a": [\n  1,\n  null\n ]\n}'),
        ("{{ x | items | map('first') | tojson }}", '["b", "a"]'),
    ],
)
def test_json_is_written_as_training_data_has_it(source: str, expected: str) -> None:
    assert rendered(source, x={"b": "é<&>", "a": [1, None]}) == expected


def test_what_is_no_json_is_an_error_of_the_template() -> None:
    with pytest.raises(TemplateError, match="is not JSON"):
        rendered("{{ range | tojson }}")


def test_a_list_of_the_template_grows_and_shrinks() -> None:
    source = (
        "{% set xs = [] %}{% for n in range(3) %}{% set _ = xs.append(n) %}{% endfor %}{% set _ = xs.pop() %}{{ xs }}"
    )
    assert rendered(source) == "[0, 1]"


@pytest.mark.parametrize("change", ["xs.append(1)", "xs.pop()", "xs.clear()", "x.update({})", "x.a.append(1)"])
def test_what_was_passed_in_stays_as_it_is(change: str) -> None:
    with pytest.raises(TemplateError):
        rendered(f"{{{{ {change} }}}}", xs=[1], x={"a": [1]})


def test_growing_without_end_is_stopped() -> None:
    with pytest.raises(TemplateError, match=r"too many values|seconds"):
        rendered(
            "{% set xs = ['x' * 100000] %}{% for n in range(90000) %}{% set _ = xs.append(xs[0] ~ n) %}{% endfor %}"
        )
