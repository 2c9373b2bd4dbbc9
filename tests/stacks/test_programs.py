"""What the programs of the stacks declare, for every environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from automation.core.kinds import DEPLOYMENT, EVERYWHERE, NAMESPACE, Kind, Manifest, Scope
from automation.core.status import Intent, Placement, Purpose, Status
from automation.core.traffic import Traffic
from automation.errors import ClusterRefused
from stacks import ENVIRONMENTS, connection
from stacks.canary_state import CanaryState, Live
from stacks.program import program_for
from stacks.settings import ClusterSettings
from tests.automation.driver.rollout_world import INGRESS_OF_USERS
from tests.components import documents
from tests.documents import argo_documents as rollouts
from tests.stacks.programs import GATEWAY, Declared, run

CANARY = "flagger.app/v1beta1:Canary"
REVISION = {"template": documents.target()["spec"]["template"], "spec": {"minReadySeconds": 5}, "configs": {}}


class FakeCluster:
    """A cluster that holds these Deployments and `spaces`, namespaces by their annotations, and nothing else."""

    spaces: Mapping[str, Mapping[str, str]] = {}

    def __init__(self, *deployments: Manifest) -> None:
        self.deployments = list(deployments)

    def identity(self) -> str:
        return "cluster-1"

    def mesh_identity(self) -> str:
        return ""

    def get(self, kind: Kind, namespace: str, name: str) -> None:
        return None

    def select(self, kind: Kind, scope: Scope = EVERYWHERE) -> list[Manifest]:
        if kind == NAMESPACE:
            return [{"metadata": {"name": name, "annotations": dict(a)}} for name, a in self.spaces.items()]
        return self.deployments if (kind, scope) == (DEPLOYMENT, EVERYWHERE) else []


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs find an empty cluster."""
    monkeypatch.setattr(connection, "connect", lambda settings: FakeCluster())


def live_target() -> Manifest:
    target = documents.target()
    target["metadata"]["namespace"] = "test"
    return target


def rollout(status: Status, **live: Any) -> CanaryState:
    """The article's Canary in the cluster, with one recorded revision."""
    document = documents.canary_document()
    document["metadata"]["uid"] = "canary-uid"
    known: dict[str, Any] = {
        "target": live_target(),
        "autoscaler": documents.autoscaler(),
        "route": documents.route(),
    }
    return CanaryState(
        document, status, {"5d8c": REVISION}, {"5d8c": 1}, {}, Live(**(known | live)), "cluster-1"
    )


def step(weight: int, attempt: str = "attempt-1") -> Status:
    """A status in which a step to a weight is wanted and the one before is in force."""
    before = replace(documents.placement(weight - 10), attempt="attempt-0")
    wanted = replace(documents.placement(weight), attempt=attempt)
    return Status(in_force=before, intent=Intent(Purpose.ADVANCE, wanted, "a step"))


def weights(declared: Declared) -> list[int]:
    (rule,) = declared.one("ApisixRoute", "podinfo-podinfo-canary")["spec"]["http"]
    return [backend["weight"] for backend in rule["backends"]]


@pytest.mark.usefixtures("empty")
class TestPlatform:
    @pytest.mark.parametrize("environment", ENVIRONMENTS)
    def test_every_environment_declares_its_platform(self, environment: str) -> None:
        declared = run(program_for(environment), environment)
        assert declared.names("ApisixGateway") == ["gateway"]
        assert "canaries.flagger.app" in declared.names("CustomResourceDefinition")
        assert declared.exports["prometheus"] == "http://flagger-prometheus.apisix:9090"
        assert declared.exports["loadtester"] == "http://flagger-loadtester.test/"

    @pytest.mark.parametrize(
        ("spaces", "kept"),
        [
            ({}, False),
            ({"test": {"sluice.delivery/made-for": "dev"}}, False),
            ({"test": {}}, True),
            ({"test": {"sluice.delivery/made-for": "other"}}, True),
        ],
        ids=["none yet", "its own", "somebody else's", "another stack's"],
    )
    def test_a_namespace_that_is_there_joins_and_stays_when_the_stack_goes(
        self, monkeypatch: pytest.MonkeyPatch, spaces: dict[str, dict[str, str]], kept: bool
    ) -> None:
        monkeypatch.setattr(FakeCluster, "spaces", spaces)
        declared = run(program_for("dev"))
        assert declared.options("Namespace", "test").retainOnDelete is kept
        assert ("annotations" in declared.one("Namespace", "test")["metadata"]) is not kept
        assert declared.one("kubernetes", "cluster")["upsertExistingObjects"] == "true"

    def test_definitions_are_protected_and_kept(self) -> None:
        options = run(program_for("dev")).options("CustomResourceDefinition", "canaries.flagger.app")
        assert options.protect
        assert options.retainOnDelete

    def test_the_provider_knows_the_cluster_by_its_identity(self) -> None:
        assert run(program_for("dev")).one("kubernetes", "cluster")["clusterIdentifier"] == "cluster-1"

    def test_a_caller_may_say_which_cluster(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reached: list[ClusterSettings] = []
        monkeypatch.setattr(connection, "connect", lambda at: reached.append(at) or FakeCluster())
        config = {"sluice:settings": json.dumps({"cluster": {"context": "theirs"}})}
        at = ClusterSettings(kubeconfig="/there/kubeconfig", context="ours")
        for stack in ("dev", "dev.test.podinfo"):
            inputs = run(program_for(stack, at=at), stack, config).one("kubernetes", "cluster")
            assert (inputs["kubeconfig"], inputs["context"]) == ("/there/kubeconfig", "ours")
        assert reached == [at, at]

    def test_a_part_that_is_somebody_else_s_is_not_declared(self) -> None:
        settings = json.dumps({"platform": {"prometheus": None, "definitions": False}})
        declared = run(program_for("dev"), config={"sluice:settings": settings})
        assert declared.names("Prometheus") == []
        assert "canaries.flagger.app" not in declared.names("CustomResourceDefinition")
        assert "prometheus" not in declared.exports

    def test_the_chart_brings_the_gateway_s_definitions_itself(self) -> None:
        settings = json.dumps({"platform": {"gateway": {"via": "helm"}}})
        declared = run(program_for("dev"), config={"sluice:settings": settings})
        release = declared.one("Release", "apisix")
        assert (release["chart"], release["version"]) == ("apisix", "0.11.3")
        assert "apisixroutes.apisix.apache.org" not in declared.names("CustomResourceDefinition")


def flagger(image: str, replicas: int = 1) -> Manifest:
    pod = {"spec": {"containers": [{"image": image}]}}
    return {
        "metadata": {"name": "flagger", "namespace": "apisix"},
        "spec": {"replicas": replicas, "template": pod},
    }


@pytest.mark.parametrize("stack", ["dev", "dev.test.podinfo"])
def test_a_cluster_where_flagger_runs_is_refused(monkeypatch: pytest.MonkeyPatch, stack: str) -> None:
    rival = flagger("ghcr.io/fluxcd/flagger:1.44.0")
    monkeypatch.setattr(connection, "connect", lambda settings: FakeCluster(rival))
    with pytest.raises(pulumi.RunError, match=r"deployment flagger.apisix: Flagger runs.*hand over first"):
        run(program_for(stack), stack)


@pytest.mark.parametrize(
    "deployment",
    [
        flagger("ghcr.io/fluxcd/flagger-loadtester:0.36.0"),
        flagger("ghcr.io/fluxcd/flagger:1.44.0", replicas=0),
    ],
    ids=["load tester", "scaled to zero"],
)
def test_what_is_no_running_flagger_is_no_rival(
    monkeypatch: pytest.MonkeyPatch, deployment: Manifest
) -> None:
    monkeypatch.setattr(connection, "connect", lambda settings: FakeCluster(deployment))
    assert run(program_for("dev")).resources


@pytest.mark.usefixtures("empty")
class TestFreshRelease:
    def test_documents_and_services_are_declared_and_the_apex_is_on_the_target(self) -> None:
        declared = run(program_for("dev.test.podinfo"), "dev.test.podinfo")
        assert declared.names("Deployment") == ["podinfo"]
        assert sorted(declared.names("Service")) == ["podinfo", "podinfo-canary", "podinfo-primary"]
        assert declared.one("Service", "podinfo")["spec"]["selector"] == {"app": "podinfo"}
        assert declared.names("ApisixRoute") == ["podinfo"]

    def test_generated_objects_belong_to_the_canary_that_is_made_with_them(self) -> None:
        service = run(program_for("dev.test.podinfo"), "dev.test.podinfo").one("Service", "podinfo-canary")
        assert service["metadata"]["ownerReferences"][0]["uid"] == "uid-of-podinfo"

    def test_the_document_goes_at_the_pace_of_the_environment(self) -> None:
        analysis = run(program_for("dev.test.podinfo"), "dev.test.podinfo").one(CANARY, "podinfo")["spec"][
            "analysis"
        ]
        assert analysis["interval"] == "2s"
        assert [check["interval"] for check in analysis["metrics"]] == ["12s", "6s"]

    def test_the_interval_of_the_article_comes_back_with_one_setting(self) -> None:
        declared = run(program_for("dev.test.podinfo"), "dev.test.podinfo", {"sluice:interval": "10s"})
        analysis = declared.one(CANARY, "podinfo")["spec"]["analysis"]
        assert [check["interval"] for check in analysis["metrics"]] == ["1m", "30s"]

    def test_people_get_the_address_from_the_platform_and_a_line_to_try_it(self) -> None:
        exports = run(program_for("dev.test.podinfo"), "dev.test.podinfo").exports
        assert exports["url"] == GATEWAY
        assert exports["curl"] == f"curl -H 'Host: app.example.com' {GATEWAY}/"

    def test_a_canary_that_nobody_knows_is_refused(self) -> None:
        with pytest.raises(pulumi.RunError, match="there is no Canary shop in namespace test"):
            run(program_for("dev.test.shop"), "dev.test.shop")


class TestStep:
    def test_the_intent_of_the_attempt_that_was_handed_over_is_rendered(self) -> None:
        program = program_for("dev.test.podinfo", "attempt-1", rollout(step(20)))
        declared = run(program, "dev.test.podinfo")
        assert weights(declared) == [80, 20]
        assert declared.exports["weight"] == 20
        assert declared.exports["evidence"]["to"] == {"primary": 80, "canary": 20}

    @pytest.mark.parametrize("attempt", [None, "attempt-of-another"])
    def test_by_hand_in_mid_release_no_traffic_moves(self, attempt: str | None) -> None:
        program = program_for("dev.test.podinfo", attempt, rollout(step(20)))
        assert weights(run(program, "dev.test.podinfo")) == [90, 10]

    def test_what_users_wait_for_comes_before_what_people_wrote_and_what_is_only_told(self) -> None:
        program = program_for("dev.test.podinfo", "attempt-1", rollout(step(20)))
        declared = run(program, "dev.test.podinfo")
        order = [f"{args.typ.rpartition('/')[2]} {args.name}" for args in declared.resources]
        assert set(order[order.index("v1:Service podinfo") + 1 :]) == {
            "v1:Deployment podinfo",
            "v2:HorizontalPodAutoscaler podinfo",
            "v2:ApisixRoute podinfo",
            "v1beta1:Canary podinfo",
            "pulumi:pulumi:StackReference organization/sluice/dev",
        }
        # To the engine they are independent: what it deletes is deleted as ever.
        target = declared.options("Deployment", "podinfo")
        assert not [urn for urn in target.dependencies if "podinfo-canary" in urn]

    def test_a_caller_who_knows_everything_spares_the_cluster(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(connection, "connect")
        program = program_for("dev.test.podinfo", "attempt-1", rollout(step(20)))
        assert run(program, "dev.test.podinfo").one("Deployment", "podinfo-primary")

    def test_what_users_traffic_runs_over_is_protected_unless_told_otherwise(self) -> None:
        program = program_for("dev.test.podinfo", None, rollout(step(20)))
        guarded = run(program, "dev.test.podinfo")
        assert guarded.options("Deployment", "podinfo-primary").protect
        assert guarded.options("Service", "podinfo").protect
        told = run(program, "dev.test.podinfo", {"sluice:takeDown": "true"})
        assert not told.options("Service", "podinfo").protect

    def test_the_engine_leaves_the_target_alone(self) -> None:
        known = rollout(step(20))
        first = run(program_for("dev.test.podinfo", None, known), "dev.test.podinfo").one(
            "Deployment", "podinfo"
        )
        live = {**first, "apiVersion": "apps/v1", "kind": "Deployment"}
        live["spec"]["template"]["spec"]["containers"][0]["image"] = "stefanprodan/podinfo:6.0.9"
        changed = rollout(step(20), target=live)
        declared = run(program_for("dev.test.podinfo", None, changed), "dev.test.podinfo")
        assert list(declared.options("Deployment", "podinfo").ignoreChanges) == ["spec.template"]

    def test_a_revision_that_is_gone_does_not_take_the_primary_with_it(self) -> None:
        known = replace(rollout(step(20)), revisions={})
        with pytest.raises(
            pulumi.RunError, match=r"revision 5d8c of podinfo.test, which primary runs, is not recorded"
        ):
            run(program_for("dev.test.podinfo", None, known), "dev.test.podinfo")


class TestAdopted:
    def test_only_generated_objects_are_declared(self) -> None:
        known = rollout(step(20))
        document = {**known.document, "metadata": {**known.document["metadata"], "name": "shop"}}
        declared = run(program_for("dev.test.shop", None, replace(known, document=document)), "dev.test.shop")
        assert declared.names("Deployment") == ["podinfo-primary"]
        assert declared.names("HorizontalPodAutoscaler") == ["podinfo-primary"]
        assert declared.names("ApisixRoute") == ["podinfo-podinfo-canary"]
        assert declared.names("Canary") == ["shop"]
        assert [item.typ for item in declared.resources if item.name == "shop"] == ["sluice:index:Canary"]

    def test_a_service_that_was_there_before_is_patched(self) -> None:
        service = {"metadata": {"name": "podinfo", "namespace": "test"}, "spec": {"type": "NodePort"}}
        known = rollout(step(20), apex=service)
        declared = run(program_for("dev.test.podinfo", None, known), "dev.test.podinfo")
        assert declared.names("ServicePatch") == ["podinfo"]
        assert "podinfo" not in declared.names("Service")

    def test_a_mesh_with_a_cluster_of_its_own_has_its_objects_there_and_without_an_owner(self) -> None:
        """A cluster takes away what belongs to a Canary that it does not have."""
        known = replace(rollout(step(20)), mesh="mesh-1")
        document = {**known.document, "metadata": {**known.document["metadata"], "name": "shop"}}
        document["spec"] = {**document["spec"], "provider": "istio"}
        config = {"sluice:settings": json.dumps({"cluster": {"mesh": {"kubeconfig": "/mesh"}}})}

        program = program_for("dev.test.shop", None, replace(known, document=document))
        declared = run(program, "dev.test.shop", config)

        mesh = declared.one("kubernetes", "mesh")
        assert (mesh["kubeconfig"], mesh["clusterIdentifier"]) == ("/mesh", "mesh-1")
        objects = [
            ("VirtualService", "podinfo"),
            ("DestinationRule", "podinfo-canary"),
            ("DestinationRule", "podinfo-primary"),
        ]
        for kind, name in objects:
            assert "::mesh::" in declared.options(kind, name).provider
            assert "ownerReferences" not in declared.one(kind, name)["metadata"]
        assert "::cluster::" in declared.options("Service", "podinfo-canary").provider
        assert declared.one("Service", "podinfo-canary")["metadata"]["ownerReferences"]

    def test_a_missing_target_is_refused_with_its_name(self) -> None:
        known = rollout(step(20), target=None)
        document = {**known.document, "metadata": {**known.document["metadata"], "name": "shop"}}
        with pytest.raises(pulumi.RunError, match=r"deployment podinfo.test not found"):
            run(program_for("dev.test.shop", None, replace(known, document=document)), "dev.test.shop")


@pytest.mark.parametrize("stack", ["dev", "dev.test.podinfo"])
def test_a_cluster_that_can_not_be_read_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, stack: str
) -> None:
    def refused(settings: ClusterSettings) -> FakeCluster:
        raise ClusterRefused("the API server refused it")

    monkeypatch.setattr(connection, "connect", refused)
    with pytest.raises(pulumi.RunError, match=r"^the API server refused it$"):
        run(program_for(stack), stack)


@pytest.mark.parametrize("stack", ["dev.test", "dev..podinfo"])
def test_a_stack_of_another_form_is_refused_with_the_forms(stack: str) -> None:
    with pytest.raises(
        pulumi.RunError, match=r"name it <env> for the platform or <env>.<namespace>.<canary>"
    ):
        run(program_for(stack), stack)


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(pulumi.RunError, match="use one of dev, staging, prod"):
        run(program_for("live"), "live")


def released(placement: Placement, **status: Any) -> CanaryState:
    """The Rollout of the third article in the cluster, with two recorded revisions."""
    document = {**rollouts.rollout(), "metadata": {"name": "canary-demo", "namespace": "test", "uid": "u"}}
    services = {
        name: {
            "metadata": {"name": name, "namespace": "test"},
            "spec": {"selector": {"app": "canary-demo"}, "ports": [{"name": "http", "port": 80}]},
        }
        for name in ("canary-demo", "canary-demo-canary")
    }
    live = Live(
        document, None, INGRESS_OF_USERS, services["canary-demo"], None, services["canary-demo-canary"]
    )
    spec = document["spec"]
    data = {
        "template": spec["template"],
        "spec": {"selector": spec["selector"], "replicas": 1},
        "configs": {},
    }
    revisions, numbers = {"blue": data, "green": data}, {"blue": 1, "green": 2}
    known = Status(in_force=placement, last_applied_spec="green", last_promoted_spec="blue", **status)
    return CanaryState(document, known, revisions, numbers, {}, live, "cluster-1")


class TestRollout:
    STACK = "dev.test.canary-demo"
    STEP = Placement("a-1", "primary", Traffic(20), "blue", canary="green")

    def test_the_stable_pods_the_services_and_the_route_are_declared(self) -> None:
        declared = run(program_for(self.STACK, None, released(self.STEP)), self.STACK)
        assert declared.names("ReplicaSet") == ["canary-demo-blue"]
        assert declared.names("Service") == []
        selected = {
            name: declared.one("ServicePatch", name)["spec"]["selector"]
            for name in ("canary-demo", "canary-demo-canary")
        }
        hash = "rollouts-pod-template-hash"
        assert selected == {
            "canary-demo": {"app": "canary-demo", hash: "blue"},
            "canary-demo-canary": {"app": "canary-demo", hash: "green"},
        }
        route = declared.one("Ingress", "canary-demo-canary-demo-canary")
        assert route["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] == "20"
        assert route["spec"]["tls"] == INGRESS_OF_USERS["spec"]["tls"]

    def test_what_serves_users_stays_when_the_stack_goes_or_promotes_another(self) -> None:
        declared = run(program_for(self.STACK, None, released(self.STEP)), self.STACK)
        kept = [("ReplicaSet", "canary-demo-blue"), ("ServicePatch", "canary-demo")]
        assert all(declared.options(*one).retainOnDelete for one in kept)
        assert not declared.options("Ingress", "canary-demo-canary-demo-canary").retainOnDelete

    def test_before_the_stable_pods_serve_nobody_is_led_to_them(self) -> None:
        first = Placement("a-1", "target", Traffic(), "blue")
        declared = run(program_for(self.STACK, None, released(first)), self.STACK)
        assert declared.names("ReplicaSet") == ["canary-demo-blue"]
        assert (declared.names("ServicePatch"), declared.names("Ingress")) == ([], [])
