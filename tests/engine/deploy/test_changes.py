"""What happens to resources between one version of a program and the next."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest
from pulumi import ResourceOptions, automation

from tests.engine.world import Group, Outcome, Program, Region, Thing, World, nothing


def declared(**inputs: object) -> Program:
    """A program with the one thing `a`."""

    def program() -> None:
        Thing("a", name="a", **inputs)

    return program


def test_a_first_up_creates_the_stack_and_its_resources(world: World) -> None:
    outcome = world.up(declared(color="red"))

    assert outcome.error is None
    assert outcome.changes == {"create": 2}
    assert world.cloud.things() == {"a": {"name": "a", "color": "red"}}
    assert world.resource("a")["outputs"] == {"name": "a", "color": "red", "size": 4}
    assert world.resource("default")["type"] == "pulumi:providers:cloud"


def test_nothing_happens_where_nothing_changed(world: World) -> None:
    world.up(declared(color="red"))
    before = world.state()

    outcome = world.up(declared(color="red"))

    assert outcome.changes == {"same": 2}
    assert world.state() == before
    assert world.cloud.called("update") == []


def test_a_changed_input_updates_in_place(world: World) -> None:
    world.up(declared(color="red"))

    outcome = world.up(declared(color="blue"))

    assert outcome.changes == {"same": 1, "update": 1}
    assert world.cloud.things()["a"]["color"] == "blue"
    created, modified = world.resource("a")["created"], world.resource("a")["modified"]
    assert created < modified


def test_what_is_no_longer_declared_is_deleted_in_reverse_order(world: World) -> None:
    def program() -> None:
        first = Thing("first", name="first")
        second = Thing("second", name="second", of=first.name)
        Thing("third", name="third", opts=ResourceOptions(depends_on=[second]))

    world.up(program)

    outcome = world.up(nothing)

    assert outcome.changes == {"same": 1, "delete": 3}
    assert world.cloud.called("delete") == ["third", "second", "first"]
    assert world.cloud.things() == {}
    assert world.names() == []


def test_a_replacement_creates_before_it_deletes(world: World) -> None:
    def program(kind: str) -> Program:
        return lambda: pulumi.export("name", Thing("a", kind=kind).name)

    world.up(program("x"))
    before = world.resource("a")["id"]

    outcome = world.up(program("y"))

    assert outcome.changes == {"same": 1, "replace": 1}
    assert outcome.op("a") == ["create-replacement", "replace", "delete-replaced"]
    assert world.resource("a")["id"] != before
    assert list(world.cloud.things()) == [world.resource("a")["id"]]
    assert outcome.outputs["name"] == world.resource("a")["id"]


def test_a_replacement_that_needs_the_room_takes_dependents_along(world: World) -> None:
    def program(place: str) -> Program:
        def declare() -> None:
            base = Thing("base", name="base", place=place)
            Thing("user", name="user", kind=base.size)
            Thing("onlooker", name="onlooker", opts=ResourceOptions(depends_on=[base]))

        return declare

    world.up(program("here"))
    world.cloud.calls.clear()

    outcome = world.up(program("there"))

    assert outcome.error is None
    assert outcome.op("base") == ["delete-replaced", "replace", "create-replacement"]
    assert outcome.op("user") == ["delete-replaced", "replace", "create-replacement"]
    assert outcome.op("onlooker") == ["same"]
    assert world.cloud.called("delete") == ["user", "base"]
    assert world.cloud.called("create") == ["base", "user"]
    assert not any(item.get("pendingReplacement") or item.get("delete") for item in world.state())


def test_delete_before_replace_can_be_asked_for_and_refused(world: World) -> None:
    def program(kind: str, first: bool) -> Program:
        return lambda: Thing("a", kind=kind, opts=ResourceOptions(delete_before_replace=first)) and None

    world.up(program("x", first=True))
    assert world.up(program("y", first=True)).op("a")[0] == "delete-replaced"
    assert world.up(program("z", first=False)).op("a")[0] == "create-replacement"


def test_a_protected_resource_is_neither_deleted_nor_replaced(world: World) -> None:
    def program(kind: str) -> Program:
        return lambda: Thing("a", name="a", kind=kind, opts=ResourceOptions(protect=True)) and None

    world.up(program("x"))

    replaced, removed = world.up(program("y")), world.up(nothing)

    assert 'unable to replace resource "urn:pulumi:dev::shop::cloud:index:Thing::a"' in replaced.diagnostics
    assert "cannot be deleted\nbecause it is protected" in removed.diagnostics
    assert replaced.error is not None
    assert removed.error is not None
    assert list(world.cloud.things()) == ["a"]
    assert world.resource("a")["protect"] is True


@pytest.mark.parametrize("act", [World.up, World.preview])
def test_nothing_is_replaced_that_would_take_along_what_is_protected(
    world: World, act: Callable[[World, Program], Outcome]
) -> None:
    def program(place: str) -> None:
        base = Thing("base", name="base", place=place)
        Thing("part", name="part", kind=base.name, opts=ResourceOptions(protect=True))

    world.up(lambda: program("here"))

    refused = act(world, lambda: program("there"))

    assert (
        '::part" as part of replacing "urn:pulumi:dev::shop::cloud:index:Thing::base"' in refused.diagnostics
    )
    assert refused.error is not None
    assert world.cloud.called("delete") == []


def test_a_retained_resource_leaves_the_state_but_not_the_world(world: World) -> None:
    world.up(lambda: Thing("a", name="a", opts=ResourceOptions(retain_on_delete=True)) and None)

    outcome = world.up(nothing)

    assert outcome.changes == {"same": 1, "delete": 1}
    assert world.names() == []
    assert list(world.cloud.things()) == ["a"]


def test_what_is_deleted_with_another_is_not_deleted_itself(world: World) -> None:
    def program() -> None:
        base = Thing("base", name="base")
        Thing("part", name="part", opts=ResourceOptions(deleted_with=base))

    world.up(program)

    world.up(nothing)

    assert world.cloud.called("delete") == ["base"]
    assert world.names() == []


def test_what_is_deleted_with_another_that_stays_is_deleted_itself(world: World) -> None:
    def program(whole: bool) -> None:
        base = Thing("base", name="base")
        Thing("part", name="part", opts=ResourceOptions(deleted_with=base))
        if whole:
            Thing("other", name="other", opts=ResourceOptions(deleted_with=base))

    world.up(lambda: program(True))

    dropped = world.up(lambda: program(False))
    destroyed = world.destroy(target=["urn:pulumi:dev::shop::cloud:index:Thing::part"])

    assert dropped.error is destroyed.error is None
    assert world.cloud.called("delete") == ["other", "part"]
    assert list(world.cloud.things()) == world.names() == ["base"]


def test_what_is_deleted_with_another_that_is_protected_is_deleted_itself(world: World) -> None:
    def program() -> None:
        base = Thing("base", name="base", opts=ResourceOptions(protect=True))
        Thing("part", name="part", opts=ResourceOptions(deleted_with=base, protect=False))

    world.up(program)

    world.destroy()

    assert list(world.cloud.things()) == world.names() == ["base"]


def test_what_is_deleted_with_another_goes_with_its_replacement(world: World) -> None:
    def program(place: str) -> None:
        base = Thing("base", place=place)
        Thing("part", opts=ResourceOptions(deleted_with=base))

    world.up(lambda: program("here"))

    outcome = world.up(lambda: program("there"))

    assert outcome.error is None
    assert outcome.op("part") == ["delete-replaced", "replace", "create-replacement"]
    assert world.cloud.called("delete") == ["base"]


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        (["color"], {"color": "red", "size2": 2, "deep": {"x": {"y": 2}}, "items": [{"n": 3}, {"n": 4}]}),
        (["deep.x.y"], {"color": "blue", "size2": 2, "deep": {"x": {"y": 1}}, "items": [{"n": 3}, {"n": 4}]}),
        (
            ["items[0].n"],
            {"color": "blue", "size2": 2, "deep": {"x": {"y": 2}}, "items": [{"n": 1}, {"n": 4}]},
        ),
        (
            ["items[*].n"],
            {"color": "blue", "size2": 2, "deep": {"x": {"y": 2}}, "items": [{"n": 1}, {"n": 2}]},
        ),
        (["*"], {"color": "red", "size2": 1, "deep": {"x": {"y": 1}}, "items": [{"n": 1}, {"n": 2}]}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, list) else "",
)
def test_ignored_changes_keep_the_old_value(
    world: World, ignored: list[str], expected: dict[str, object]
) -> None:
    def program(color: str, number: int) -> Program:
        def declare() -> None:
            items = [{"n": 2 * number - 1}, {"n": 2 * number}]
            Thing(
                "a",
                name="a",
                color=color,
                size2=number,
                deep={"x": {"y": number}},
                items=items,
                opts=ResourceOptions(ignore_changes=ignored),
            )

        return declare

    world.up(program("red", 1))
    world.up(program("blue", 2))

    assert world.cloud.things()["a"] == {"name": "a", **expected}


def test_replace_on_changes_turns_an_update_into_a_replacement(world: World) -> None:
    def program(color: str) -> Program:
        return lambda: Thing("a", color=color, opts=ResourceOptions(replace_on_changes=["color"])) and None

    world.up(program("red"))

    assert world.up(program("blue")).changes == {"same": 1, "replace": 1}


def test_a_replacement_takes_along_what_asks_for_it(world: World) -> None:
    def program(place: str) -> None:
        base = Thing("base", place=place)
        Thing("asks", of=base.name, opts=ResourceOptions(replace_on_changes=["of"]))
        Thing("other", of=base.name, opts=ResourceOptions(replace_on_changes=["color"]))

    world.up(lambda: program("here"))

    outcome = world.up(lambda: program("there"))

    assert outcome.op("asks") == ["delete-replaced", "replace", "create-replacement"]
    assert outcome.op("other") == ["update"]
    assert world.cloud.called("delete") == ["asks", "base"]


def test_an_alias_finds_a_renamed_resource(world: World) -> None:
    world.up(declared(color="red"))

    outcome = world.up(
        lambda: (
            Thing("b", name="a", color="red", opts=ResourceOptions(aliases=[pulumi.Alias(name="a")])) and None
        )
    )

    assert outcome.changes == {"same": 2}
    assert world.names() == ["b"]


def test_children_follow_a_renamed_parent(world: World) -> None:
    def program(name: str, *aliases: str) -> Program:
        def declare() -> None:
            group = Group(name, ResourceOptions(aliases=[pulumi.Alias(name=alias) for alias in aliases]))
            Thing(f"{name}-child", name="child", opts=ResourceOptions(parent=group))

        return declare

    world.up(program("old"))

    outcome = world.up(program("new", "old"))

    assert outcome.changes == {"same": 3}
    assert world.names() == ["new", "new-child"]


def test_a_resource_moved_into_a_component_is_found_by_alias(world: World) -> None:
    world.up(declared())

    def program() -> None:
        group = Group("g")
        Thing(
            "a",
            name="a",
            opts=ResourceOptions(parent=group, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]),
        )

    assert world.up(program).changes == {"same": 2, "create": 1}


def test_secrets_stay_secret_in_state_outputs_and_events(world: World) -> None:
    def program() -> None:
        thing = Thing("a", name="a", password=pulumi.Output.secret("hush"))
        pulumi.export("password", thing.token)

    outcome = world.up(program)
    stack = world.stack(program)

    assert outcome.outputs["password"] == "token of hush"
    assert stack.outputs()["password"].secret
    assert "hush" not in str(world.state())
    assert world.resource("a")["inputs"]["password"]["ciphertext"].startswith("v1:")
    assert "hush" not in "".join(str(vars(event)) for event in outcome.events)


def test_an_unchanged_secret_keeps_its_cipher_text(world: World) -> None:
    def program(color: str) -> Program:
        return lambda: Thing("a", name="a", password=pulumi.Output.secret("hush"), color=color) and None

    world.up(program("red"))
    before = world.resource("a")["inputs"]["password"]
    world.up(program("blue"))

    assert world.resource("a")["inputs"]["password"] == before


def test_additional_outputs_can_be_secret(world: World) -> None:
    world.up(lambda: Thing("a", name="a", opts=ResourceOptions(additional_secret_outputs=["size"])) and None)

    assert "ciphertext" in world.resource("a")["outputs"]["size"]


def test_get_reads_without_managing(world: World) -> None:
    (world.folder / "cloud" / "given.json").write_text('{"name": "given", "color": "green"}')

    def program() -> None:
        pulumi.export("size", Thing("a", opts=ResourceOptions(id="given")).size)

    outcome, removed = world.up(program), world.up(nothing)

    assert outcome.outputs["size"] == 10
    assert world.cloud.called("create") == []
    assert removed.op("a") == ["discard"]
    assert list(world.cloud.things()) == ["given"]


def test_get_of_something_missing_fails(world: World) -> None:
    outcome = world.up(lambda: Thing("a", opts=ResourceOptions(id="gone")) and None)

    assert "resource 'gone' does not exist" in outcome.diagnostics


def test_what_was_imported_under_another_spelling_of_its_id_is_imported_once(world: World) -> None:
    def program() -> None:
        Thing("a", name="given", color="red", opts=ResourceOptions(import_="things/given"))

    world.cloud.folder.joinpath("given.json").write_text('{"name": "given", "color": "red"}')

    first, second = world.up(program), world.up(program)

    assert first.op("a") == ["import"]
    assert second.op("a") == ["same"]
    assert world.resource("a")["id"] == "given"


def test_import_takes_over_what_exists(world: World) -> None:
    (world.folder / "cloud" / "given.json").write_text('{"name": "given", "color": "green"}')

    def program(color: str) -> Program:
        return lambda: Thing("a", name="given", color=color, opts=ResourceOptions(import_="given")) and None

    assert world.up(program("green")).changes == {"create": 1, "import": 1}
    assert world.up(program("blue")).changes == {"same": 1, "update": 1}
    assert world.cloud.called("create") == []


def test_an_explicit_provider_serves_its_resources(world: World) -> None:
    def program(region: str) -> Program:
        def declare() -> None:
            provider = Region("r", region=region)
            Thing("a", opts=ResourceOptions(provider=provider))

        return declare

    first, same = world.up(program("x")), world.up(program("x"))
    moved = world.up(program("y"))

    assert first.changes == {"create": 3}
    assert same.changes == {"same": 3}
    assert moved.changes == {"same": 1, "replace": 2}
    assert world.resource("a")["provider"] == f"{world.resource('r')['urn']}::{world.resource('r')['id']}"
    assert len(world.cloud.things()) == 1


def test_a_component_hands_its_provider_to_its_children(world: World) -> None:
    def program() -> None:
        group = Group("g", ResourceOptions(providers=[Region("r")]))
        Thing("a", opts=ResourceOptions(parent=group))

    world.up(program)

    assert "::r::" in world.resource("a")["provider"]


def test_one_name_may_not_be_given_twice(world: World) -> None:
    def program() -> None:
        Thing("a", name="a")
        Thing("a", name="b")

    outcome = world.up(program)

    assert (
        "Duplicate resource URN 'urn:pulumi:dev::shop::cloud:index:Thing::a'; try giving it a unique name"
        in (outcome.diagnostics)
    )


def test_invalid_inputs_are_told_with_their_property(world: World) -> None:
    outcome = world.up(declared(bad="no good"))

    assert (
        "cloud:index:Thing resource 'a': property bad value {\"no good\"} has a problem: no good"
        in outcome.diagnostics
    )
    assert isinstance(outcome.error, automation.CommandError)
    assert world.cloud.things() == {}


def test_an_unknown_package_is_refused_with_what_is_there(world: World) -> None:
    outcome = world.up(lambda: pulumi.CustomResource("aws:s3:Bucket", "b", {}) and None)

    assert (
        "no resource plugin 'pulumi-resource-aws' found: the embedded engine runs cloud, pulumi only"
        in outcome.diagnostics
    )
    assert "Traceback" not in outcome.diagnostics


def test_outputs_of_another_stack_can_be_read(world: World) -> None:
    world.stack(lambda: pulumi.export("url", pulumi.Output.secret("there")), "other").up()

    def program() -> None:
        pulumi.export("seen", pulumi.StackReference("organization/shop/other").get_output("url"))

    assert world.up(program).outputs == {"seen": "there"}
