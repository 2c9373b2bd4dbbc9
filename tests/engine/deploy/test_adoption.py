"""Files that say what is to be imported."""

from __future__ import annotations

import json

import pytest

from engine.deploy.adoption import Import, parse
from engine.errors import ConfigurationError

ONE = {"type": "cloud:index:Thing", "name": "one", "id": "1"}


def test_names_stand_for_urns() -> None:
    text = json.dumps({"nameTable": {"home": "urn:home"}, "resources": [{**ONE, "parent": "home"}]})

    imports = parse(text, "file.json", protect=True)

    assert imports.resources == (Import("cloud:index:Thing", "one", "1", parent="home"),)
    assert imports.names == {"home": "urn:home"}


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        ([{**ONE, "type": ""}], "resource 'one' has no type"),
        ([{"type": "a:b:C", "id": "1"}], "resource '1' of type 'a:b:C' has no name"),
        ([{"type": "a:b:C", "name": "one"}], "resource 'one' of type 'a:b:C' has no ID"),
        ([{"id": ""}], "resource 0 has no type\nresource 0 has no name\nresource 0 has no ID"),
        ([ONE, ONE], "resource 'one' of type 'cloud:index:Thing' has an ambiguous URN"),
        (
            [{**ONE, "parent": "x"}],
            "the parent 'x' for resource 'one' of type 'cloud:index:Thing' has no entry",
        ),
    ],
    ids=["no type", "no name", "no id", "nothing", "twice", "unknown parent"],
)
def test_what_is_wrong_is_told_of_each_resource(resources: list[dict[str, str]], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        parse(json.dumps({"resources": resources}), "file.json", protect=True)
