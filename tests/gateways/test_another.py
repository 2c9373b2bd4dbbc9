"""A gateway that nobody has heard of: its own file here, one row, and a release runs over it."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest

from automation.core.kinds import Kind, Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.status import Phase
from automation.core.traffic import Traffic
from gateways import registry
from gateways.gateway import Carried, Marks, Source
from tests.core.documents import document
from tests.core.world import World, initialised, split

FERRY = Kind("/apis/ferries.example/v1", "ferries", "Ferry")
LINE = Kind("/apis/ferries.example/v1", "lines", "Line")


class Ferries:
    """Ferries that take so many in a hundred passengers to the canary. The line is what people write."""

    provider = "ferries"
    source = Source("routeRef", LINE, Problem("spec.routeRef", "names no line", "name the Line"))
    kind = FERRY
    companions = ()
    ruled = ("f:spec", "f:passengers")
    carries = frozenset({"weights"})

    says = ()

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return ()

    def route_name(self, canary: Canary) -> str:
        return f"{canary.apex}-ferry"

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        missing = Problem("spec.routeRef.name", "there is no such line", "apply the Line first")
        return () if source else (missing,)

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.problems(canary, source):
            raise Refused(problems)
        metadata = {
            "name": self.route_name(canary),
            "namespace": canary.namespace,
            "annotations": dict(marks.annotations),
            "ownerReferences": [marks.owner],
        }
        made = {"apiVersion": FERRY.api_version, "kind": FERRY.kind, "metadata": metadata}
        return self.with_traffic(canary, made, traffic)

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return ()

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        return Carried(Traffic(route["spec"]["passengers"]), exact=True)

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        return {**copy.deepcopy(route), "spec": {"passengers": traffic.canary}}

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ()

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        return False

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        return "vector(100)"


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GATEWAYS, "ferries", Ferries())  # type: ignore[arg-type]


def ferried(**fields: object) -> World:
    line = {
        "apiVersion": LINE.api_version,
        "kind": LINE.kind,
        "metadata": {"name": "podinfo", "namespace": "test"},
        "spec": {},
    }
    reference = {"apiVersion": LINE.api_version, "kind": LINE.kind, "name": "podinfo"}
    written = document({"spec.provider": "ferries", "spec.routeRef": reference, "spec.analysis.threshold": 2})
    return initialised(written, source=line, **fields)


def passengers(world: World) -> int:
    live = world.cluster.get(FERRY, "test", "podinfo-ferry")
    assert live is not None
    return int(live["spec"]["passengers"])


def test_a_good_release_is_promoted_over_it() -> None:
    world = ferried()
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    assert (world.primary_revision, passengers(world)) == ("v2", 0)


def test_a_bad_release_is_rolled_back_over_it() -> None:
    world = ferried()
    world.answer = lambda seen, check: seen.measured(40.0 if seen.status.traffic.canary else 100.0)
    world.release("v2")
    world.tick(2)
    assert passengers(world) == 10
    world.until(Phase.FAILED)
    assert (world.primary_revision, passengers(world)) == ("v1", 0)


def test_what_somebody_changed_in_it_is_put_back() -> None:
    world = ferried()
    route = world.route
    assert route is not None
    live = world.cluster.get(FERRY, "test", "podinfo-ferry")
    assert live is not None
    world.cluster.put(FERRY, {**live, "spec": {"passengers": 70}})
    world.tick()
    assert world.route is not None
    assert world.route.traffic == split(0)
    assert world.texts[-1] == "Route podinfo-ferry.test was set to 30/70: put back to 100/0"


def test_a_source_that_it_can_not_use_holds_a_run() -> None:
    world = ferried()
    world.source = None
    world.release("v2")
    world.tick()
    assert world.texts[-1] == "spec.routeRef.name: there is no such line; apply the Line first"


def test_a_document_without_its_source_is_refused() -> None:
    with pytest.raises(Refused, match="names no line"):
        World(document({"spec.provider": "ferries", "spec.routeRef": None})).tick()


class Rowing(Ferries):
    """Ferries that need no line: the Canary alone says everything."""

    provider = "rowing"
    source = None  # type: ignore[assignment]

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        return ()


def test_a_gateway_may_need_nothing_beside_the_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GATEWAYS, "rowing", Rowing())  # type: ignore[arg-type]
    world = initialised(document({"spec.provider": "rowing", "spec.routeRef": None}))
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert (world.primary_revision, passengers(world)) == ("v2", 0)
