"""Several stacks of one process at once, and what the Automation API offers beside updates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pulumi
import pytest
from pulumi import automation
from pulumi.automation import errors

from tests.engine.world import Outcome, Program, Thing, World, nothing


def named(stack: str) -> Program:
    def program() -> None:
        for index in range(5):
            Thing(f"t{index}", name=f"{stack}-{index}", of=pulumi.get_stack())
        pulumi.export("stack", pulumi.get_stack())
        pulumi.export("color", pulumi.Config().get("color"))

    return program


def test_stacks_of_one_process_do_not_disturb_each_other(world: World) -> None:
    def run(name: str) -> automation.UpResult:
        stack = world.stack(named(name), name)
        stack.set_config("color", automation.ConfigValue(name))
        return [stack.up() for _ in range(3)][-1]

    names = [f"s{index}" for index in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run, names))

    assert [result.outputs["stack"].value for result in results] == names
    assert [result.outputs["color"].value for result in results] == names
    assert all(result.summary.resource_changes == {"same": 6} for result in results)
    assert len(world.cloud.things()) == 20


def test_configuration_is_kept_plain_and_secret(world: World) -> None:
    stack = world.stack(nothing)
    stack.set_all_config(
        {"plain": automation.ConfigValue("1"), "hidden": automation.ConfigValue("2", secret=True)}
    )

    found = stack.get_all_config()

    assert (found["shop:plain"].value, found["shop:plain"].secret) == ("1", False)
    assert (found["shop:hidden"].value, found["shop:hidden"].secret) == ("2", True)
    assert "secure: v1:" in (world.folder / "work" / "Pulumi.dev.yaml").read_text()
    stack.remove_config("plain")
    assert list(stack.get_all_config()) == ["shop:hidden"]


def test_the_configuration_of_the_last_update_can_be_taken_over(world: World) -> None:
    stack = world.stack(nothing)
    stack.set_config("color", automation.ConfigValue("red"))
    stack.up()
    (world.folder / "work" / "Pulumi.dev.yaml").unlink()

    stack.refresh_config()

    assert stack.get_config("color").value == "red"


def test_stacks_are_made_listed_tagged_and_removed(world: World) -> None:
    stack = world.stack(nothing)
    stack.set_tag("team", "shop")

    assert stack.list_tags() == {"team": "shop"}
    assert [item.name for item in stack.workspace.list_stacks()] == ["dev"]
    with pytest.raises(errors.StackAlreadyExistsError):
        stack.workspace.create_stack("dev")
    with pytest.raises(errors.StackNotFoundError):
        stack.workspace.select_stack("nope")
    stack.workspace.remove_stack("dev")
    assert stack.workspace.list_stacks() == []


def test_a_state_can_be_exported_and_imported(world: World) -> None:
    world.up(lambda: Thing("a", name="a", password=pulumi.Output.secret("hush")) and None)
    stack = world.stack(nothing)

    exported = stack.export_stack()
    stack.import_stack(exported)

    assert exported.version == 3
    assert "hush" in str(exported.deployment)
    assert "hush" not in str(world.state())
    assert world.names() == ["a"]


def test_who_and_what_is_here(world: World) -> None:
    workspace = world.stack(nothing).workspace

    assert workspace.pulumi_version == "3.260.0"
    assert workspace.who_am_i().user
    assert [plugin.name for plugin in workspace.list_plugins()] == ["cloud"]


def test_events_begin_with_a_prelude_and_end_with_a_summary(world: World) -> None:
    outcome: Outcome = world.up(lambda: Thing("a", name="a") and None)

    assert outcome.events[0].prelude_event is not None
    assert outcome.events[-2].summary_event is not None
    assert outcome.events[-1].cancel_event is not None
    assert [event.sequence for event in outcome.events] == list(range(len(outcome.events)))


def test_lines_are_passed_on_as_they_are_printed(world: World) -> None:
    lines: list[str] = []

    outcome = world.up(lambda: pulumi.log.warn("careful"), on_output=lines.append)

    assert "\n".join(lines) == outcome.stdout
    assert lines[0] == "Updating (dev):"
    assert "    warning: careful" in lines
