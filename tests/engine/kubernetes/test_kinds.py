"""Where kinds are served, and how much has to be asked for that."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes.client import Client
from engine.kubernetes.kind import BUILT_IN
from engine.kubernetes.kinds import Kinds, UnknownKind
from engine.kubernetes.kubeconfig import Source


class Discovery:
    """A server's discovery documents, and a record of what was asked."""

    def __init__(self, documents: dict[str, Any] | None = None):
        self.documents = documents or {}
        self.asked: list[str] = []

    def fetch(self, path: str) -> Any:
        self.asked.append(path)
        return self.documents.get(path)


ROUTES = {
    "resources": [
        {"name": "routes", "kind": "Route", "namespaced": True},
        {"name": "routes/status", "kind": "Route", "namespaced": True},
        {"name": "gateways", "kind": "Gateway", "namespaced": False},
    ]
}
DEFINITION = {
    "spec": {
        "group": "x.io",
        "scope": "Namespaced",
        "names": {"kind": "Route", "plural": "routes"},
        "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
    }
}


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "ConfigMap", "/api/v1/namespaces/n/configmaps/x"),
        ("v1", "Endpoints", "/api/v1/namespaces/n/endpoints/x"),
        ("v1", "Namespace", "/api/v1/namespaces/x"),
        ("apps/v1", "Deployment", "/apis/apps/v1/namespaces/n/deployments/x"),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/x",
        ),
        ("networking.k8s.io/v1", "Ingress", "/apis/networking.k8s.io/v1/namespaces/n/ingresses/x"),
        ("storage.k8s.io/v1", "StorageClass", "/apis/storage.k8s.io/v1/storageclasses/x"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "/apis/rbac.authorization.k8s.io/v1/clusterroles/x"),
    ],
)
def test_built_in_kinds_are_known_without_asking(api_version: str, kind: str, path: str) -> None:
    discovery = Discovery()
    assert Kinds(discovery.fetch).find(api_version, kind).path("n", "x") == path
    assert discovery.asked == []


def test_other_kinds_are_asked_for_once() -> None:
    discovery = Discovery({"/apis/x.io/v1": ROUTES})
    kinds = Kinds(discovery.fetch)
    assert kinds.known("x.io/v1", "Route") is None
    assert kinds.find("x.io/v1", "Route").path("n", "a") == "/apis/x.io/v1/namespaces/n/routes/a"
    assert kinds.find("x.io/v1", "Gateway").path("", "a") == "/apis/x.io/v1/gateways/a"
    assert discovery.asked == ["/apis/x.io/v1"]


def test_a_kind_that_was_not_there_is_asked_for_again() -> None:
    discovery = Discovery()
    kinds = Kinds(discovery.fetch)
    with pytest.raises(UnknownKind, match=r'no matches for kind "Route" in version "x.io/v1"'):
        kinds.find("x.io/v1", "Route")
    discovery.documents["/apis/x.io/v1"] = ROUTES
    assert kinds.find("x.io/v1", "Route").namespaced


@pytest.mark.parametrize(
    ("api_version", "kind", "remedy"),
    [
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            "Correct the apiVersion: PodDisruptionBudget is in policy/v1",
        ),
        (
            "extensions/v1beta1",
            "Ingress",
            "Correct the apiVersion: Ingress is in networking.k8s.io/v1",
        ),
        ("v1", "Nothing", "Correct the apiVersion or the kind"),
        ("storage.k8s.io/v1beta1", "Nothing", "Correct the apiVersion or the kind"),
    ],
)
def test_the_api_servers_own_groups_get_no_kinds_later(api_version: str, kind: str, remedy: str) -> None:
    with pytest.raises(UnknownKind, match=f"{remedy}$") as refused:
        Kinds(Discovery().fetch).find(api_version, kind)

    assert not refused.value.may_come


def test_other_groups_may_get_kinds_later() -> None:
    with pytest.raises(UnknownKind, match="Install the CustomResourceDefinition") as refused:
        Kinds(Discovery().fetch).find("x.io/v1", "Route")

    assert refused.value.may_come


def test_where_objects_live_is_told_by_definitions_that_are_not_served_yet() -> None:
    kinds = Kinds(Discovery().fetch)

    assert kinds.are_namespaced("x.io/v1", "Route")
    kinds.announce({"spec": {**DEFINITION["spec"], "scope": "Cluster"}})
    assert not kinds.are_namespaced("x.io/v1", "Route")
    assert kinds.known("x.io/v1", "Route") is None


def test_a_definition_teaches_its_kinds_and_takes_them_along() -> None:
    discovery = Discovery()
    kinds = Kinds(discovery.fetch)
    kinds.learn(DEFINITION)
    assert kinds.find("x.io/v1", "Route").plural == "routes"
    assert kinds.known("x.io/v0", "Route") is None
    assert discovery.asked == []
    kinds.forget(DEFINITION)
    assert kinds.known("x.io/v1", "Route") is None


def test_the_table_agrees_with_the_api_server(api_server: Any) -> None:
    served = Kinds(Client(Source(str(api_server))).find)
    for api_version in sorted({version for version, _ in BUILT_IN}):
        discovered = served._discover(api_version)
        listed = {kind: entry for (version, kind), entry in BUILT_IN.items() if version == api_version}
        assert {kind: discovered.get(kind) for kind in listed} == listed
