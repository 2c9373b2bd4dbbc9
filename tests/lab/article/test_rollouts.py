"""Rollouts on a real API server: released by `sluice run`, and asked for by the commands that people have for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

DEFINITIONS = Path(__file__).parents[3] / "components/crds/argoproj.io"
HASH, NUMBER = "rollouts-pod-template-hash", "rollout.argoproj.io/revision"


def service(namespace: str, name: str) -> Document:
    spec = {"selector": {"app": "podinfo"}, "ports": [{"name": "http", "port": 80, "targetPort": 9898}]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def rollout(namespace: str, strategy: Document) -> Document:
    """podinfo as a Rollout."""
    spec = documents.deployment(namespace)["spec"]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {**spec, "strategy": strategy},
    }


@dataclass(frozen=True)
class Demo:
    """podinfo under a Rollout, as its people see it."""

    ground: Ground
    namespace: str

    def begin(self, strategy: Document, *others: Document) -> None:
        """Applies it with its two Services, and waits until it serves. Somebody has to drive it."""
        kubectl = self.ground.kubectl(self.namespace)
        services = (service(self.namespace, name) for name in ("podinfo", "podinfo-next"))
        kubectl.apply(*services, *others, rollout(self.namespace, strategy))
        self.until("Healthy")

    def sluice(self, *arguments: str, expect: int = 0) -> str:
        return self.ground.sluice(*arguments, "-n", self.namespace, expect=expect)

    def set_image(self, tag: str) -> None:
        self.sluice("set", "image", "podinfo", f"podinfod=stefanprodan/podinfo:{tag}")

    @property
    def said(self) -> Document:
        return dict(self.ground.kubectl(self.namespace).get("rollout", "podinfo").get("status") or {})

    def until(self, phase: str, message: str = "") -> None:
        """Waits until what was applied last is reported to be in a phase."""

        def told() -> Any:
            live = self.ground.kubectl(self.namespace).get("rollout", "podinfo")
            said = live.get("status") or {}
            seen = said.get("observedGeneration") == str(live["metadata"]["generation"])
            return seen and said.get("phase") == phase and said.get("message", "").startswith(message)

        eventually(told, 60, every=0.2)

    def selected(self, name: str) -> str:
        live = self.ground.kubectl(self.namespace).get("service", name)
        return str(live["spec"]["selector"].get(HASH, ""))

    def revision(self, tag: str) -> str:
        """The revision that runs an image."""
        sets = self.ground.kubectl(self.namespace).get("replicasets", "-l", HASH)["items"]
        [found] = {
            one["metadata"]["labels"][HASH]
            for one in sets
            if one["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":{tag}")
        }
        return str(found)


@pytest.fixture
def demo(ground: Ground, namespace: str) -> Iterator[Demo]:
    kubectl = ground.kubectl(namespace)
    for path in sorted(DEFINITIONS.glob("*.yaml")):
        kubectl("apply", "-f", str(path))
    kubectl("wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=30s")
    yield Demo(ground, namespace)
    kubectl("delete", "rollout,apisixroute", "--all", "--wait=false")


BY_HAND: Document = {
    "blueGreen": {
        "activeService": "podinfo",
        "previewService": "podinfo-next",
        "autoPromotionEnabled": False,
        "scaleDownDelaySeconds": 1,
    }
}


def test_a_preview_is_seen_by_nobody_but_its_service_until_somebody_promotes_it(demo: Demo) -> None:
    with demo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        # given
        demo.begin(BY_HAND)
        before = demo.selected("podinfo")
        # when
        demo.set_image("6.0.1")
        demo.until("Paused", "BlueGreenPause")
        # then
        assert demo.revision("6.0.1") == demo.selected("podinfo-next") != before
        assert demo.selected("podinfo") == before
        shown = demo.sluice("get", "podinfo")
        assert "॥ Paused" in shown
        assert re.search(rf"podinfo-{before} +ReplicaSet +✔ Healthy .*stable", shown)
        # when
        demo.sluice("promote", "podinfo")
        demo.until("Healthy")
        # then
        assert demo.selected("podinfo") == demo.selected("podinfo-next") == demo.revision("6.0.1")
        old = ("replicaset", f"podinfo-{before}")
        kubectl = demo.ground.kubectl(demo.namespace)
        eventually(lambda: kubectl.get(*old)["spec"]["replicas"] == 0, 20)
    assert driver.heard(r"Rollout completed update of podinfo\.\S+: .*")


def by_steps(*steps: Document) -> Document:
    return {
        "canary": {
            "canaryService": "podinfo-next",
            "stableService": "podinfo",
            "trafficRouting": {"apisix": {"route": {"name": "podinfo"}}},
            "steps": list(steps),
        }
    }


def weights(demo: Demo) -> dict[str, int]:
    route = demo.ground.kubectl(demo.namespace).get("apisixroute", "podinfo-podinfo-canary")
    return {one["serviceName"]: one["weight"] for one in route["spec"]["http"][0]["backends"]}


def test_a_release_by_steps_goes_on_under_another_driver_and_is_taken_back_and_tried_again(
    demo: Demo,
) -> None:
    half = {"podinfo": 50, "podinfo-next": 50}
    # given
    with demo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        demo.begin(by_steps({"setWeight": 50}, {"pause": {}}), documents.route(demo.namespace))
        before = demo.selected("podinfo")
        demo.set_image("6.0.1")
        demo.until("Paused", "CanaryPauseStep")
        assert weights(demo) == half
        # when
        driver.kill()
    with demo.ground.begun("run", "--env", "dev", "--output", "text"):
        demo.sluice("abort", "podinfo")
        # then
        demo.until("Degraded", "RolloutAborted: Rollout aborted update to revision 2")
        assert weights(demo) == {"podinfo": 100, "podinfo-next": 0}
        assert demo.selected("podinfo") == demo.selected("podinfo-next") == before
        # when
        demo.sluice("retry", "podinfo")
        demo.until("Paused", "CanaryPauseStep")
        assert weights(demo) == half
        demo.sluice("promote", "podinfo", "--full")
        # then
        demo.until("Healthy")
        assert demo.selected("podinfo") == demo.revision("6.0.1")
        # when
        demo.sluice("undo", "podinfo")
        demo.until("Paused", "CanaryPauseStep")
        # then
        assert demo.revision("6.0.0") == demo.selected("podinfo-next") == before
    table = demo.sluice("status")
    assert re.search(rf"{demo.namespace} +podinfo +Paused +50", table)


PLUGIN = "argoproj-labs/gatewayAPI"


def http_route(namespace: str) -> Document:
    """A route that no gateway serves here: what is written in it is looked at."""
    backends = [{"name": name, "port": 80} for name in ("podinfo", "podinfo-next")]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "podinfo", "namespace": namespace},
        "spec": {"hostnames": [documents.host(namespace)], "rules": [{"backendRefs": backends}]},
    }


def test_weights_are_set_in_peoples_own_route_and_put_back_where_they_apply_it_anew(
    demo: Demo, tmp_path: Path
) -> None:
    # given
    kubectl = demo.ground.kubectl(demo.namespace)
    definitions = tmp_path / "gateway-api.yaml"
    definitions.write_text(demo.ground.sluice("lab", "crds", "gateway-api"))
    kubectl("apply", "--server-side", "-f", str(definitions))
    strategy = by_steps({"setWeight": 50}, {"pause": {}})
    named = {"httpRoute": "podinfo", "namespace": demo.namespace}
    strategy["canary"]["trafficRouting"] = {"plugins": {PLUGIN: named}}

    def shares() -> list[int]:
        rules = kubectl.get("httproute", "podinfo")["spec"]["rules"]
        return [backend["weight"] for backend in rules[0]["backendRefs"]]

    with demo.ground.begun("run", "--env", "dev", "--output", "text"):
        demo.begin(strategy, http_route(demo.namespace))
        assert shares() == [100, 0]
        # when
        demo.set_image("6.0.1")
        demo.until("Paused", "CanaryPauseStep")
        # then
        assert shares() == [50, 50]
        assert kubectl.get("httproute", "podinfo")["spec"]["hostnames"] == [documents.host(demo.namespace)]
        # when
        kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump(evenly(demo, 1, 3))
        )
        # then
        eventually(lambda: shares() == [50, 50], 20)
        demo.sluice("promote", "podinfo")
        demo.until("Healthy")
        assert shares() == [100, 0]
    # when
    demo.ground.sluice("pulumi", "destroy", "--yes", "--stack", f"dev.{demo.namespace}.podinfo")
    # then
    assert shares() == [100, 0]
    assert demo.selected("podinfo") == demo.revision("6.0.1")


def evenly(demo: Demo, *weights: int) -> Document:
    """The route with weights that its people write."""
    route = http_route(demo.namespace)
    for backend, weight in zip(route["spec"]["rules"][0]["backendRefs"], weights, strict=True):
        backend["weight"] = weight
    return route


def test_without_a_gateway_pods_share_the_users(demo: Demo) -> None:
    def pods(tag: str) -> int:
        live = demo.ground.kubectl(demo.namespace).get("replicaset", f"podinfo-{demo.revision(tag)}")
        return int(live["spec"]["replicas"])

    kubectl = demo.ground.kubectl(demo.namespace)
    with demo.ground.begun("run", "--env", "dev", "--output", "text"):
        # given
        demo.begin({"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}})
        kubectl("scale", "rollout", "podinfo", "--replicas=2")
        eventually(lambda: pods("6.0.0") == 2, 20)
        # when
        demo.set_image("6.0.1")
        demo.until("Paused", "CanaryPauseStep")
        # then
        eventually(lambda: (pods("6.0.0"), pods("6.0.1")) == (1, 1), 20)
        # when
        demo.sluice("promote", "podinfo")
        demo.until("Healthy")
        # then
        eventually(lambda: (pods("6.0.0"), pods("6.0.1")) == (0, 2), 20)


ROLES: Document = {
    "canaryMetadata": {"labels": {"role": "canary"}, "annotations": {"watch": "closely"}},
    "stableMetadata": {"labels": {"role": "stable"}},
}
CHOSEN: Document = {"name": "chosen", "match": [{"headerName": "x-team", "headerValue": {"exact": "us"}}]}


def pods_of(demo: Demo, tag: str) -> list[Document]:
    """The metadata of the live pods of an image."""
    found = demo.ground.kubectl(demo.namespace).get("pods", "-l", f"{HASH}={demo.revision(tag)}")["items"]
    return [pod["metadata"] for pod in found if "deletionTimestamp" not in pod["metadata"]]


def roles(demo: Demo, tag: str) -> list[str | None]:
    return sorted((pod["labels"].get("role") for pod in pods_of(demo, tag)), key=str)


def test_pods_go_as_their_users_do_carry_their_part_and_are_restarted_where_somebody_asks(
    demo: Demo,
) -> None:
    # given
    strategy = by_steps({"setHeaderRoute": CHOSEN}, {"setWeight": 50}, {"pause": {}})
    strategy["canary"] |= {**ROLES, "dynamicStableScale": True}
    strategy["canary"]["trafficRouting"]["managedRoutes"] = [{"name": "chosen"}]
    kubectl = demo.ground.kubectl(demo.namespace)
    with demo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        demo.begin(strategy, documents.route(demo.namespace))
        kubectl("scale", "rollout", "podinfo", "--replicas=2")
        eventually(lambda: roles(demo, "6.0.0") == ["stable", "stable"], 20)
        # when
        demo.set_image("6.0.1")
        demo.until("Paused", "CanaryPauseStep")
        # then
        eventually(lambda: (roles(demo, "6.0.0"), roles(demo, "6.0.1")) == (["stable"], ["canary"]), 20)
        assert pods_of(demo, "6.0.1")[0]["annotations"]["watch"] == "closely"
        rules = kubectl.get("apisixroute", "podinfo-podinfo-canary")["spec"]["http"]
        led = {rule["name"]: [one["weight"] for one in rule["backends"]] for rule in rules}
        assert sorted(led.values()) == [[50, 50], [100]]
        # when
        demo.sluice("promote", "podinfo")
        demo.until("Healthy")
        # then
        eventually(lambda: roles(demo, "6.0.1") == ["stable", "stable"], 30)
        assert all("watch" not in (pod.get("annotations") or {}) for pod in pods_of(demo, "6.0.1"))
        assert kubectl.get("rollout", "podinfo")["metadata"]["annotations"][NUMBER] == "2"
        # when
        before = {pod["name"] for pod in pods_of(demo, "6.0.1")}
        asked = datetime.now(UTC) + timedelta(seconds=1)
        restart = {"spec": {"restartAt": asked.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        kubectl("patch", "rollout", "podinfo", "--type=merge", "-p", json.dumps(restart))
        # then
        eventually(lambda: demo.said.get("restartedAt") == restart["spec"]["restartAt"], 60)
        assert before.isdisjoint(pod["name"] for pod in pods_of(demo, "6.0.1"))
    assert not [text for text in driver.events if "put back" in text]


def meshed(namespace: str) -> tuple[Document, Document]:
    """A route and the subsets that it leads to. No mesh obeys them here: what is written in them is looked at."""
    named = {
        "metadata": {"name": "podinfo", "namespace": namespace},
        "apiVersion": "networking.istio.io/v1beta1",
    }
    shares = [{"destination": {"host": "podinfo", "subset": one}, "weight": 50} for one in ("old", "new")]
    subsets = [{"name": one, "labels": {"app": "podinfo"}} for one in ("old", "new")]
    hosts = [documents.host(namespace)]
    route = {**named, "kind": "VirtualService", "spec": {"hosts": hosts, "http": [{"route": shares}]}}
    return route, {**named, "kind": "DestinationRule", "spec": {"host": "podinfo", "subsets": subsets}}


def test_subsets_of_peoples_own_are_the_sides_and_steps_make_routes_beside_them(
    demo: Demo, tmp_path: Path
) -> None:
    # given
    kubectl = demo.ground.kubectl(demo.namespace)
    demo.ground.define("istio")
    copied = {"name": "copied", "match": [{"method": {"exact": "GET"}}]}
    strategy = by_steps(
        {"setMirrorRoute": copied}, {"setHeaderRoute": CHOSEN}, {"setWeight": 50}, {"pause": {}}
    )
    subsets = {"name": "podinfo", "canarySubsetName": "new", "stableSubsetName": "old"}
    strategy["canary"]["trafficRouting"] = {
        "istio": {"virtualService": {"name": "podinfo"}, "destinationRule": subsets},
        "managedRoutes": [{"name": "copied"}, {"name": "chosen"}],
    }

    def written() -> tuple[list[str], list[int], list[str]]:
        """The routes beside the user's own, its weights, and the revisions of the subsets."""
        *beside, own = kubectl.get("virtualservice", "podinfo")["spec"]["http"]
        rule = kubectl.get("destinationrule", "podinfo")["spec"]
        revisions = [str(one["labels"].get(HASH)) for one in rule["subsets"]]
        return [one["name"] for one in beside], [one["weight"] for one in own["route"]], revisions

    with demo.ground.begun("run", "--env", "dev", "--output", "text"):
        demo.begin(strategy, *meshed(demo.namespace))
        before = demo.revision("6.0.0")
        assert written() == ([], [100, 0], [before, before])
        # when
        demo.set_image("6.0.1")
        demo.until("Paused", "CanaryPauseStep")
        # then
        after = demo.revision("6.0.1")
        assert written() == (["copied", "chosen"], [50, 50], [before, after])
        # when
        demo.sluice("promote", "podinfo")
        demo.until("Healthy")
        # then
        assert written() == ([], [100, 0], [after, after])


def test_a_document_that_asks_for_what_is_not_driven_is_refused_and_nothing_is_made(demo: Demo) -> None:
    strategy = by_steps({"setWeight": 50})
    strategy["canary"]["trafficRouting"] = {"nginx": {"stableIngress": "podinfo", "annotationPrefix": "x"}}
    document = rollout(demo.namespace, strategy)
    path = demo.ground.project / f"{demo.namespace}.yaml"
    path.write_text(yaml.safe_dump(document))
    told = "spec.strategy.canary.trafficRouting: annotationPrefix: is not driven yet; leave it out"
    assert told in demo.ground.sluice("check", str(path), expect=30)
    with demo.ground.begun("run", "--env", "dev", "--output", "text") as driver:
        demo.ground.kubectl(demo.namespace).apply(document)
        eventually(lambda: driver.heard(f"{re.escape(told)}.*"), 30)
    assert demo.ground.kubectl(demo.namespace).get("replicasets", "-l", HASH)["items"] == []
