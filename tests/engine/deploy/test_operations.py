"""Preview, refresh, destroy, and what limits an operation to a part of the stack."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest
from pulumi import ResourceOptions

from tests.engine.world import Group, Outcome, Program, Region, Thing, World, nothing

URN = "urn:pulumi:dev::shop::cloud:index:Thing::"


def pair() -> None:
    first = Thing("first", name="first")
    Thing("second", name="second", of=first.name)
    Thing("third", name="third")


def test_a_preview_changes_nothing_and_says_what_would_change(world: World) -> None:
    outcome = world.preview(pair)

    assert outcome.error is None
    assert outcome.changes == {"create": 4}
    assert world.cloud.things() == {}
    assert world.state() == []
    assert world.stack(pair).history() == []


def test_unknown_outputs_flow_through_a_preview(world: World) -> None:
    seen: list[object] = []

    def program() -> None:
        first = Thing("first", name="first")
        first.size.apply(seen.append)
        Thing("second", name="second", of=first.size)

    outcome = world.preview(program)

    assert outcome.changes == {"create": 3}
    assert seen == []


def test_resources_of_a_provider_that_is_not_configured_yet_are_previewed(world: World) -> None:
    def program() -> None:
        first = Thing("first", name="first")
        provider = Region("r", region=first.size)
        Thing("second", name="second", opts=ResourceOptions(provider=provider))

    assert world.preview(program).changes == {"create": 4}
    assert world.up(program).changes == {"create": 4}


def test_a_preview_of_a_replacement_names_what_is_deleted(world: World) -> None:
    world.up(lambda: Thing("a", kind="x") and None)

    outcome = world.preview(lambda: Thing("a", kind="y") and None)

    assert outcome.op("a") == ["create-replacement", "replace", "delete-replaced"]
    assert len(world.cloud.things()) == 1


def test_refresh_takes_over_what_is_really_there(world: World) -> None:
    world.up(pair)
    (world.folder / "cloud" / "third.json").unlink()
    (world.folder / "cloud" / "second.json").write_text('{"name": "second", "of": "elsewhere"}')

    outcome = world.refresh()

    assert outcome.changes == {"same": 2, "update": 1, "delete": 1}
    assert world.names() == ["first", "second"]
    assert world.resource("second")["outputs"]["of"] == "elsewhere"
    assert world.up(pair).changes == {"same": 2, "update": 1, "create": 1}


def test_an_update_can_refresh_first(world: World) -> None:
    world.up(pair)
    (world.folder / "cloud" / "third.json").unlink()

    assert world.up(pair).changes == {"same": 4}
    outcome = world.up(pair, refresh=True)

    assert outcome.op("third") == ["refresh", "create"]
    assert outcome.changes == {"same": 3, "create": 1}
    assert "third" in world.cloud.things()


def test_a_refresh_can_be_previewed(world: World) -> None:
    world.up(pair)
    (world.folder / "cloud" / "third.json").unlink()

    stack = world.stack(pair)
    changes = dict(stack.preview_refresh().change_summary)

    assert changes == {"same": 3, "delete": 1}
    assert "third" in world.names()


def test_destroy_empties_the_stack_and_keeps_it(world: World) -> None:
    world.up(pair)

    outcome = world.destroy()

    assert outcome.changes == {"delete": 4}
    assert world.cloud.called("delete").index("second") < world.cloud.called("delete").index("first")
    assert world.state() == []
    assert world.stack(nothing).history()[0].kind == "destroy"


def test_destroy_leaves_protected_resources_alone_if_asked(world: World) -> None:
    def program() -> None:
        base = Thing("base", name="base")
        Thing("kept", name="kept", of=base.name, opts=ResourceOptions(protect=True))
        Thing("gone", name="gone")

    world.up(program)

    outcome = world.destroy(exclude_protected=True)

    assert outcome.error is None
    assert sorted(world.names()) == ["base", "kept"]


def test_destroy_of_a_target_needs_its_dependents(world: World) -> None:
    world.up(pair)

    refused = world.destroy(target=[f"{URN}first"])
    done = world.destroy(target=[f"{URN}first"], target_dependents=True)

    assert "will be destroyed but was not specified in --target list" in str(refused.error)
    assert done.error is None
    assert world.names() == ["third"]


def test_targets_limit_an_update(world: World) -> None:
    def program(color: str) -> None:
        Thing("a", name="a", color=color)
        Thing("b", name="b", color=color)
        if color == "blue":
            Thing("c", name="c")

    world.up(lambda: program("red"))

    outcome = world.up(lambda: program("blue"), target=[f"{URN}a"])

    assert outcome.error is None
    assert {name: thing["color"] for name, thing in world.cloud.things().items()} == {"a": "blue", "b": "red"}
    assert outcome.op("c") == ["same"]
    assert sorted(world.names()) == ["a", "b"]


def test_a_target_that_needs_what_is_left_out_is_refused(world: World) -> None:
    outcome = world.up(pair, target=[f"{URN}second"])

    assert (
        "depends on 'urn:pulumi:dev::shop::cloud:index:Thing::first' which was was not specified"
        in outcome.diagnostics
    )


def test_an_unknown_target_is_told(world: World) -> None:
    outcome = world.up(pair, target=[f"{URN}nobody"])

    assert f"Target '{URN}nobody' could not be found in the stack." in outcome.diagnostics


def test_targets_may_have_wildcards_and_dependents(world: World) -> None:
    world.up(pair)

    def changed() -> None:
        first = Thing("first", name="first", color="blue")
        Thing("second", name="second", of=first.name, color="blue")
        Thing("third", name="third", color="blue")

    outcome = world.up(changed, target=["**Thing::fir*"], target_dependents=True)

    assert outcome.changes == {"same": 2, "update": 2}


def test_what_is_left_alone_keeps_what_it_refers_to_before_it(world: World) -> None:
    def program(whole: bool) -> None:
        first = Thing("first", name="first") if whole else None
        Thing("second", name="second", of=first.name if first else "nobody")
        Thing("third", name="third", color="red" if whole else "blue")

    world.up(lambda: program(True))

    limited = world.up(lambda: program(False), target=[f"{URN}third"])
    after = world.up(lambda: program(False))

    assert limited.error is after.error is None
    assert limited.op("first") == ["same"]
    assert sorted(world.names()) == ["second", "third"]


def test_what_is_left_alone_goes_by_the_names_that_others_have_now(world: World) -> None:
    def program(house: str) -> None:
        parent = Group(house, opts=ResourceOptions(aliases=[pulumi.Alias(name="house")]))
        Thing("child", name="child", opts=ResourceOptions(parent=parent))
        Thing("other", name="other", color=house)

    world.up(lambda: program("house"))

    limited = world.up(lambda: program("home"), target=[f"{URN}other"])
    after = world.up(lambda: program("home"), expect_no_changes=True)

    assert limited.error is after.error is None
    assert world.cloud.called("delete") == []


def test_what_is_left_alone_needs_its_provider(world: World) -> None:
    def program(region: str) -> None:
        provider = Region(region)
        for name in ("first", "second"):
            Thing(name, name=name, opts=ResourceOptions(provider=provider))

    world.up(lambda: program("here"))

    limited = world.up(lambda: program("there"), target=[f"{URN}first"])
    back = world.up(lambda: program("here"))

    assert "Change your program back to the original providers" in limited.diagnostics
    assert back.error is None


def test_what_is_excluded_is_made_again_where_it_had_to_make_room(world: World) -> None:
    def program(place: str) -> None:
        base = Thing("base", name="base", place=place)
        Thing("part", name="part", kind=base.name)

    world.up(lambda: program("here"))

    outcome = world.up(lambda: program("there"), exclude=[f"{URN}part"])

    assert outcome.error is None
    assert outcome.op("part") == ["delete-replaced", "replace", "create-replacement"]
    assert sorted(world.cloud.things()) == sorted(world.names()) == ["base", "part"]


@pytest.mark.parametrize("act", [World.preview, World.up])
def test_what_made_room_and_is_declared_no_more_needs_no_deletion(
    world: World, act: Callable[[World, Program], Outcome]
) -> None:
    def program(place: str) -> None:
        base = Thing("base", name="base", place=place)
        if place == "here":
            Thing("part", name="part", kind=base.name)

    world.up(lambda: program("here"))

    outcome = act(world, lambda: program("there"))

    assert outcome.op("part") == ["delete-replaced", "remove-pending-replace"]
    assert outcome.changes == {"same": 1, "replace": 1}


def test_a_replacement_can_be_ordered(world: World) -> None:
    def program() -> None:
        Thing("a")

    world.up(program)
    before = world.resource("a")["id"]

    outcome = world.up(program, replace=[f"{URN}a"])

    assert outcome.changes == {"same": 1, "replace": 1}
    assert world.resource("a")["id"] != before


def test_independent_resources_are_handled_at_the_same_time_up_to_the_limit(world: World) -> None:
    def program() -> None:
        for index in range(6):
            Thing(f"t{index}", name=f"t{index}", seconds=0.15)

    world.up(program, parallel=3)

    assert world.cloud.most_at_once == 3


def test_functions_answer_and_fail(world: World) -> None:
    def program() -> None:
        answer = pulumi.runtime.invoke("cloud:index:echo", {"text": "hi", "list": [1, None]}).value
        pulumi.export("echo", answer["echo"]["text"])
        pulumi.runtime.invoke("cloud:index:fail", {})

    outcome = world.up(program)

    assert "as asked" in str(outcome.error)
    assert {key: item.value for key, item in world.stack(program).outputs().items()} == {"echo": "hi"}


def test_messages_and_kinds_are_in_the_history(world: World) -> None:
    world.up(nothing, message="first")
    world.refresh(message="second")

    entries = world.stack(nothing).history()

    assert [(entry.kind, entry.message, entry.result) for entry in entries] == [
        ("refresh", "second", "succeeded"),
        ("update", "first", "succeeded"),
    ]
