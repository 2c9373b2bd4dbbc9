"""Configuration: keys, values at any depth, the stack's file and what the project declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.state.configkey import ConfigKey, parse_key
from engine.state.configvalue import along, drop, find, listed, put, secure, text
from engine.state.errors import ConfigurationError
from engine.state.projectconfig import program_config, validate, with_project_config
from engine.state.secrets import SecretsManager
from engine.state.stackconfig import StackConfig
from engine.state.workspace import Project


class Reversing:
    """A cipher that a reader can check by eye."""

    def decrypt(self, ciphertext: str) -> str:
        return ciphertext[::-1]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("name", ConfigKey("shop", "name")),
        ("aws:region", ConfigKey("aws", "region")),
        ("aws:config:region", ConfigKey("aws", "region")),
        ("pulumi:disable-default-providers", ConfigKey("pulumi", "disable-default-providers")),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_keys_are_short_or_full(written: str, expected: ConfigKey) -> None:
    assert parse_key(written, "shop") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.b", ConfigKey("shop", "a", ("b",))),
        ("aws:a[0].b", ConfigKey("aws", "a", (0, "b"))),
        ('["a.b"].c', ConfigKey("shop", "a.b", ("c",))),
        ('a["x:y"]', ConfigKey("shop", "a", ("x:y",))),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_paths_lead_into_values(written: str, expected: ConfigKey) -> None:
    if ":" in written and "aws" not in written:
        written = f"shop:{written}"
    assert parse_key(written, "shop", path=True) == expected


@pytest.mark.parametrize("written", ["", ":", "a:", ":b", "a:b:c"])
def test_texts_that_are_no_key_are_refused(written: str) -> None:
    with pytest.raises(ConfigurationError, match="could not parse"):
        parse_key(written, "shop")


@pytest.mark.parametrize("written", ["[0].a", "a[", 'a["b'])
def test_texts_that_are_no_path_are_refused(written: str) -> None:
    with pytest.raises(ConfigurationError, match="invalid config key path"):
        parse_key(written, "shop", path=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("true", True),
        ("false", False),
        ("12", 12),
        ("-3", -3),
        ("007", "007"),
        ("1.5", "1.5"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_along_a_path_texts_become_values(given: str, expected: Any) -> None:
    assert along(ConfigKey("shop", "a", ("b",)), given) == expected
    assert along(ConfigKey("shop", "a"), given) == given


A = ConfigKey("shop", "a")


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        (None, (), 1),
        (None, ("b",), {"b": 1}),
        (None, (0,), [1]),
        (None, (2,), [None, None, 1]),
        ("text", ("b",), {"b": 1}),
        ({"c": 2}, ("b", 0, "d"), {"c": 2, "b": [{"d": 1}]}),
        ([5], (1,), [5, 1]),
        ([5], (0,), [1]),
    ],
    ids=[
        "whole",
        "new map",
        "new list",
        "new list with gaps",
        "text gives way",
        "made on the way",
        "appended",
        "replaced",
    ],
)
def test_a_value_is_put_at_its_path(before: Any, path: tuple[str | int, ...], after: Any) -> None:
    config = {} if before is None else {A: before}
    assert put(config, ConfigKey("shop", "a", path), 1) == {A: after}
    assert config == ({} if before is None else {A: before}), "the old configuration is not touched"


@pytest.mark.parametrize(
    ("before", "path", "text"),
    [
        ({"b": 1}, (0,), r"a\[0\]: key for a map must be a string"),
        ([1], ("b",), "a.b: key for an array must be an int"),
        ([1], (3,), r"a\[3\]: array index out of range"),
        ({"b": secure("x")}, ("b", "c"), "a.b: expected a map"),
        ({"b": 1}, ("b", 0), "a.b: expected an array"),
    ],
    ids=["map wanted", "list wanted", "gap", "inside a secret", "inside a number"],
)
def test_a_value_that_does_not_fit_is_refused(before: Any, path: tuple[str | int, ...], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        put({A: before}, ConfigKey("shop", "a", path), 1)


def test_a_map_that_would_look_like_a_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="reserved"):
        put({}, ConfigKey("shop", "a", ("secure",)), "x")


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ((), None),
        (("b",), {"c": [1, 2]}),
        (("c", 0), {"b": 1, "c": [2]}),
        (("x", "y"), {"b": 1, "c": [1, 2]}),
    ],
    ids=["whole", "entry", "item", "nothing there"],
)
def test_a_value_is_dropped_at_its_path(path: tuple[str | int, ...], after: Any) -> None:
    config = {A: {"b": 1, "c": [1, 2]}}
    assert drop(config, ConfigKey("shop", "a", path)) == ({} if after is None else {A: after})


def test_a_value_is_found_at_its_path() -> None:
    config = {A: {"b": [{"c": True}, secure("x")]}}
    assert find(config, ConfigKey("shop", "a", ("b", 0, "c"))) == "true"
    assert find(config, ConfigKey("shop", "a", ("b", 1))) == secure("x")
    for path in (("z",), ("b", 7), ("b", 1, "secure")):
        with pytest.raises(KeyError):
            find(config, ConfigKey("shop", "a", path))


@pytest.mark.parametrize(
    ("value", "shown", "hidden"),
    [
        ("x", {"value": "x", "secret": False}, {"value": "x", "secret": False}),
        (secure("cba"), {"value": "abc", "secret": True}, {"secret": True}),
        (
            {"b": secure("cba"), "a": 1},
            {"value": '{"a":1,"b":"abc"}', "objectValue": {"a": 1, "b": "abc"}, "secret": True},
            {"secret": True},
        ),
        (
            [1],
            {"value": "[1]", "objectValue": [1], "secret": False},
            {"value": "[1]", "objectValue": [1], "secret": False},
        ),
    ],
    ids=["text", "secret", "object with a secret", "list"],
)
def test_entries_of_config_json(value: Any, shown: dict[str, Any], hidden: dict[str, Any]) -> None:
    assert listed(value, Reversing()) == shown
    assert listed(value, None) == hidden


def test_a_program_is_given_texts_and_the_names_of_secrets() -> None:
    config = {A: {"deep": [secure("cba")]}, ConfigKey("aws", "region"): "eu"}
    given = program_config(config, Reversing())
    assert given.values == {"shop:a": '{"deep":["abc"]}', "aws:region": "eu"}
    assert given.secret_keys == ("shop:a",)
    assert text(True, Reversing()) == "true"


FILE = """\
# who may touch this: platform team
encryptionsalt: v1:salt:check
config:
  # the size of the cluster
  shop:size: 3   # small
  shop:name: "web"
  aws:config:region: eu-central-1
  shop:when: 2026-01-01
  shop:on: yes
  shop:servers:
    - host: a # first
      port: 80
    - host: b
  shop:token:
    secure: v1:abc
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(FILE)
    return path


def test_a_stack_file_is_read_with_its_scalars_as_texts(file: Path) -> None:
    stack = StackConfig.read(file)
    assert stack.salt == "v1:salt:check"
    assert {str(key): value for key, value in stack.config.items()} == {
        "shop:size": "3",
        "shop:name": "web",
        "aws:region": "eu-central-1",
        "shop:when": "2026-01-01",
        "shop:on": "yes",
        "shop:servers": [{"host": "a", "port": 80}, {"host": "b"}],
        "shop:token": {"secure": "v1:abc"},
    }


def test_saving_an_unchanged_file_changes_nothing(file: Path) -> None:
    StackConfig.read(file).save()
    assert file.read_text() == FILE


def test_an_edit_touches_its_own_line_only(file: Path) -> None:
    stack = StackConfig.read(file)
    stack.config = put(stack.config, parse_key("name", "shop"), "api")
    stack.config = put(stack.config, parse_key("servers[0].port", "shop", path=True), 8080)
    stack.config = put(stack.config, parse_key("region", "aws"), "us-east-1")
    stack.config = put(stack.config, parse_key("new", "shop"), "true")
    stack.config = drop(stack.config, parse_key("token", "shop"))
    stack.save()
    changed = file.read_text()
    for line in (
        "# who may touch this",
        "  # the size of the cluster",
        "  shop:size: 3   # small",
        "shop:when: 2026-01-01",
    ):
        assert line in changed
    assert "aws:config:region: us-east-1" in changed
    assert "token" not in changed
    assert StackConfig.read(file).config == stack.config


def test_a_file_of_a_project_in_json_is_json(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.json"
    stack = StackConfig(path, salt="v1:salt:check")
    stack.config = put(stack.config, parse_key("size", "shop"), "3")
    stack.save()

    assert json.loads(path.read_text()) == {"encryptionsalt": "v1:salt:check", "config": {"shop:size": "3"}}
    assert StackConfig.read(path) == stack


def test_a_new_file_is_made_and_read_again(tmp_path: Path) -> None:
    stack = StackConfig(tmp_path / "Pulumi.new.yaml", salt="v1:s:c")
    stack.save()
    assert stack.path.read_text() == "encryptionsalt: v1:s:c\n"
    stack.config = put({}, parse_key("a", "shop"), secure("v1:x:y"))
    stack.save()
    assert stack.path.read_text() == "encryptionsalt: v1:s:c\nconfig:\n  shop:a:\n    secure: v1:x:y\n"
    assert StackConfig.read(stack.path) == stack


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text", "a:b: text"),
        ("5", 'a:b: "5"'),
        ("no", 'a:b: "no"'),
        ("12:30", 'a:b: "12:30"'),
        ("2026-01-31", 'a:b: "2026-01-31"'),
        ("", 'a:b: ""'),
        ("a: b", "a:b: 'a: b'"),
        ("two\nlines\n", "a:b: |\n    two\n    lines"),
        ({"deep": ["~", 1, None]}, 'a:b:\n    deep:\n      - "~"\n      - 1\n      - null'),
    ],
)
def test_texts_are_quoted_as_the_official_cli_quotes_them(value: Any, written: str, tmp_path: Path) -> None:
    config = StackConfig(tmp_path / "Pulumi.dev.yaml", {ConfigKey("a", "b"): value})

    config.save()

    assert config.path.read_text() == f"config:\n  {written}\n"
    assert StackConfig.read(config.path).config == config.config


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert StackConfig.read(tmp_path / "Pulumi.none.yaml").config == {}


@pytest.mark.parametrize("content", ["config: [a", "config: text", "- a"])
def test_a_file_that_cannot_be_understood_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.bad.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"Pulumi\.bad\.yaml"):
        StackConfig.read(path)


def a_project(**config: Any) -> Project:
    return Project(Path("/project/Pulumi.yaml"), "shop", "python", config=config)


def test_defaults_of_the_project_fill_what_the_stack_leaves_open() -> None:
    declared: dict[str, Any] = {
        "size": {"type": "integer", "default": 3},
        "names": {"type": "array", "default": ["a"]},
        "plain": "bare",
        "aws:region": {"value": "eu"},
        "given": {"type": "string", "default": "no"},
        "aws:profile": {"type": "string"},
    }
    merged = with_project_config({ConfigKey("shop", "given"): "yes"}, a_project(**declared), "dev")
    assert {str(key): value for key, value in merged.items()} == {
        "shop:size": "3",
        "shop:names": ["a"],
        "shop:plain": "bare",
        "aws:region": "eu",
        "shop:given": "yes",
    }


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "Stack 'dev' is missing configuration value 'a'"),
        (["b", "a"], "Stack 'dev' is missing configuration values 'a' and 'b'"),
        (["c", "b", "a"], "Stack 'dev' is missing configuration values 'a', 'b' and 'c'"),
    ],
    ids=["one", "two", "three"],
)
def test_missing_values_are_named_together(names: list[str], text: str) -> None:
    project = a_project(**{name: {"type": "string"} for name in names})
    with pytest.raises(ConfigurationError) as caught:
        with_project_config({}, project, "dev")
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ({"type": "string"}, "x"),
        ({"type": "integer"}, "-12"),
        ({"type": "boolean"}, "true"),
        ({"type": "object"}, {"a": 1}),
        ({"type": "array", "items": {"type": "integer"}}, [1, 2]),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, [["a"]]),
        ({"type": "string", "secret": True}, secure("x")),
    ],
    ids=lambda item: str(item),
)
def test_values_of_the_declared_type_pass(declared: dict[str, Any], value: Any) -> None:
    assert complaint(declared, value) == ""


@pytest.mark.parametrize(
    ("declared", "value", "text"),
    [
        ({"type": "integer"}, "x", "must be of type 'integer'"),
        ({"type": "boolean"}, "1", "must be of type 'boolean'"),
        ({"type": "string"}, {"a": 1}, "must be of type 'string'"),
        ({"type": "array", "items": {"type": "integer"}}, ["x"], "must be of type 'array<integer>'"),
        ({"type": "string", "secret": True}, "x", "must be encrypted as it's secret"),
        ({"type": "number"}, "x", "is not a type of configuration"),
    ],
    ids=["integer", "boolean", "string", "array", "secret", "no type"],
)
def test_values_of_another_type_are_refused(declared: dict[str, Any], value: Any, text: str) -> None:
    assert text in complaint(declared, value)


def complaint(declared: dict[str, Any], value: Any) -> str:
    """What is said of a value whose key is declared so; nothing if it passes."""
    try:
        validate({A: value}, a_project(a=declared), "dev", Reversing())
    except ConfigurationError as error:
        return str(error)
    return ""


def test_secrets_in_a_file_are_decrypted_at_any_depth(tmp_path: Path, secrets: SecretsManager) -> None:
    stack = StackConfig(tmp_path / "Pulumi.dev.yaml", salt=secrets.salt)
    stack.config = put(
        {}, parse_key("db.users[0].password", "shop", path=True), secure(secrets.encrypt("geheim"))
    )
    stack.save()
    assert "geheim" not in stack.path.read_text()
    given = program_config(StackConfig.read(stack.path).config, secrets)
    assert given.values == {"shop:db": '{"users":[{"password":"geheim"}]}'}


@pytest.mark.parametrize("value", ["loading...", "one\n...", "one\n...\n", "a\n\n"])
def test_a_text_that_ends_with_dots_or_empty_lines_stays_whole(value: str, tmp_path: Path) -> None:
    config = StackConfig(tmp_path / "Pulumi.dev.yaml", {ConfigKey("shop", "note"): value})
    config.save()
    assert StackConfig.read(config.path).config == config.config
