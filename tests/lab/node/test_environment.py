"""Commands, arguments and variables as a container's spec says them."""

from typing import Any

import pytest

from lab.node.environment import (
    Sources,
    Unresolved,
    command_line,
    expand,
    field_value,
    resource_value,
    variables,
)
from lab.node.quantity import divided, parse

POD: dict[str, Any] = {
    "metadata": {"name": "p", "namespace": "test", "labels": {"b": 'say "x"', "a": "1"}, "uid": "u"},
    "status": {"podIP": "10.244.0.2", "podIPs": [{"ip": "10.244.0.2"}]},
}
SOURCES = Sources(
    pod=POD,
    capacity={"cpu": "8", "memory": "1Gi"},
    configmaps={"words": {"greeting": "hello"}, "absent": None},
    secrets={"door": {"key": "s3cret"}},
)

COMMANDS = {
    "the image's own": ({}, ("run", "--all")),
    "args replace the image's arguments": ({"args": ["--some"]}, ("run", "--some")),
    "a command replaces both": ({"command": ["other"]}, ("other",)),
    "a command with args": ({"command": ["other"], "args": ["$(WHO)"]}, ("other", "me")),
}


@pytest.mark.parametrize(("spec", "argv"), COMMANDS.values(), ids=COMMANDS)
def test_command_lines(spec: dict[str, Any], argv: tuple[str, ...]) -> None:
    assert command_line(spec, ("run",), ("--all",), {"WHO": "me"}) == argv


EXPANSIONS = {
    "a known name": ("a $(X) b", "a 1 b"),
    "an unknown name stays": ("$(Y)", "$(Y)"),
    "an escaped reference": ("$$(X)", "$(X)"),
    "a shell's variable is none of ours": ("$X ${X}", "$X ${X}"),
    "a value is not expanded again": ("$(Z)", "$(X)"),
}


@pytest.mark.parametrize(("text", "expanded"), EXPANSIONS.values(), ids=EXPANSIONS)
def test_expansion(text: str, expanded: str) -> None:
    assert expand(text, {"X": "1", "Z": "$(X)"}) == expanded


def test_later_variables_win_and_see_earlier_ones() -> None:
    spec = {
        "envFrom": [{"prefix": "W_", "configMapRef": {"name": "words"}}],
        "env": [
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "door", "key": "key"}}},
            {"name": "BOTH", "value": "$(W_greeting) $(KEY) $(LATER)"},
            {"name": "LATER", "value": "x"},
            {"name": "PATH", "value": "/mine:$(PATH)"},
        ],
    }
    assert variables(spec, {"PATH": "/bin"}, SOURCES) == {
        "PATH": "/mine:/bin",
        "W_greeting": "hello",
        "KEY": "s3cret",
        "BOTH": "hello s3cret $(LATER)",
        "LATER": "x",
    }


MISSING = {
    "a ConfigMap": (
        {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "k"}}}]},
        'configmap "absent" not found',
    ),
    "a key of a Secret": (
        {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "door", "key": "k"}}}]},
        "couldn't find key k in Secret test/door",
    ),
    "a whole ConfigMap": (
        {"envFrom": [{"configMapRef": {"name": "absent"}}]},
        'configmap "absent" not found',
    ),
}


@pytest.mark.parametrize(("spec", "message"), MISSING.values(), ids=MISSING)
def test_what_is_missing_is_named(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(Unresolved) as problem:
        variables(spec, {}, SOURCES)
    assert str(problem.value) == message


def test_what_is_optional_may_be_missing() -> None:
    reference = {"name": "absent", "key": "k", "optional": True}
    spec = {
        "envFrom": [{"configMapRef": {"name": "absent", "optional": True}}],
        "env": [{"name": "X", "valueFrom": {"configMapKeyRef": reference}}],
    }
    assert variables(spec, {}, SOURCES) == {}


FIELDS = {
    "metadata.name": "p",
    "metadata.labels['a']": "1",
    "metadata.annotations['none']": "",
    "metadata.labels": 'a="1"\nb="say \\"x\\""',
    "status.podIP": "10.244.0.2",
    "status.podIPs": "10.244.0.2",
}


@pytest.mark.parametrize(("path", "value"), FIELDS.items(), ids=FIELDS)
def test_fields_of_the_pod(path: str, value: str) -> None:
    assert field_value(POD, path) == value


RESOURCES = {
    "a limit": ({"resource": "limits.memory", "divisor": "1Mi"}, "64"),
    "a limit that is not set is the node's": ({"resource": "limits.cpu"}, "8"),
    "a request in milli": ({"resource": "requests.cpu", "divisor": "1m"}, "250"),
    "a request is rounded up": ({"resource": "requests.cpu", "divisor": "0"}, "1"),
}


@pytest.mark.parametrize(("reference", "value"), RESOURCES.values(), ids=RESOURCES)
def test_resources_of_the_container(reference: dict[str, str], value: str) -> None:
    container = {"resources": {"limits": {"memory": "64Mi"}, "requests": {"cpu": "250m"}}}
    assert resource_value(container, reference, SOURCES.capacity) == value


def test_quantities() -> None:
    assert [parse(text) for text in ("2", "1.5", "1e3", "2k", "1Ki")] == [2, parse("1500m"), 1000, 2000, 1024]
    assert divided("1Gi", "1Mi") == 1024
