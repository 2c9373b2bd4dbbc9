"""The resource type `helm.sh/v3:Release`: a chart installed and kept by the `helm` program."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from engine.kubernetes.call import Call
from engine.kubernetes.cluster import Cluster
from engine.kubernetes.documents import decode
from engine.kubernetes.helm import Helm
from engine.kubernetes.objects import object_id, split_id
from engine.kubernetes.programs import missing
from engine.kubernetes.settings import Settings
from engine.provider import Change, Checked, CheckFailure, Diff, Operation, PropertyDiff, Read
from engine.values import PropertyMap, reveal

RELEASE = "kubernetes:helm.sh/v3:Release"
_IDENTITY = ("name", "namespace")


class ReleaseProvider:
    """The operations on releases of one cluster, with the signatures of `engine.provider.Provider`."""

    def __init__(self, cluster: Cluster, settings: Settings):
        self._cluster, self._settings = cluster, settings
        self._helm = Helm(settings.source)

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        reason = missing(["helm"], "manage Helm releases")
        if reason:
            return Checked(news, (CheckFailure("", reason),))
        base = operation.urn.split("::", 3)[-1]
        name = news.get("name") or olds.get("name") or f"{base}-{seed[:4].hex() or secrets.token_hex(4)}"
        return Checked(
            {**news, "name": name, "namespace": news.get("namespace") or self._namespace(operation)}
        )

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        """A release of another name or place is another release; everything else is an upgrade. Pure."""
        old, new = reveal(old_inputs), reveal(news)
        changed = tuple(key for key in sorted({*old, *new}) if old.get(key) != new.get(key))
        if not changed:
            return Diff()
        replaces = tuple(key for key in changed if key in _IDENTITY)
        detailed = {
            key: PropertyDiff("update-replace" if key in replaces else "update", True) for key in changed
        }
        return Diff(Change.SOME, replaces, changed, detailed)

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        if operation.preview:
            return "", news
        account = self._helm.install(_timed(operation, news))
        return _id(account), _outputs(account, news)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        if operation.preview:
            return news
        return _outputs(self._helm.upgrade(_timed(operation, news)), news)

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        namespace, name = split_id(id)
        account = self._helm.status(name, namespace or self._namespace(operation))
        if account is None:
            return Read("")
        known = inputs or {"name": name, "namespace": account["namespace"]}
        return Read(_id(account), _outputs(account, known), known)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        namespace, name = split_id(id)
        self._helm.uninstall(name, namespace, operation.timeout)

    def _namespace(self, operation: Operation) -> str:
        return Call(self._cluster, self._settings, operation).default_namespace()


def _timed(operation: Operation, news: PropertyMap) -> Mapping[str, Any]:
    """The release with the time that the operation allows, where it allows one."""
    release: dict[str, Any] = reveal(news)
    return release if operation.timeout is None else {**release, "timeout": int(operation.timeout)}


def _id(account: Mapping[str, Any]) -> str:
    return object_id({"metadata": account})


def _outputs(account: Mapping[str, Any], inputs: PropertyMap) -> PropertyMap:
    chart = account.get("chart", {}).get("metadata", {})
    info = account.get("info", {})
    status = {
        "name": account["name"],
        "namespace": account["namespace"],
        "revision": account.get("version"),
        "status": info.get("status"),
        "chart": chart.get("name"),
        "version": chart.get("version"),
        "appVersion": chart.get("appVersion"),
    }
    return {**inputs, "status": status, "resourceNames": _resource_names(account)}


def _resource_names(account: Mapping[str, Any]) -> dict[str, list[str]]:
    """The ids of the release's objects, by kind and version."""
    names: dict[str, list[str]] = {}
    for document in decode(account.get("manifest") or ""):
        key = f"{document['kind']}/{document['apiVersion']}"
        names.setdefault(key, []).append(object_id(document))
    return names
