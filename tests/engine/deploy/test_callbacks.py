"""Transforms and hooks: functions of the program that the engine calls."""

from __future__ import annotations

import pulumi
from pulumi import ResourceOptions, ResourceTransformArgs, ResourceTransformResult

from tests.engine.world import Group, Thing, World, nothing


def painted(color: str) -> pulumi.ResourceTransform:
    def transform(args: ResourceTransformArgs) -> ResourceTransformResult | None:
        if args.type_ != "cloud:index:Thing":
            return None
        trail = f"{args.props.get('color', '')}{color}"
        return ResourceTransformResult({**args.props, "color": trail}, args.opts)

    return transform


def test_transforms_run_from_the_resource_outwards(world: World) -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(painted("stack"))
        group = Group("g", ResourceOptions(transforms=[painted("group,")]))
        inner = Group("i", ResourceOptions(parent=group))
        Thing("a", name="a", opts=ResourceOptions(parent=inner, transforms=[painted("own,")]))
        Thing("b", name="b")

    assert world.up(program).error is None
    assert {name: thing["color"] for name, thing in world.cloud.things().items()} == {
        "a": "own,group,stack",
        "b": "stack",
    }


def test_transforms_may_change_options(world: World) -> None:
    def protect(args: ResourceTransformArgs) -> ResourceTransformResult:
        return ResourceTransformResult(
            args.props, ResourceOptions.merge(args.opts, ResourceOptions(protect=True))
        )

    world.up(lambda: Thing("a", name="a", opts=ResourceOptions(transforms=[protect])) and None)

    assert world.resource("a")["protect"] is True


def test_a_transform_that_raises_fails_the_update_with_its_words(world: World) -> None:
    def refuse(args: ResourceTransformArgs) -> None:
        raise ValueError("not like this")

    outcome = world.up(lambda: Thing("a", opts=ResourceOptions(transforms=[refuse])) and None)

    assert "not like this" in str(outcome.error)
    assert world.cloud.things() == {}


def test_function_calls_can_be_transformed(world: World) -> None:
    def program() -> None:
        pulumi.runtime.register_invoke_transform(
            lambda args: pulumi.InvokeTransformResult({**args.args, "added": 1}, args.opts)
        )
        answer = pulumi.runtime.invoke_output("cloud:index:echo", {"text": "hi"})
        pulumi.export("echo", answer.apply(lambda found: found["echo"]))

    assert world.up(program).outputs["echo"] == {"text": "hi", "added": 1}


def test_hooks_run_around_steps_and_see_inputs_and_outputs(world: World) -> None:
    seen: list[tuple[str, object]] = []

    def hook(name: str) -> pulumi.ResourceHook:
        def run(args: pulumi.ResourceHookArgs) -> None:
            seen.append((name, (args.new_outputs or {}).get("size")))

        return pulumi.ResourceHook(name, run)

    def program(color: str, present: bool = True) -> None:
        binding = pulumi.ResourceHookBinding(
            before_create=[hook("before create")],
            after_create=[hook("after create")],
            before_update=[hook("before update")],
            after_update=[hook("after update")],
            before_delete=[hook("before delete")],
        )
        if present:
            Thing("a", name="a", color=color, opts=ResourceOptions(hooks=binding))

    world.up(lambda: program("red"))
    assert seen == [("before create", None), ("after create", 4)]
    seen.clear()

    world.up(lambda: program("green"))
    assert seen == [("before update", None), ("after update", 6)]
    seen.clear()

    outcome = world.up(lambda: program("", present=False))
    assert outcome.error is None
    assert seen == [("before delete", None)]


def test_a_failing_hook_before_a_step_stops_it_and_one_after_it_does_not_undo_it(world: World) -> None:
    def fail(args: pulumi.ResourceHookArgs) -> None:
        raise ValueError("not today")

    def program(**moments: object) -> None:
        Thing("a", name="a", opts=ResourceOptions(hooks=pulumi.ResourceHookBinding(**moments)))  # type: ignore[arg-type]

    before = world.up(lambda: program(before_create=[pulumi.ResourceHook("h", fail)]))
    assert "not today" in before.diagnostics
    assert world.names() == []

    after = world.up(lambda: program(after_create=[pulumi.ResourceHook("h", fail)]))
    assert after.error is not None
    assert world.names() == ["a"]


def test_an_error_hook_can_ask_for_another_attempt(world: World) -> None:
    attempts: list[str] = []

    def retry(args: pulumi.ErrorHookArgs) -> bool:
        attempts.append(args.failed_operation)
        return len(attempts) < 3

    def program() -> None:
        hook = pulumi.ErrorHook("again", retry)
        Thing(
            "a",
            name="a",
            fail="create",
            opts=ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[hook])),
        )

    outcome = world.up(program)

    assert outcome.error is not None
    assert attempts == ["create", "create", "create"]
    assert world.cloud.called("create") == ["a", "a", "a"]


def test_a_state_with_hooks_can_be_read_again(world: World) -> None:
    def program() -> None:
        hook = pulumi.ResourceHook("h", lambda args: None)
        Thing("a", name="a", opts=ResourceOptions(hooks=pulumi.ResourceHookBinding(before_delete=[hook])))

    world.up(program)

    assert world.up(program).changes == {"same": 2}
    assert "resource hook 'h' is not registered" in world.up(nothing).diagnostics
