"""Conditions of Argo's analyses: what they come to, and what is said of those that can't be read."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.conditions.condition import Condition
from automation.core.conditions.tokens import Malformed
from automation.core.conditions.values import Unevaluated

NESTED = {"a": {"b": [1, 2, {"c": "x"}]}, "none": None, "ok": True, "code": 200.0, "name": "shop"}
TRUE: list[tuple[str, Any]] = [
    ("result[0] > 0.90", [0.95]),
    ("result >= 99.5", 99.5),
    ("result[-1] == 3", [1, 2, 3]),
    ("len(result) == 0 || result[0] < 5", []),
    ("isNaN(result[0]) or result[0] <= 0.05", [math.nan]),
    ("!isInf(result) && result < 1", 0.5),
    ("default(result, 0) < 0.05", None),
    ("isNil(result)", None),
    ("isNil(result) || result[0] < 1", None),
    ("default(result, [1])[0] == 0", [0]),
    ("asFloat(result) > 1.4 and asInt('3') == 3", "1.5"),
    ("asInt(result[0]) == 1", [1.9]),
    ("result.a.b[2].c == 'x'", NESTED),
    ('result["ok"] and result.code in [200, 201]', NESTED),
    ("result.none?.deeper.still == nil", NESTED),
    ("(result.missing ?? 'none') == 'none'", NESTED),
    ("'name' in result && not ('other' in result)", NESTED),
    ("'other' not in result", NESTED),
    ("all(result, # >= 1 && # < 3)", [1, 2.5]),
    ("any(result, {.value > 1 and .name startsWith 'p'})", [{"value": 2, "name": "pod"}]),
    ("none(result, # < 0) and one(result, # == 2)", [1, 2]),
    ("len(filter(result, # > 1)) == 2", [1, 2, 3]),
    ("sum(map(result, # * 2)) == 12 and count(result, # > 1) == 2", [1, 2, 3]),
    ("reduce(result, #index) == 1", [1, 2]),
    ("reduce(result, #acc + #) == 6 and reduce(result, #acc + #, 4) == 10", [1, 2, 3]),
    (
        "find(result, # > 1) == 2 and findIndex(result, # > 1) == 1 and findLast(result, # > 1) == 3",
        [1, 2, 3],
    ),
    ("filter(result, {let row = #; any(row, # == row[0])}) == result", [[1, 2]]),
    ("max(result) == 3 and min(1, result[0]) == 1 and mean(result) == 2 and median(result) == 2", [1, 2, 3]),
    ("median(result) == 2.5 and median([3, 1]) == 2 and median([]) == 0", [4, 1, 2, 3]),
    ("result | filter(# > 1) | len() == 2", [1, 2, 3]),
    ("1 < result <= 3", 2),
    ("result in 1..3", 2),
    ("result[1:3] == [2, 3] && result[:1] == [1] && result[2:] == [3]", [1, 2, 3]),
    ("-2 ** 2 == -4 and 2 ** 3 ** 2 == 512 and 2 ^ 3 == 8", None),
    ("1 / 2 == 0.5 and 7 % 3 == 1 and -7 % 3 == -1", None),
    ("1 + 2 * 3 - 4 == 3", None),
    ("result / 0 > 1e300", 1.0),
    ("isNaN(result / 0)", 0.0),
    ("1 == 1.0 and 1 != '1' and true != 1", None),
    ("0x1F == 31 and 0b11 == 3 and 0o17 == 15 and 1_000 == 1e3 and .5 == 0.5", None),
    ("result ? true : false", True),
    ("(result ? 1 : 2) == 2", False),
    ("if result > 1 { true } else { false }", 2),
    ("let half = result / 2; half * 2 == result", 3),
    ("result contains 'ok' and result matches '^a' and result endsWith 'k'", "all ok"),
    ("'a\\n\\u0041' + `b` == \"a\\nA\" + 'b'", None),
    ("{a: 1, 'b': 2}.b == 2 and [1, 2,] == [1, 2]", None),
    ("result > 1 // the rest is for people\n and /* so is this */ true", 2),
    ("first(result) == 1 and last(result) == 2 and get(result, 5) == nil", [1, 2]),
    ("round(2.5) == 3 and round(-2.5) == -3 and ceil(1.2) == 2 and floor(1.8) == 1 and abs(-1) == 1", None),
    ("keys(result) == ['a'] and values(result) == [1] and type(result) == 'map'", {"a": 1}),
    ("sort(result) == [1, 2] and reverse(result) == [1, 2] and uniq([1, 1]) == [1]", [2, 1]),
    ("upper('a') == 'A' and split('a,b', ',') == ['a', 'b'] and join(['a', 'b'], '-') == 'a-b'", None),
    ("false && result[9] > 1 or true", []),
    ("result == {'a': [1]}", {"a": [1]}),
    ("result == [1]", [1.0]),
    ("max(result) == nil", []),
]


@pytest.mark.parametrize(("condition", "measured"), TRUE, ids=[text for text, _ in TRUE])
def test_what_is_true_of_what_was_measured(condition: str, measured: Any) -> None:
    assert Condition.parse(condition).holds(measured) is True


@pytest.mark.parametrize(
    ("condition", "measured", "why"),
    [
        ("result[0] > 1", [], "there is no item 0 in a list of 0"),
        ("result > 1", [1], "> can't compare a list with a number"),
        ("result[0] > 1", None, "there is no 0 in nothing"),
        ("result.a.b > 1", {"a": None}, "there is no 'b' in nothing"),
        ("result > 1", "2", "> can't compare text with a number"),
        ("result[0]", [1.0], "it comes to a number, not to true or false"),
        ("result && true", 1, "&& needs true or false, not a number"),
        ("result % 2 == 0", 1.5, "% needs whole numbers"),
        ("result % 0 == 0", 1, "% can't divide by 0"),
        ("asInt(result) > 1", "many", "asInt can't read a whole number in 'many'"),
        ("asInt(result) > 1", math.nan, "asInt needs a whole number, not nan"),
        ("len(result) > 1", 1, "len needs a list, a text or an object, not a number"),
        ("any(result, # + 1)", [1], "the predicate of any needs true or false, not a number"),
        ("result matches '('", "a", "'(' is no regular expression"),
        ("len(0..result) > 1", 10**9, "0..1000000000 has more than 1000000 items"),
        ("1 + 'a' == 2", None, "+ needs a number, not text"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_can_not_be_said_of_what_was_measured(condition: str, measured: Any, why: str) -> None:
    with pytest.raises(Unevaluated) as unevaluated:
        Condition.parse(condition).holds(measured)
    assert str(unevaluated.value).startswith(why)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("", "character 1: the end stands where a value should"),
        ("result[0] >", "character 12: the end stands where a value should"),
        ("result > 1)", "character 11: ')' stands where an operator or the end should"),
        ("resul > 1", "character 1: resul is not known; did you mean result?"),
        ("lenn(result) > 1", "character 1: lenn is not known; did you mean len?"),
        ("now() > 1", "character 1: now is not known"),
        ("# > 1", "character 1: '#' has a meaning only in a predicate, such as any(result, # > 1)"),
        ("result = 1", "character 8: '=' stands where an operator or the end should"),
        ("'abc", "character 1: a text that begins here has no end"),
        ("len(1, 2)", "character 1: len takes 1 argument, not 2"),
        ("any(result)", "character 1: any takes 2 arguments, not 1"),
        ("result @ 2", "character 8: '@' is not allowed here"),
        ("1e400 > 1", "character 1: 1e400 is too large"),
        ("result ? 1", "character 11: the end stands where ':' should"),
        ("result.len() > 1", "character 8: len is called on a value, and values have no functions here"),
        ("any(result, #x > 1)", "character 13: #x is not known here; known are #"),
        ("1 ?? 2 == 1", "character 8: ?? and == are mixed; put one of them in parentheses"),
        ("(" * 5000, "character 1: it is nested deeper than can be read"),
        (
            "result not 1",
            "character 12: '1' stands where one of in, matches, contains, startsWith, endsWith should",
        ),
    ],
    ids=lambda text: text[:20],
)
def test_a_condition_that_can_not_be_read_is_told_with_its_place(condition: str, told: str) -> None:
    with pytest.raises(Malformed) as malformed:
        Condition.parse(condition)
    assert str(malformed.value).startswith(told)


numbers = st.one_of(
    st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: one + 0.0)
)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
pieces = st.one_of(
    st.sampled_from(
        ("result", "len", "any", "all", "filter", "isNaN", "default", "sum", "let", "if", "not", "in")
    ),
    st.sampled_from(("0", "1", "2.5", "'a'", "nil", "true", "#", "$", "@", "\\", "\n")),
    st.sampled_from("()[]{}.,;:?><!+-*/%|"),
    st.sampled_from(("??", "?.", ">=", "==", "!=", "&&", "||", "**", "..")),
)


@given(st.lists(pieces, max_size=12).map(" ".join), plain)
def test_whatever_is_written_is_read_or_refused_and_whatever_is_measured_is_answered(
    text: str, measured: Any
) -> None:
    try:
        condition = Condition.parse(text)
    except Malformed as malformed:
        place = malformed.at
    else:
        with suppress(Unevaluated):
            assert isinstance(condition.holds(measured), bool)
        place = 0
    assert 0 <= place <= len(text)


@given(numbers, numbers)
def test_numbers_are_compared_as_numbers(one: float, other: float) -> None:
    for sign, expected in {
        "<": one < other,
        "<=": one <= other,
        "==": one == other,
        "!=": one != other,
    }.items():
        assert Condition.parse(f"result[0] {sign} result[1]").holds([one, other]) is expected


@given(st.booleans(), st.booleans(), st.booleans())
def test_and_binds_more_than_or_and_not_more_than_both(a: bool, b: bool, c: bool) -> None:
    condition = Condition.parse("result[0] or !result[1] and not result[2]")
    assert condition.holds([a, b, c]) is (a or ((not b) and (not c)))


@given(st.lists(numbers, max_size=5), numbers)
def test_all_is_none_turned_around(values: list[float], bound: float) -> None:
    measured = {"values": values, "bound": bound}
    every = Condition.parse("let bound = result.bound; all(result.values, # <= bound)").holds(measured)
    assert every is Condition.parse("let bound = result.bound; none(result.values, # > bound)").holds(
        measured
    )
