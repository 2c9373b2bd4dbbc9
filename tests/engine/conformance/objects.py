"""What a cluster holds of a case: the objects in its namespace, without what only the server says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Request = Callable[..., Any]
"""`request(method, path, headers=…)` gives the decoded answer of an API server."""

_DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
# Those of the cluster's own controllers: how far they have come is chance.
_OTHERS = {"endpoints", "events", "configmaps/kube-root-ca.crt", "serviceaccounts/default"}
_SERVERS = ("managedFields", "generation")


def objects(request: Request, namespace: str) -> dict[str, list[Any]]:
    """Each object of the namespace by its kind and name, such as `configmaps/one`."""
    found: dict[str, list[Any]] = {}
    for path, kind in _kinds(request):
        for item in request("GET", f"{path}/namespaces/{namespace}/{kind}")["items"]:
            name = f"{kind}/{item['metadata']['name']}"
            if name not in _OTHERS and not _is_left_to_others(item["metadata"]):
                found.setdefault(name, []).append(_told(item))
    return found


def _kinds(request: Request) -> Iterator[tuple[str, str]]:
    """The paths and plural names of all kinds in namespaces, each once, in the version that its group prefers."""
    for root in ("/api", "/apis"):
        for group in request("GET", root, headers=_DISCOVERY)["items"]:
            version = group["versions"][0]
            path = "/".join(filter(None, (root, group["metadata"].get("name"), version["version"])))
            for kind in version["resources"]:
                listed = kind["scope"] == "Namespaced" and "list" in kind["verbs"]
                if listed and kind["resource"] not in _OTHERS:
                    yield path, kind["resource"]


def _is_left_to_others(metadata: dict[str, Any]) -> bool:
    """Whether a controller has made it, or the garbage collector alone still has to do with it."""
    return bool(metadata.get("ownerReferences")) or metadata.get("finalizers") == ["foregroundDeletion"]


def _told(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS}
    annotations = metadata.pop("annotations", {})
    own = {
        key: value for key, value in annotations.items() if not key.startswith("deployment.kubernetes.io/")
    }
    told = {key: value for key, value in item.items() if key != "status"}
    if item.get("type") == "kubernetes.io/service-account-token":
        told["data"] = sorted(told.get("data", {}))  # what the token says is the cluster's concern
    return {**told, "metadata": {**metadata, "annotations": own}}
