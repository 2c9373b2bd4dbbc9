"""Programs that talk to an engine of their own process without gRPC: all is as with it."""

from __future__ import annotations

from pathlib import Path

import grpc
import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2

from engine.command import EmbeddedPulumi
from engine.monitor.direct import Status, direct
from tests.engine.world import Group, Outcome, Thing, World


@pytest.fixture
def near(world: World) -> World:
    world.connected = EmbeddedPulumi.direct
    return world


def told(outcome: Outcome) -> tuple[object, ...]:
    return outcome.changes, outcome.outputs, sorted(outcome.ops), outcome.diagnostics


def test_a_program_gets_the_same_answers_on_either_way(tmp_path: Path) -> None:
    def program() -> None:
        group = Group("g")
        first = Thing("a", name="a", color="red", opts=ResourceOptions(parent=group))
        Thing("b", name="b", of=first.name, opts=ResourceOptions(depends_on=[first]))
        pulumi.log.info("half way")
        echo = pulumi.runtime.invoke_output("cloud:index:echo", {"text": "hi"})
        pulumi.export("echo", echo.apply(lambda found: found["echo"]))
        pulumi.export("size", first.size)

    found = []
    for name, connected in (("far", lambda program: program), ("near", EmbeddedPulumi.direct)):
        (tmp_path / name).mkdir()
        world = World.create(tmp_path / name)
        world.connected = connected
        found.append([told(world.preview(program)), told(world.up(program)), told(world.up(program))])

    assert found[0] == found[1]
    assert "half way" in str(found[1])


def test_resources_are_registered_without_a_detour(near: World) -> None:
    seen: list[object] = []

    def program() -> None:
        seen.append(settings.get_monitor())
        Thing("a", name="a")

    assert near.up(program).error is None
    assert "Client" in type(seen[0]).__name__


def test_what_fails_is_told_as_ever(near: World) -> None:
    outcome = near.up(lambda: Thing("a", name="a", fail="create") and None)

    assert "error: create failed as asked\n" in outcome.diagnostics
    assert "error: update failed\n" in outcome.diagnostics
    assert "Traceback" not in outcome.diagnostics


def test_transforms_are_called_back(near: World) -> None:
    def blue(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        return pulumi.ResourceTransformResult({**args.props, "color": "blue"}, args.opts)

    def program() -> None:
        pulumi.runtime.register_resource_transform(blue)
        Thing("a", name="a")

    assert near.up(program).error is None
    assert near.cloud.things()["a"]["color"] == "blue"


def test_what_the_engine_does_not_know_is_refused_with_a_status(near: World) -> None:
    refused: list[Status] = []

    def program() -> None:
        monitor = settings.get_monitor()
        assert monitor is not None
        for call in (monitor.Call, monitor.ExistsResource):
            with pytest.raises(Status) as caught:
                call(resource_pb2.ResourceCallRequest(tok="cloud:index:method"))
            refused.append(caught.value)

    assert near.up(program).error is None
    assert [error.code() for error in refused] == [grpc.StatusCode.UNIMPLEMENTED] * 2
    assert "cloud:index:method" in refused[0].details()


class Elsewhere:
    """The monitor of an engine of another process."""

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest
    ) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)


@pytest.mark.parametrize("monitor", [Elsewhere(), None])
def test_without_an_engine_in_the_process_nothing_changes(
    monitor: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.SETTINGS, "monitor", monitor)

    assert direct(settings.get_monitor)() is monitor


def test_what_a_provider_keeps_for_itself_stays_in_the_state(near: World) -> None:
    """The SDK would take it apart for nobody."""
    answers: list[object] = []

    def program() -> None:
        thing = Thing("a", name="a", __kept={"by": "the provider"})
        answered = settings.get_monitor().RegisterResource

        def heard(request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
            answer = answered(request)
            answers.append((request.name, set(answer.object)))
            return answer

        settings.get_monitor().__dict__["RegisterResource"] = heard
        pulumi.export("size", thing.size)

    assert near.up(program).error is None
    assert ("a", {"name", "size"}) in answers
    assert near.resource("a")["outputs"]["__kept"] == {"by": "the provider"}
