"""The pure parts: paths, aliases, verdicts, order of deletes, targets, command lines, values on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import paths, wire
from engine import urn as urns
from engine.cli.arguments import Syntax, parse
from engine.deploy.aliases import candidates
from engine.deploy.decide import Circumstances, Fate, after_diff, before_diff, differences
from engine.deploy.defaults import is_default, name
from engine.deploy.deletes import held_by, layers
from engine.deploy.goal import Alias, Goal, PackageKey, seconds
from engine.deploy.references import in_order
from engine.deploy.secrecy import concealed
from engine.deploy.snapshot import Snapshot
from engine.deploy.targets import Targets
from engine.errors import ConfigurationError, UsageError
from engine.events import counted_as
from engine.provider import Change, Diff, PropertyDiff
from engine.resource import Deployment, Resource
from engine.step import Op, Step
from engine.values import UNKNOWN, Output, Reference, Secret

ROOT = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def thing(name: str, **fields: Any) -> Resource:
    return Resource(
        f"urn:pulumi:dev::shop::cloud:index:Thing::{name}", "cloud:index:Thing", True, id=name, **fields
    )


def urn(name: str) -> str:
    return thing(name).urn


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("containers[0].image", ("containers", 0, "image")),
        ('labels["app.kubernetes.io/name"]', ("labels", "app.kubernetes.io/name")),
        ("items[*].name", ("items", "*", "name")),
        ("*", ("*",)),
        ('["a b"]', ("a b",)),
    ],
)
def test_a_path_is_read(text: str, path: paths.Path) -> None:
    assert paths.parse(text) == path


@pytest.mark.parametrize("text", ["a[", "a[x]", 'a["b]'])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a property path"):
        paths.parse(text)


@pytest.mark.parametrize(
    ("duration", "expected"), [("", 0), ("90s", 90), ("1h30m", 5400), ("250ms", 0.25), ("1.5s", 1.5)]
)
def test_durations_are_seconds(duration: str, expected: float) -> None:
    assert seconds(duration) == expected


def test_a_duration_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds("90")


def test_aliases_of_parents_are_passed_on_with_the_prefix_of_the_name() -> None:
    parent = urns.make("dev", "shop", "cloud:index:Group", "new")
    former = urns.make("dev", "shop", "cloud:index:Group", "old")
    goal = Goal("cloud:index:Thing", "new-child", parent=parent, aliases=(Alias(type="cloud:v0:Thing"),))
    own = urns.make("dev", "shop", goal.type, goal.name, parent)

    assert candidates(goal, own, [former]) == [
        "urn:pulumi:dev::shop::cloud:index:Group$cloud:v0:Thing::new-child",
        "urn:pulumi:dev::shop::cloud:index:Group$cloud:index:Thing::old-child",
        "urn:pulumi:dev::shop::cloud:index:Group$cloud:v0:Thing::old-child",
    ]


OLD, NEW = thing("a", inputs={"x": 1}), thing("a", inputs={"x": 2})


@pytest.mark.parametrize(
    ("old", "now", "fate"),
    [
        (None, Circumstances(), Fate.CREATE),
        (OLD, Circumstances(recreating=True), Fate.RECREATE),
        (OLD, Circumstances(forced=True), Fate.REPLACE),
        (OLD, Circumstances(linked=True), Fate.REPLACE),
        (OLD, Circumstances(moved=True), Fate.REPLACE),
        (thing("a", external=True), Circumstances(), Fate.CREATE),
    ],
    ids=lambda value: value.value if isinstance(value, Fate) else "",
)
def test_some_fates_need_no_diff(old: Resource | None, now: Circumstances, fate: Fate) -> None:
    verdict = before_diff(old, NEW, now)

    assert verdict is not None
    assert verdict.fate is fate


@pytest.mark.parametrize(
    ("old", "new", "diff", "fate"),
    [
        (OLD, NEW, Diff(Change.NONE), Fate.SAME),
        (OLD, NEW, Diff(Change.SOME), Fate.UPDATE),
        (OLD, NEW, Diff(Change.SOME, replaces=("x",)), Fate.REPLACE),
        (OLD, NEW, Diff(Change.UNKNOWN), Fate.UPDATE),
        (OLD, OLD, Diff(Change.UNKNOWN), Fate.SAME),
        (thing("a", init_errors=["not ready"]), NEW, Diff(Change.NONE), Fate.UPDATE),
        (
            OLD,
            thing("a", replace_on_changes=["x.y"]),
            Diff(Change.SOME, detailed={"x.y[0]": PropertyDiff("add")}),
            Fate.REPLACE,
        ),
        (OLD, thing("a", replace_on_changes=["z"]), Diff(Change.SOME, changed=("x",)), Fate.UPDATE),
        (OLD, thing("a", replace_on_changes=["*"]), Diff(Change.SOME, changed=("x",)), Fate.REPLACE),
        (OLD, thing("a", replace_on_changes=["*"]), Diff(Change.NONE), Fate.SAME),
        (
            thing("a", init_errors=["no"]),
            thing("a", replace_on_changes=["#initerror"]),
            Diff(Change.NONE),
            Fate.REPLACE,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Fate) else "",
)
def test_a_diff_decides(old: Resource, new: Resource, diff: Diff, fate: Fate) -> None:
    assert after_diff(old, new, diff).fate is fate


def test_what_had_not_become_ready_is_done_again_without_a_change() -> None:
    verdict = after_diff(thing("a", init_errors=["no"]), NEW, Diff(Change.NONE))

    assert verdict.diff.detailed == {}


@pytest.mark.parametrize("pattern", ["#initerror", "*"])
def test_an_earlier_failure_is_a_key_of_the_replacement_that_it_brings(pattern: str) -> None:
    old, new = thing("a", init_errors=["no"]), thing("a", replace_on_changes=[pattern])

    verdict = after_diff(old, new, Diff(Change.NONE))

    assert verdict.diff.replaces == ("#initerror",)
    assert verdict.diff.detailed == {"#initerror": PropertyDiff("update-replace")}


def test_differences_are_found_at_their_paths() -> None:
    old = {"a": 1, "b": {"c.d": [1, 2]}, "gone": 0, "hidden": Secret("s")}
    new = {"a": 2, "b": {"c.d": [1, 3, 4]}, "fresh": 0, "hidden": "s"}

    kinds = {path: item.kind for path, item in differences(old, new).items()}

    assert kinds == {
        "a": "update",
        'b["c.d"][1]': "update",
        'b["c.d"][2]': "add",
        "gone": "delete",
        "fresh": "add",
    }


def test_states_are_written_in_the_order_of_their_references() -> None:
    base, left = thing("base"), thing("left", dependencies=[urn("base")])
    top, old = thing("top", parent=urn("left"), deleted_with=urn("base")), thing("left", delete=True)
    circle = [thing("one", parent=urn("two")), thing("two", parent=urn("one"))]

    assert in_order([base, left, top, old]) == [base, left, top, old]
    assert in_order([top, old, left, base]) == [base, left, top, old]
    assert sorted(map(id, in_order(circle))) == sorted(map(id, circle))


def test_deletes_come_in_layers_of_what_nobody_needs_any_more() -> None:
    base = thing("base")
    left, right = thing("left", dependencies=[base.urn]), thing("right", deleted_with=base.urn)
    top = thing("top", property_dependencies={"x": [left.urn]})

    found = [[item.id for item in layer] for layer in layers([base, left, right, top])]

    assert found == [["top", "right"], ["left"], ["base"]]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_every_resource_is_deleted_once_and_before_what_it_needs(parents: list[int]) -> None:
    resources = [
        thing(str(at), dependencies=[urn(str(parent))] if parent < at else [])
        for at, parent in enumerate(parents)
    ]

    order = [item for layer in layers(resources) for item in layer]

    assert sorted(map(id, order)) == sorted(map(id, resources))
    place = {item.urn: at for at, item in enumerate(order)}
    assert all(place[item.urn] < place[needed] for item in resources for needed in item.dependencies)


def test_what_is_kept_holds_what_it_refers_to() -> None:
    base, middle, top = thing("base"), thing("middle", dependencies=[urn("base")]), thing("top")
    kept = thing("kept", parent=urn("middle"))

    assert held_by([kept], [base, middle, top, kept]) == {urn("middle"), urn("base")}


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (urn("a"), "a", True),
        (urn("a"), "b", False),
        ("urn:pulumi:dev::shop::cloud:index:Thing::*", "a", True),
        ("urn:*::a", "a", False),
        ("**::a", "a", True),
    ],
)
def test_stars_match_within_and_across_colons(pattern: str, name: str, expected: bool) -> None:
    assert Targets((pattern,)).include(thing(name)) is expected
    assert Targets((pattern,), exclude=True).include(thing(name)) is not expected


def test_default_providers_are_named_by_version_and_source() -> None:
    assert name(PackageKey("kubernetes")) == "default"
    assert name(PackageKey("kubernetes", "4.34.2-alpha.1+b")) == "default_4_34_2_alpha_1_b"
    assert name(PackageKey("x", "1.0.0", "https://there/x")) == "default_1_0_0_there/x"
    assert is_default("urn:pulumi:dev::shop::pulumi:providers:kubernetes::default_4_34_2")
    assert not is_default("urn:pulumi:dev::shop::pulumi:providers:kubernetes::mine")


def test_outputs_are_secret_where_inputs_are() -> None:
    inputs = {"plain": 1, "top": Secret("s"), "deep": {"x": Secret(1), "y": 2}, "list": [1, Secret(2)]}
    outputs = {"plain": 1, "top": "s", "deep": {"x": 1, "y": 2}, "list": [1, 2], "named": "n"}

    assert concealed(outputs, inputs, ["named"]) == {
        "plain": 1,
        "top": Secret("s"),
        "deep": {"x": Secret(1), "y": 2},
        "list": Secret([1, 2]),
        "named": Secret("n"),
    }


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.just(UNKNOWN)
    | st.floats(-1e9, 1e9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
        | st.builds(Secret, inner)
        | st.builds(Reference, st.text(), st.none() | st.text(min_size=1) | st.just(UNKNOWN), st.text())
        | st.builds(
            Output, inner, secret=st.booleans(), dependencies=st.lists(st.text(), max_size=2).map(tuple)
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_values_survive_the_wire(properties: dict[str, Any]) -> None:
    assert wire.from_struct(wire.to_struct(properties)) == properties


def test_whole_numbers_come_back_as_integers() -> None:
    read = wire.from_struct(wire.to_struct({"port": 80, "share": 0.5}))

    assert isinstance(read["port"], int)
    assert isinstance(read["share"], float)


SYNTAX = Syntax(frozenset({"message", "target"}), frozenset({"yes"}), {"m": "message", "y": "yes"})


@pytest.mark.parametrize(
    ("words", "positionals", "options"),
    [
        (["a", "--yes", "b"], ("a", "b"), {"yes": ("true",)}),
        (["--message=x y", "-y"], (), {"message": ("x y",), "yes": ("true",)}),
        (["-m", "x", "--target", "1", "--target=2"], (), {"message": ("x",), "target": ("1", "2")}),
        (["--yes=false"], (), {"yes": ("false",)}),
        (["k", "--", "--yes"], ("k", "--yes"), {}),
        (["k", "-1"], ("k", "-1"), {}),
    ],
    ids=[
        "between",
        "with its value",
        "more than once",
        "a flag denied",
        "after two dashes",
        "a negative number",
    ],
)
def test_options_may_stand_anywhere_before_two_dashes(
    words: list[str], positionals: tuple[str, ...], options: dict[str, tuple[str, ...]]
) -> None:
    arguments = parse(words, SYNTAX)

    assert arguments.positionals == positionals
    assert arguments.options == options


@pytest.mark.parametrize("words", [["--no-such"], ["--message"], ["-x"], ["--yes=perhaps"]])
def test_wrong_options_are_refused(words: list[str]) -> None:
    with pytest.raises((ConfigurationError, UsageError)):
        parse(words, SYNTAX)


def test_a_snapshot_lists_what_is_done_before_what_is_left() -> None:
    a, b, c = thing("a"), thing("b", dependencies=[urn("a")]), thing("c")
    saved: list[Deployment] = []
    snapshot = Snapshot(Deployment([a, b, c]), saved.append)

    assert not snapshot.put(thing("a"), a)
    assert not snapshot.changed
    assert snapshot.put(thing("b2", dependencies=[urn("a")]), b)
    snapshot.persist()

    assert [item.id for item in saved[0].resources] == ["a", "b2", "c"]


def test_a_resource_that_is_the_same_throughout_stays_the_object_that_it_was() -> None:
    """Whoever writes the state knows by that what is written already."""
    a, b = thing("a"), thing("b")
    snapshot = Snapshot(Deployment([a, b]), lambda deployment: None)
    snapshot.put(thing("a"), a)
    snapshot.put(thing("b", modified="now"), b)
    assert [item is old for item, old in zip(snapshot.resources(), (a, b), strict=True)] == [True, False]
    assert snapshot.resources()[1].modified == "now"


def test_old_resources_follow_the_new_name_of_what_they_need() -> None:
    a, b = thing("a"), thing("b", dependencies=[urn("a")], parent=urn("a"))
    snapshot = Snapshot(Deployment([a, b]), lambda deployment: None)

    snapshot.put(thing("renamed"), a)

    left = snapshot.deployment().resources[1]
    assert (left.dependencies, left.parent) == ([urn("renamed")], urn("renamed"))


@pytest.mark.parametrize(("external", "counted"), [(False, "same"), (True, "update")])
def test_what_a_provider_adds_for_itself_is_a_change_only_of_what_is_not_managed(
    external: bool, counted: str
) -> None:
    old, new = (
        Resource(ROOT, "cloud:index:Thing", external=external, outputs={"status": status})
        for status in ("pending", "ready")
    )

    assert counted_as(Step(Op.REFRESH, ROOT, old.type, old, new)) == counted
