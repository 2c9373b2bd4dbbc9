"""Properties and their changes as people read them."""

from __future__ import annotations

from engine.display import tree
from engine.values import UNKNOWN, Secret


def test_changes_are_told_where_they_are() -> None:
    old = {"a": 1, "list": [1, {"x": "1"}], "gone": {"deep": True}, "same": "s", "text": "a"}
    new = {"a": 2, "list": [1, {"x": "2"}, 3], "fresh": ["n"], "same": "s", "text": {"b": "c"}}

    assert list(tree.changes(old, new)) == [
        "  ~ a    : 1 => 2",
        "  + fresh: [",
        '  +     [0]: "n"',
        "    ]",
        "  - gone : {",
        "      - deep: true",
        "    }",
        "  ~ list : [",
        "        [0]: 1",
        "      ~ [1]: {",
        '              ~ x: "1" => "2"',
        "            }",
        "      + [2]: 3",
        "    ]",
        '    same : "s"',
        '  - text : "a"',
        "  + text : {",
        '      + b: "c"',
        "    }",
    ]


def test_of_secrets_only_that_they_are_is_told() -> None:
    old = {"changes": Secret("a"), "within": {"x": Secret("a")}, "becomes": "a"}
    new = {"changes": Secret("b"), "within": {"x": Secret("b")}, "becomes": Secret("a")}

    assert list(tree.changes(old, new, unchanged=False)) == ['  ~ becomes: "a" => [secret]']


def test_texts_of_json_are_told_by_what_they_hold() -> None:
    assert list(tree.changes({"j": '{"a": 1, "b": 2}'}, {"j": '{"a": 1, "b": 3}'}, unchanged=False)) == [
        "  ~ j: (json) {",
        "        a: 1",
        "      ~ b: 2 => 3",
        "    }",
    ]


def test_of_texts_the_lines_around_a_change_are_told() -> None:
    old = "".join(f"{number}\n" for number in range(9))

    assert list(tree.changes({"t": old}, {"t": old.replace("4", "four")})) == [
        "  ~ t:",
        "        ...",
        "        2",
        "        3",
        "      - 4",
        "      + four",
        "        5",
        "        6",
        "        ...",
    ]


def test_what_a_preview_does_not_know_is_not_told() -> None:
    old = {"r": {"urn": "u", "size": 1}, "x": 1}
    new = {"r": {"@isPulumiResource": True, "urn": "u", "size": UNKNOWN, "more": UNKNOWN}, "x": UNKNOWN}

    assert list(tree.changes(old, new, unchanged=False)) == ["  ~ r: {", '        urn: "u"', "    }"]
