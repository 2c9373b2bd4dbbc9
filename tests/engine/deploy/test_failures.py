"""What is kept, told and raised when something goes wrong."""

from __future__ import annotations

import pulumi
import pytest
from pulumi import ResourceOptions, automation
from pulumi.automation import errors

from tests.engine.world import Program, Thing, World, nothing


def test_what_was_done_before_a_failure_is_kept(world: World) -> None:
    def program() -> None:
        good = Thing("good", name="good")
        Thing("bad", name="bad", fail="create", of=good.name)

    outcome = world.up(program)

    assert isinstance(outcome.error, automation.CommandError)
    assert "error: create failed as asked\n" in outcome.diagnostics
    assert "error: update failed\n" in outcome.diagnostics
    assert "Traceback" not in outcome.diagnostics
    assert world.names() == ["good"]
    assert world.stack(program).history()[0].result == "failed"


def test_a_resource_that_did_not_become_ready_is_kept_and_tried_again(world: World) -> None:
    def program(**inputs: object) -> Program:
        return lambda: Thing("a", name="a", **inputs) and None

    failed = world.up(program(unready="no pods"))

    assert failed.error is not None
    assert "1 error occurred:\n\t* no pods" in failed.diagnostics
    assert world.resource("a")["initErrors"] == ["no pods"]

    again = world.up(program())

    assert again.changes == {"same": 1, "update": 1}
    assert "initErrors" not in world.resource("a")
    assert world.up(program()).changes == {"same": 2}


def test_an_update_that_did_not_become_ready_keeps_the_old_inputs(world: World) -> None:
    world.up(lambda: Thing("a", name="a", color="red") and None)

    world.up(lambda: Thing("a", name="a", color="blue", unready="no pods") and None)

    assert world.resource("a")["inputs"] == {"name": "a", "color": "red"}
    assert world.resource("a")["outputs"]["color"] == "blue"


def test_after_a_failure_nothing_is_deleted(world: World) -> None:
    world.up(lambda: Thing("old", name="old") and None)

    world.up(lambda: Thing("new", name="new", fail="create") and None)

    assert list(world.cloud.things()) == ["old"]


def test_going_on_after_errors_skips_only_what_depends_on_them(world: World) -> None:
    def program() -> None:
        bad = Thing("bad", name="bad", fail="create")
        Thing("dependent", name="dependent", of=bad.name)
        Thing("independent", name="independent")

    outcome = world.up(program, continue_on_error=True)

    assert outcome.error is not None
    assert world.names() == ["independent"]


def test_an_exception_of_a_program_is_its_own(world: World) -> None:
    def program() -> None:
        Thing("a", name="a")
        pulumi.export("half", 1)
        raise KeyError("lost")

    world.up(lambda: pulumi.export("whole", 2))
    outcome = world.up(program)

    assert isinstance(outcome.error, errors.InlineSourceRuntimeError)
    assert "python inline source runtime error: 'lost'" in outcome.diagnostics
    assert "engine/update" not in outcome.diagnostics
    assert {key: item.value for key, item in world.stack(program).outputs().items()} == {
        "whole": 2,
        "half": 1,
    }


@pytest.mark.parametrize("reason", ["missing configuration", "run error"])
def test_errors_that_programs_raise_for_their_users_are_runtime_errors(world: World, reason: str) -> None:
    def program() -> None:
        if reason == "run error":
            raise pulumi.RunError("please don't")
        pulumi.Config().require("needed")

    assert isinstance(world.up(program).error, errors.RuntimeError)


def test_an_update_during_another_is_refused_with_the_official_text(world: World) -> None:
    seen: list[Exception] = []

    def program() -> None:
        try:
            world.stack(nothing).up()
        except Exception as error:  # noqa: BLE001  looked at below
            seen.append(error)

    world.up(program)

    assert isinstance(seen[0], errors.ConcurrentUpdateError)


def test_a_wrong_passphrase_is_told(world: World) -> None:
    world.up(nothing)
    world.env["PULUMI_CONFIG_PASSPHRASE"] = "wrong"

    outcome = world.up(nothing)

    assert "error: incorrect passphrase" in str(outcome.error)


def test_a_truncated_state_is_told_and_left_alone(world: World) -> None:
    world.up(lambda: Thing("a", name="a") and None)
    path = world.folder / "state" / ".pulumi" / "stacks" / "shop" / "dev.json"
    path.write_text(path.read_text()[:100])

    outcome = world.up(nothing)

    assert "it is no complete JSON document" in str(outcome.error)
    assert len(path.read_text()) == 100


def test_no_changes_can_be_insisted_on(world: World) -> None:
    world.up(lambda: Thing("a", name="a") and None)

    same = world.up(lambda: Thing("a", name="a") and None, expect_no_changes=True)
    changed = world.up(lambda: Thing("a", name="a", color="red") and None, expect_no_changes=True)

    assert same.error is None
    assert "no changes were expected for update but changes were proposed" in str(changed.error)
    assert "code: 7" in str(changed.error)
    assert world.cloud.things()["a"]["color"] == "red"


def test_a_failed_delete_keeps_the_resource_and_fails_the_update(world: World) -> None:
    world.up(lambda: Thing("a", name="a", fail="delete") and None)

    outcome = world.up(nothing)

    assert outcome.error is not None
    assert "delete failed as asked" in outcome.diagnostics
    assert world.names() == ["a"]


def test_a_replacement_that_failed_halfway_is_finished_by_the_next_update(world: World) -> None:
    def program(kind: str, **inputs: object) -> Program:
        return lambda: Thing("a", place=kind, name="a", opts=ResourceOptions(), **inputs) and None

    world.up(program("here"))

    failed = world.up(program("there", fail="create"))

    assert failed.error is not None
    assert world.resource("a")["pendingReplacement"] is True
    assert world.cloud.things() == {}

    assert world.up(program("there")).error is None
    assert "pendingReplacement" not in world.resource("a")
    assert list(world.cloud.things()) == ["a"]


def test_what_was_to_be_replaced_and_is_no_longer_wanted_leaves_the_state(world: World) -> None:
    world.up(lambda: Thing("a", name="a", place="here") and None)
    world.up(lambda: Thing("a", name="a", place="there", fail="create") and None)

    outcome = world.up(nothing)

    assert outcome.op("a") == ["remove-pending-replace"]
    assert world.names() == []
