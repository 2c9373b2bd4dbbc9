"""What stands for a Canary is what its sources say, in every phase: looked at on every tick, not only its weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from automation.core.kinds import CANARY, CONFIG_MAP, CONTENT, DEPLOYMENT, SECRET, SERVICE, Kind, Manifest
from automation.core.observation import Target
from automation.core.status import Phase, Purpose
from automation.errors import SluiceError, StackLocked, UpdateFailed
from automation.inmemory.cluster import merged
from automation.inmemory.stacks import Update
from gateways.apisix import ROUTE
from tests.core.documents import document
from tests.core.world import SOURCE, World, deployment, initialised, split
from workloads.horizontal import AUTOSCALER

GENERATED: dict[str, tuple[Kind, str, str]] = {
    "primary Service": (SERVICE, "podinfo-primary", "Service podinfo-primary.test"),
    "canary Service": (SERVICE, "podinfo-canary", "Service podinfo-canary.test"),
    "apex Service": (SERVICE, "podinfo", "Service podinfo.test"),
    "primary": (DEPLOYMENT, "podinfo-primary", "podinfo-primary.test"),
    "autoscaler": (AUTOSCALER, "podinfo-primary", "HorizontalPodAutoscaler podinfo-primary.test"),
    "configuration": (CONFIG_MAP, "c-primary", "ConfigMap c-primary.test"),
    "route": (ROUTE, "podinfo-podinfo-canary", "Route podinfo-podinfo-canary.test"),
}
PHASES: dict[str, Callable[[World], object]] = {
    "at rest": lambda world: world,
    "in a run": lambda world: (world.release("v2"), world.tick(3)),
    "in a promotion": lambda world: (world.release("v2"), world.until(Phase.PROMOTING)),
    "after a promotion": lambda world: (world.release("v2"), world.until(Phase.SUCCEEDED)),
}
in_each_phase = pytest.mark.parametrize("reach", PHASES.values(), ids=PHASES)


def everything() -> World:
    """A Canary with one of each object that can be generated, its primary in force."""
    target = Target(deployment("podinfo"), "v1", {"configmap/c": "1"})
    return initialised(document(), target=target, scaler_min=1)


def spoilt(live: Manifest) -> Manifest:
    """The object as somebody might have changed it."""
    changed = copy.deepcopy(live)
    match changed["kind"]:
        case "Service":
            changed["spec"]["ports"][0]["targetPort"] = 1
        case "Deployment":
            changed["spec"]["template"]["spec"]["containers"][0]["image"] = "mine:1"
        case "HorizontalPodAutoscaler":
            changed["spec"]["maxReplicas"] = 1
        case "ConfigMap":
            changed["data"] = {"value": "mine"}
        case "ApisixRoute":
            changed["spec"]["http"][0]["match"]["hosts"] = ["elsewhere.example.com"]
    return changed


@in_each_phase
@pytest.mark.parametrize("generated", GENERATED.values(), ids=GENERATED)
def test_what_is_deleted_is_back_within_a_tick_and_said(
    generated: tuple[Kind, str, str], reach: Callable[[World], object]
) -> None:
    kind, name, told = generated
    world = everything()
    reach(world)
    before = world.cluster.get(kind, "test", name)
    assert before is not None
    world.cluster.delete(kind, "test", name)
    world.events.clear()
    world.tick()
    after = world.cluster.get(kind, "test", name)
    assert after is not None
    assert any(told in text for text in world.texts)


@in_each_phase
@pytest.mark.parametrize("generated", GENERATED.values(), ids=GENERATED)
def test_what_is_changed_is_put_back_within_a_tick_and_said(
    generated: tuple[Kind, str, str], reach: Callable[[World], object]
) -> None:
    kind, name, told = generated
    world = everything()
    reach(world)
    live = world.cluster.get(kind, "test", name)
    assert live is not None
    changed = spoilt(live)
    world.cluster.put(kind, changed)
    world.events.clear()
    world.tick()
    assert any(told.removeprefix("Route ").split()[-1] in text for text in world.texts)
    again = world.cluster.get(kind, "test", name)
    assert again is not None
    assert (
        spoilt(again)["spec" if "spec" in again else "data"] != again["spec" if "spec" in again else "data"]
    )


def by_patch(live: Manifest, changes: Manifest, fields: Manifest) -> Manifest:
    """The object once somebody's `kubectl patch` has changed it, and written these fields."""
    entry = {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": fields}
    managed = [*live["metadata"]["managedFields"], entry]
    after: Manifest = merged(
        live, {**changes, "metadata": {**changes.get("metadata", {}), "managedFields": managed}}
    )
    return after


@in_each_phase
@pytest.mark.parametrize(
    ("kind", "field"),
    [(CONFIG_MAP, "data"), (CONFIG_MAP, "binaryData"), (SECRET, "data")],
    ids=["data of a ConfigMap", "binary data", "data of a Secret"],
)
def test_a_key_that_somebody_adds_to_copied_configuration_goes_and_its_writer_is_named_once(
    kind: Kind, field: str, reach: Callable[[World], object]
) -> None:
    """It stayed, and was blamed on the sources on every tick."""
    target = Target(deployment("podinfo"), "v1", {f"{kind.kind.lower()}/c": "1"})
    world = initialised(document(), target=target)
    reach(world)
    live = world.cluster.get(kind, "test", "c-primary")
    assert live is not None
    world.cluster.put(kind, by_patch(live, {field: {"B": "Mg=="}}, {f"f:{field}": {"f:B": {}}}))
    world.events.clear()
    world.ticked()
    after = world.cluster.get(kind, "test", "c-primary")
    assert after is not None
    assert [after.get(one) or {} for one in CONTENT] == [live.get(one) or {} for one in CONTENT]
    world.tick(2)
    put_back = f"{kind.kind} c-primary.test was changed by kubectl-patch: put back"
    assert [text for text in world.texts if "c-primary" in text] == [put_back]


def test_labels_that_somebody_gives_copied_configuration_stay_and_what_is_asked_of_it_does_too() -> None:
    world = everything()
    live = world.cluster.get(CONFIG_MAP, "test", "c-primary")
    assert live is not None
    marked = by_patch(
        live, {"metadata": {"labels": {"team": "a"}}}, {"f:metadata": {"f:labels": {"f:team": {}}}}
    )
    world.cluster.put(CONFIG_MAP, marked)
    assert world.tick(2).texts == []
    world.cluster.put(CONFIG_MAP, merged(marked, {"metadata": {"annotations": None}}))
    world.tick()
    after = world.cluster.get(CONFIG_MAP, "test", "c-primary")
    assert after is not None
    assert (after["metadata"]["annotations"], after["metadata"]["labels"]) == (
        live["metadata"]["annotations"],
        {"team": "a"},
    )


def test_a_container_that_somebody_adds_before_those_of_primary_goes_and_its_writer_is_named() -> None:
    world = everything()
    live = world.cluster.get(DEPLOYMENT, "test", "podinfo-primary")
    assert live is not None
    added = {"spec": {"template": {"spec": {"initContainers": [{"name": "wait", "image": "busybox"}]}}}}
    wrote: Manifest = {".": {}, 'k:{"name":"wait"}': {".": {}, "f:name": {}, "f:image": {}}}
    fields = {"f:spec": {"f:template": {"f:spec": {"f:initContainers": wrote}}}}
    world.cluster.put(DEPLOYMENT, by_patch(live, added, fields))
    world.tick(2)
    after = world.cluster.get(DEPLOYMENT, "test", "podinfo-primary")
    assert after is not None
    assert "initContainers" not in after["spec"]["template"]["spec"]
    assert world.texts == ["Deployment podinfo-primary.test was changed by kubectl-patch: put back"]


def test_a_promotion_goes_on_after_what_was_put_back() -> None:
    world = everything()
    world.release("v2")
    world.tick(3)
    world.cluster.delete(SERVICE, "test", "podinfo-canary")
    world.until(Phase.SUCCEEDED)
    assert world.primary_revision == "v2"


def test_how_many_pods_somebody_gave_primary_is_not_put_back() -> None:
    world = initialised(document())
    world.primary = deployment("podinfo-primary", 3)
    world.tick(3)
    assert world.texts == []


class Refusing:
    """A stack that takes no repair."""

    def __init__(self, world: World, refusal: SluiceError = UpdateFailed("exceeded quota")) -> None:
        self.asked, self._refusal = 0, refusal
        self._world, self._before = world, world.stacks.begin
        world.stacks.begin = self.begin

    def begin(self, update: Update) -> None:
        if "repair" in update.message:
            self.asked += 1
            raise self._refusal

    def relent(self) -> None:
        self._world.stacks.begin = self._before


def test_a_repair_that_fails_is_tried_again_with_pauses_and_said_once_it_is_done() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    refusing = Refusing(world)
    world.cluster.delete(SERVICE, "test", "podinfo-primary")
    waits, done = f"exceeded quota; not done yet: {deleted('podinfo-primary')}", deleted("podinfo-primary")
    seconds(world, 60)
    assert world.texts == [waits]
    assert 4 <= refusing.asked <= 7
    refusing.relent()
    seconds(world, 70)
    assert world.texts == [waits, done]


def test_a_repair_that_met_a_lock_is_said_by_the_driver_that_does_it() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    refusing = Refusing(world, StackLocked("locked", "wait"))
    changed_by_carol(world)
    put_back = "Service podinfo-primary.test was changed by carol: put back"
    world.ticked()
    assert world.texts == [f"locked; wait; not done yet: {put_back}"]
    refusing.relent()
    world.driver = world._driver()
    seconds(world, 5)
    assert world.texts[1:] == [put_back]


def seconds(world: World, count: int) -> None:
    for _ in range(count):
        world.ticked()
        world.now += 1


def test_a_repair_that_took_delays_no_other() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    for _ in range(8):
        world.cluster.delete(SERVICE, "test", "podinfo-primary")
        world.now += 1.1
        world.ticked()
        assert world.cluster.get(SERVICE, "test", "podinfo-primary") is not None
    assert world.texts.count("Service podinfo-primary.test was deleted: made again") == 8


def deleted(name: str) -> str:
    return f"Service {name}.test was deleted: made again"


def test_all_that_is_deleted_at_once_is_named() -> None:
    world = initialised(document())
    for name in ("podinfo", "podinfo-primary"):
        world.cluster.delete(SERVICE, "test", name)
    world.tick()
    assert sorted(world.texts) == sorted([deleted("podinfo"), deleted("podinfo-primary")])


def test_what_is_deleted_while_a_repair_is_under_way_is_named_too() -> None:
    world = initialised(document())
    world.cluster.delete(SERVICE, "test", "podinfo")

    def begin(update: Update) -> None:
        world.cluster.delete(SERVICE, "test", "podinfo-primary")

    world.stacks.begin = begin
    world.tick()
    world.stacks.begin = lambda update: None
    world.tick(3)
    assert world.texts == [deleted("podinfo"), deleted("podinfo-primary")]


CONTESTED = (
    "Service podinfo-primary.test was put back 10 times in a row, and {} again: from now on it is put back after "
    "pauses that grow to a minute. Find who does that, and stop it"
)
AGAIN: dict[str, tuple[Callable[[World], object], str]] = {
    "deletes it": (
        lambda world: world.cluster.delete(SERVICE, "test", "podinfo-primary"),
        "somebody changes or deletes it",
    ),
    "changes it": (lambda world: changed_by_carol(world), "carol writes it"),
}


def changed_by_carol(world: World) -> None:
    live = world.cluster.get(SERVICE, "test", "podinfo-primary")
    assert live is not None
    spec: Manifest = {"f:spec": {"f:ports": {}}}
    metadata = {**live["metadata"], "managedFields": [{"manager": "carol", "fieldsV1": spec}]}
    world.cluster.put(SERVICE, {**spoilt(live), "metadata": metadata})


def repairs(world: World) -> int:
    return len([intent for intent in world.made_live if intent.kind is Purpose.REPAIR])


def is_right(world: World) -> bool:
    live = world.cluster.get(SERVICE, "test", "podinfo-primary")
    return live is not None and live["spec"]["ports"][0]["targetPort"] != 1


def test_what_is_changed_right_after_another_repair_is_put_back_in_the_look_that_sees_it() -> None:
    world = initialised(document())
    world.apex = "target"
    world.ticked()
    assert world.apex == "primary"
    world.now += 0.2
    changed_by_carol(world)
    world.release("v2")
    world.ticked()
    assert is_right(world)
    assert "Service podinfo-primary.test was changed by carol: put back" in world.texts


@pytest.mark.parametrize(("again", "who"), AGAIN.values(), ids=AGAIN)
def test_what_somebody_writes_again_and_again_is_put_back_at_once_ten_times_and_then_with_pauses(
    again: Callable[[World], object], who: str
) -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    for count in range(1, 301):
        if is_right(world):
            again(world)
        world.now += 1.1
        world.ticked()
        assert count > 10 or (is_right(world), repairs(world)) == (True, count)
    assert world.texts.count(CONTESTED.format(who)) == 1
    assert len(world.texts) == 11
    assert 15 <= repairs(world) <= 20


def test_what_somebody_changes_back_before_it_can_be_looked_at_is_put_back_with_pauses_too() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    after = world.cluster.after

    def quick(verb: str, kind: Kind, body: Manifest) -> None:
        after(verb, kind, body)
        if verb == "apply" and kind == SERVICE and body["metadata"]["name"] == "podinfo-primary":
            changed_by_carol(world)

    world.cluster.after = quick
    changed_by_carol(world)
    for _ in range(60):
        world.now += 1.1
        world.ticked()
    assert world.texts.count(CONTESTED.format("carol writes it")) == 1
    assert 13 <= repairs(world) <= 17


def test_traffic_is_put_back_at_once_however_often_somebody_moves_it_and_whatever_else_is_contested() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    for _ in range(30):
        changed_by_carol(world)
        live = world.route
        assert live is not None
        world.route = replace(live, traffic=split(40), changed_by="carol")
        world.now += 1.1
        world.ticked()
        assert world.route == replace(live, attempt=world.status.in_force.attempt)  # type: ignore[union-attr]
    assert world.texts.count(CONTESTED.format("carol writes it")) == 1
    for _ in range(30):
        world.apex = "target"
        world.now += 1.1
        world.ticked()
        assert world.apex == "primary"


def test_what_is_damaged_again_after_a_while_is_put_back_at_once() -> None:
    world = initialised(document({"spec.analysis.interval": "1s"}))
    for _ in range(40):
        if is_right(world):
            changed_by_carol(world)
        world.now += 1.1
        world.ticked()
    world.now += 600
    world.ticked()
    world.now += 600
    changed_by_carol(world)
    world.ticked()
    assert is_right(world)


def test_an_edit_of_the_source_is_in_force_at_once_however_many_there_are() -> None:
    world = initialised(document())
    for count in range(15):
        world.document = document({"spec.service.targetPort": 9000 + count})
        world.now += 1.1
        world.ticked()
        live = world.cluster.get(SERVICE, "test", "podinfo-primary")
        assert live is not None
        assert live["spec"]["ports"][0]["targetPort"] == 9000 + count


def test_a_repair_that_does_not_take_holds_up_no_rollback() -> None:
    world = initialised(document({"spec.analysis.threshold": 2}))
    world.release("v2")
    world.tick(2)
    Refusing(world)
    world.cluster.delete(SERVICE, "test", "podinfo-canary")
    world.answer = lambda seen, check: seen.measured(0.0)
    world.until(Phase.FAILED)
    assert world.status.traffic.canary == 0


def plugin(source: Manifest) -> None:
    source["spec"]["http"][0]["plugins"] = [{"name": "key-auth", "enable": True}]


def other_path(source: Manifest) -> None:
    source["spec"]["http"][0]["match"]["paths"] = ["/api/*"]


def other_host(source: Manifest) -> None:
    source["spec"]["http"][0]["match"]["hosts"] = ["new.example.com"]


@in_each_phase
@pytest.mark.parametrize(
    "edit",
    [plugin, other_path, other_host],
    ids=["a plugin that authenticates", "a path taken away", "another host"],
)
def test_an_edit_of_the_source_is_in_force_within_a_tick(
    edit: Callable[[Manifest], None], reach: Callable[[World], object]
) -> None:
    world = everything()
    reach(world)
    source = copy.deepcopy(SOURCE)
    edit(source)
    world.source = source
    world.tick()
    live = world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary")
    assert live is not None
    rule = live["spec"]["http"][0]
    wanted = source["spec"]["http"][0]
    assert {field: rule.get(field) for field in ("match", "plugins")} == {
        field: wanted.get(field) for field in ("match", "plugins")
    }


LARGE: Manifest = {
    **SOURCE,
    "spec": {
        "http": [
            {
                **SOURCE["spec"]["http"][0],
                "plugins": [{"name": "cors", "enable": True}, {"name": "key-auth", "enable": True}],
                "timeout": {"read": "9s"},
                "websocket": True,
            },
            {**SOURCE["spec"]["http"][0], "name": "admin", "match": {"paths": ["/admin/*"]}},
        ]
    },
}
"""A source that says more than the plain one."""


def rule_less(source: Manifest) -> None:
    del source["spec"]["http"][1]


def plugin_less(source: Manifest) -> None:
    del source["spec"]["http"][0]["plugins"][0]


def no_plugins(source: Manifest) -> None:
    del source["spec"]["http"][0]["plugins"]


def field_less(source: Manifest) -> None:
    del source["spec"]["http"][0]["timeout"], source["spec"]["http"][0]["websocket"]


@in_each_phase
@pytest.mark.parametrize("edit", [rule_less, plugin_less, no_plugins, field_less])
def test_what_is_taken_out_of_the_source_is_taken_out_of_its_copy_within_a_tick(
    edit: Callable[[Manifest], None], reach: Callable[[World], object]
) -> None:
    world = initialised(document(), source=LARGE)
    reach(world)
    source = copy.deepcopy(LARGE)
    edit(source)
    world.source = source
    world.tick()
    live = world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary")
    assert live is not None
    bare = ("priority", "backends")
    assert [
        {field: value for field, value in rule.items() if field not in bare} for rule in live["spec"]["http"]
    ] == [
        {field: value for field, value in rule.items() if field not in bare}
        for rule in source["spec"]["http"]
    ]


def led_elsewhere() -> Manifest:
    source = copy.deepcopy(SOURCE)
    source["spec"]["http"][0]["backends"] = [{"serviceName": "maintenance", "servicePort": 80}]
    return source


@in_each_phase
@pytest.mark.parametrize("source", [None, led_elsewhere()], ids=["deleted", "led elsewhere"])
def test_a_source_that_leads_nobody_to_the_application_has_no_copy(
    source: Manifest | None, reach: Callable[[World], object]
) -> None:
    world = initialised(document())
    reach(world)
    world.source = source
    world.events.clear()
    world.tick(2)
    assert world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary") is None
    told = "Route podinfo-podinfo-canary.test goes: podinfo.test has no rule that can be split any more"
    assert len([text for text in world.texts if text.startswith(told)]) == 1
    world.cluster.delete(SERVICE, "test", "podinfo-primary")
    world.tick()
    assert world.cluster.get(SERVICE, "test", "podinfo-primary") is not None
    world.source = SOURCE
    world.tick()
    assert world.cluster.get(ROUTE, "test", "podinfo-podinfo-canary") is not None


def test_a_run_whose_source_goes_is_rolled_back_without_a_route() -> None:
    world = initialised(document({"spec.analysis.threshold": 2}))
    world.release("v2")
    world.tick(3)
    world.source = None
    world.answer = lambda seen, check: seen.measured(0.0)
    world.until(Phase.FAILED)
    assert (world.status.traffic.canary, world.route) == (0, None)


def test_a_label_that_somebody_adds_to_a_selector_is_put_back() -> None:
    world = initialised(document())
    live = world.cluster.get(SERVICE, "test", "podinfo-primary")
    assert live is not None
    changed = {**live["spec"], "selector": {**live["spec"]["selector"], "tier": "mine"}}
    world.cluster.put(SERVICE, {**live, "spec": changed})
    world.tick()
    after = world.cluster.get(SERVICE, "test", "podinfo-primary")
    assert after is not None
    assert after["spec"]["selector"] == live["spec"]["selector"]


def test_an_edit_that_asks_for_no_other_object_writes_none() -> None:
    world = initialised(document())
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    made = len(world.made_live)
    world.document = document({"spec.analysis.stepWeight": 15, "spec.analysis.threshold": 4})
    world.events.clear()
    world.tick(3)
    assert (len(world.made_live), world.texts) == (made, [])


def test_an_edit_of_the_canarys_services_is_in_force_within_a_tick() -> None:
    world = initialised(document())
    changed = {"spec.service.apex": {"annotations": {"team": "web"}}, "spec.service.targetPort": 9899}
    world.document = document(changed)
    world.tick()
    live = world.cluster.get(SERVICE, "test", "podinfo-primary")
    assert live is not None
    assert live["spec"]["ports"][0]["targetPort"] == 9899
    assert (
        "Service podinfo-primary.test is not what its sources ask for any more: written anew" in world.texts
    )


def test_a_canary_that_was_deleted_and_applied_again_is_driven_anew() -> None:
    world = initialised(document())
    world.cluster.delete(CANARY, "test", "podinfo")
    assert world.driver.tick("test", "podinfo") is None
    world.document = document()
    world.until(Phase.INITIALIZED)
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    kinds = [intent.kind for intent in world.made_live]
    assert (Purpose.INITIALISE in kinds, kinds[-1]) == (True, Purpose.RETURN)
