from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.functions import Functions
from pydantic import TypeAdapter, ValidationError

from probewright.errors import Garbled
from probewright.targets.json_path import JsonPath, find

PATH: TypeAdapter[str] = TypeAdapter(JsonPath)
ODD = ["a[1:2]", "a[::2]", "a[::0]", "a[::-1]", "&a", "@", "*", "a | b", "a[?b == `1`] | [0]", "'text'", "!a"]
DEEP = ["(" * 149 + "a" + ")" * 149, "!" * 299 + "a", "a" + ".a" * 149, "a" + "[0]" * 99]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("choices[0].text", "Paris."),
        ("choices[-1:].text | [0]", "Paris."),
        ("join('', choices[*].text)", "Paris."),
        ("to_string(used.a)", "3"),
        ("used.missing", None),
        ("choices[5].text", None),
        ("text.deeper", None),
        ("missing || choices[0].text", "Paris."),
        ('"odd key"', 1),
    ],
)
def test_what_an_expression_finds(expression: str, found: Any) -> None:
    body = {"choices": [{"text": "Paris."}], "used": {"a": 3}, "text": "x", "odd key": 1}
    assert find(PATH.validate_python(expression), body) == found


@pytest.mark.parametrize("expression", ["a[", "a..b", "a.", "a ? b", "'a", '"a', "a[1e5]", "$", "é", "\x00", "x" * 301])
def test_what_is_no_expression_is_refused_in_one_line(expression: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PATH.validate_python(expression)
    (error,) = caught.value.errors()
    assert "\n" not in error["msg"]


expressions = st.sampled_from(ODD + DEEP) | st.builds(
    lambda name, one, two: f"{name}({', '.join([one, two][: len(Functions.FUNCTION_TABLE[name]['signature'])])})",
    st.sampled_from(sorted(Functions.FUNCTION_TABLE)),
    st.sampled_from(["a", "@", "&a", "a[*]", "`1`", "'x'"]),
    st.sampled_from(["a", "b", "&a", "&b", "a[*].b", "`null`"]),
)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(expressions, bodies)
def test_an_accepted_expression_finds_something_in_any_answer_or_calls_it_garbled(expression: str, body: Any) -> None:
    checked = PATH.validate_python(expression)
    problem = ""
    try:
        find(checked, body)
    except Garbled as error:
        problem = str(error)
    assert problem.isprintable()
