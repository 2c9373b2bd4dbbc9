"""Files are read document by document, as kubectl reads them, and what can't be read is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.manifests import Broken, Found, _documents, _Loader, _parts, _QuickLoader, manifests

PROJECT = Path(__file__).parents[2]


def told(text: str) -> list[str]:
    return [str(one) for one in manifests("shop.yaml", text) if isinstance(one, Broken)]


def found(text: str) -> list[Found]:
    return [one for one in manifests("shop.yaml", text) if isinstance(one, Found)]


def origins(text: str) -> list[tuple[str, Any]]:
    return [(one.origin, one.document["kind"]) for one in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: A", [("shop.yaml", "A")]),
        ("# a comment\n---\nkind: A", [("shop.yaml", "A")]),
        ("---\n# nothing\n---\nkind: A\n---\n", [("shop.yaml", "A")]),
        ("---\nkind: A\n---\n---\nkind: B", [("shop.yaml[1]", "A"), ("shop.yaml[3]", "B")]),
        (
            "%YAML 1.1\n---\nkind: A\n...\n%YAML 1.1\n---\nkind: B",
            [("shop.yaml[1]", "A"), ("shop.yaml[2]", "B")],
        ),
        ("\r\nkind: A\r\n---\r\nkind: B\r\n", [("shop.yaml[1]", "A"), ("shop.yaml[2]", "B")]),
        ("kind: A\ntext: |\n  ---\n  kind: X\n", [("shop.yaml", "A")]),
        (
            "kind: A\n---\nkind: List\nitems: [{kind: B}, {kind: C}]",
            [("shop.yaml[1]", "A"), ("shop.yaml[2].items[0]", "B"), ("shop.yaml[2].items[1]", "C")],
        ),
        (
            "kind: CanaryList\nitems: [{kind: Canary}, {metadata: {}}]",
            [("shop.yaml[1].items[0]", "Canary"), ("shop.yaml[1].items[1]", "Canary")],
        ),
        ("kind: AllowList\nspec: {}", [("shop.yaml", "AllowList")]),
        ("kind: List", []),
        ('{\n\t"kind": "A"\n}', [("shop.yaml", "A")]),
    ],
    ids=[
        "one document",
        "a comment before it",
        "empty documents around it",
        "an empty document between them",
        "directives",
        "lines as Windows ends them",
        "a marker that is indented",
        "a list",
        "a list of one kind, whose items need not say so",
        "a kind that is only called so",
        "a list of nothing",
        "JSON that is indented by tabs",
    ],
)
def test_an_object_is_called_by_the_document_in_which_it_stands(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert (origins(text), told(text)) == (expected, [])


BROKEN = {
    "a tab": (
        "a: 1\n\tb: 2",
        "line 2, column 1: found character '\\t' that cannot start any token; indent by spaces",
    ),
    "a field that is there twice": (
        "metadata:\n  name: a\n  name: b",
        "line 3, column 3: the field name is there twice; mend it there",
    ),
    "a template of a chart": (
        "{{- if .Values.on }}\na: b\n{{- end }}",
        "line 1, column 3: expected the node content, but found '-'; a chart's template is rendered first: helm",
    ),
    "a value of a chart's template": (
        "a: {{ .Values.a }}",
        "line 1, column 5: found unhashable key; a chart's template is rendered first: helm template CHART | sluice",
    ),
    "a query with names to fill in, and a mistake elsewhere": (
        "query: vector({{ interval }})\nb: c: d",
        "line 2, column 5: mapping values are not allowed here; mend it there",
    ),
    "a nest without an end": ("[" * 100_000, "it is nested deeper than can be read; make it flat"),
    "an alias of what it is in": (
        "a: &a [*a]",
        "line 1, column 4: it contains itself by an alias; mend it there",
    ),
    "an alias of nothing": ("a: *b", "line 1, column 4: found undefined alias 'b'; mend it there"),
    "a number without an end": (
        "a: " + "9" * 5000,
        "line 1, column 4: no value of tag:yaml.org,2002:int: Exceeds",
    ),
    "half a character": ('a: "\\ud83d"', "line 1, column 4: no value of tag:yaml.org,2002:str: "),
    "a name that is nothing": ("~: 1", "line 1, column 1: a field has no name; mend it there"),
    "a name that is a list": ("? [a]\n: 1", "line 1, column 3: found unhashable key; mend it there"),
    "a character that is none": ("a: \x00", "line 1: character 0 is not allowed; take it away"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_told_and_hides_no_other(text: str, problem: str) -> None:
    (alone,) = told(text)
    assert alone.startswith(f"shop.yaml: is not YAML: {problem}")
    amid = f"kind: A\n---\n{text}\n---\nkind: B"
    assert origins(amid) == [("shop.yaml[1]", "A"), ("shop.yaml[3]", "B")]
    (once,) = told(amid)
    assert once.startswith("shop.yaml[2]: is not YAML: ")


OTHERWISE = {
    "a kind that is an object": (
        "kind: {a: 1}\napiVersion: v1\nmetadata: {}",
        "kind: is an object, not text; write",
    ),
    "a kind that is a list": ("kind: [A]\napiVersion: v1\nmetadata: {}", "kind: is a list, not text; write"),
    "no kind, among others": (
        "kind: A\n---\nreplicas: 2",
        "kind: is missing; write the object's kind, such as Canary, or move what is no object to a file of its own",
    ),
    "no object, among others": (
        "kind: A\n---\n- a",
        "is a list, not an object; write it as fields and values",
    ),
    "no object, in a list": (
        "kind: List\nitems: [{replicas: 2}]",
        "kind: is missing; write the object's kind",
    ),
    "no kind": ("apiVersion: v1\nmetadata: {}", "kind: is missing; write the object's kind, such as Canary"),
    "items that are none": ("kind: List\nitems: {a: 1}", "items: is an object, not a list; write a list"),
}


@pytest.mark.parametrize(("text", "problem"), OTHERWISE.values(), ids=OTHERWISE)
def test_an_object_that_does_not_say_what_it_is_is_told(text: str, problem: str) -> None:
    (alone,) = told(text)
    assert alone.partition(": ")[2].startswith(problem)


def test_an_item_that_is_no_object_hides_no_other() -> None:
    text = "kind: List\nitems: [x, {kind: A}, [1]]"
    assert told(text) == [
        "shop.yaml[1].items[0]: is text, not an object; write it as fields and values",
        "shop.yaml[1].items[2]: is a list, not an object; write it as fields and values",
    ]
    assert origins(text) == [("shop.yaml[1].items[1]", "A")]


def test_lists_of_lists_of_aliases_stay_as_small_as_their_text() -> None:
    nests = "\n".join(
        f"- &a{n} {{kind: List, items: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 40)
    )
    text = f"kind: List\nitems:\n- &a0 {{kind: A}}\n{nests}"
    assert (origins(text), told(text)) == ([("shop.yaml[1].items[0]", "A")], [])


@pytest.mark.parametrize(
    "text", ["values: 1", "- op: replace", "apiVersion: v2\nname: chart", "kind: {a: 1}", "5"]
)
def test_what_is_no_kubernetes_object_is_left_out(text: str) -> None:
    assert list(manifests("values.yaml", text)) == []


def test_dates_and_names_of_fields_are_text_as_in_kubectl() -> None:
    (one,) = found("kind: A\na: 2024-13-45\nb: 2024-01-31\nc: =\n1: x\non: y\n1.5: z")
    assert one.document == {
        "kind": "A",
        "a": "2024-13-45",
        "b": "2024-01-31",
        "c": "=",
        "1": "x",
        "true": "y",
        "1.5": "z",
    }


def test_a_character_that_json_writes_as_two_is_one() -> None:
    (one,) = found('{"kind": "A", "a": "\\ud83d\\ude00"}')
    assert one.document["a"] == "😀"


def test_what_is_merged_may_be_said_anew_and_stays_small() -> None:
    (one,) = found("kind: A\nbase: &base {a: 1, b: 1}\nmore: {<<: *base, a: 2}")
    assert one.document["more"] == {"a": 2, "b": 1}
    laughs = "kind: A\na0: &a0 {x: 1, y: 2}\n" + "\n".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 40)
    )
    (small,) = found(laughs)
    assert small.document["a39"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("text", ["kind: A\n---\nkind: B\n---\na: *b", "kind: A\n---\n\n\n\t- b"])
def test_a_place_is_told_from_the_beginning_of_the_file(text: str) -> None:
    line = 1 + text.rstrip().count("\n")
    assert f"line {line}, " in told(text)[0]


def test_libyaml_reads_of_documents_what_python_reads() -> None:
    """It is asked first because it is fast."""
    paths = [path for path in PROJECT.glob("*/**/*.yaml") if ".venv" not in path.parts]
    parts = [part for path in paths for _, part in _parts(path.read_text())]
    assert len(parts) > 50
    for part in parts:
        assert list(_documents(_QuickLoader(part))) == list(_documents(_Loader(part)))


def test_libyaml_is_not_asked_to_put_together_what_is_nested_without_an_end() -> None:
    """It has no bound for that: the process would be gone."""
    with pytest.raises(RecursionError):
        list(_documents(_QuickLoader("[" * 100_000 + "]" * 100_000)))
