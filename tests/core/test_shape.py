"""What is not of the shape that is relied on is told with its path, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from automation.core.shape import LABELS, PORT, TEXT, Items, fields, flaws, shown

SHAPE = fields("name", name=TEXT, labels=LABELS, ports=Items(fields("port", port=PORT)))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"name": "a", "labels": {"a": "b"}, "ports": [{"port": 1}, {"port": "http"}], "more": 1}, []),
        ({"name": "a", "labels": None, "ports": None}, []),
        ({}, ["x.name: is missing; set it to text"]),
        ([], ["x: is a list, not an object; write it as fields and values"]),
        ({"name": "a", "ports": {}}, ["x.ports: is an object, not a list; write a list"]),
        (
            {"name": 1, "labels": {"a": 1, 2: None}, "ports": [None, {"port": True}]},
            [
                "x.name: is a number, not text; write text",
                "x.labels.a: is a number, not text; write text",
                "x.labels.2: is nothing, not text; write text",
                "x.ports[0]: is nothing, not an object; write it as fields and values",
                "x.ports[1].port: is true or false, not a number or a name; write a number or a name",
            ],
        ),
    ],
    ids=["all of it", "nothing in its place", "nothing", "something else", "no list", "all of it wrong"],
)
def test_each_flaw_has_its_path(value: Any, told: list[str]) -> None:
    assert [str(problem) for problem in flaws(value, SHAPE, "x")] == told


def test_a_value_whose_aliases_would_make_it_endless_is_shown_short() -> None:
    laughs: list[Any] = ["x"]
    for _ in range(60):
        laughs = [laughs] * 9
    assert len(shown(laughs)) < 1000
