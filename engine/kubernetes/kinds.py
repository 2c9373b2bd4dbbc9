"""The kinds that one cluster serves.

Built-in kinds are known without asking. The rest is discovered, one request for each group and version, kept until
a kind is not found there or a CustomResourceDefinition changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from engine.kubernetes.kind import BUILT_IN, Kind, may_be_defined
from engine.kubernetes.objects import Object, at
from engine.provider import ProviderError


class UnknownKind(ProviderError):
    """The API server serves no such kind. `may_come` says whether it may still be defined."""

    def __init__(self, api_version: str, kind: str):
        self.may_come = may_be_defined(api_version)
        remedy = _DEFINE if self.may_come else _corrected(kind)
        super().__init__(
            f'no matches for kind "{kind}" in version "{api_version}": the cluster does not serve it. {remedy}'
        )


_DEFINE = "Install the CustomResourceDefinition (or the API extension) that defines it first, or correct the apiVersion"


def _corrected(kind: str) -> str:
    """What to do about a version of the API server's own that is not there, or not any more."""
    known = ", ".join(version for version, name in BUILT_IN if name == kind)
    return f"Correct the apiVersion: {kind} is in {known}" if known else "Correct the apiVersion or the kind"


class Kinds:
    """The kinds of one cluster. `fetch(path)` reads a document of the API server, None where there is none."""

    def __init__(self, fetch: Callable[[str], Mapping[str, Any] | None]):
        self._fetch = fetch
        self._discovered: dict[str, dict[str, Kind]] = {}
        self._announced: dict[tuple[str, str], bool] = {}
        self._lock = threading.Lock()

    def known(self, api_version: str, kind: str) -> Kind | None:
        """The kind if it can be told without a request."""
        return BUILT_IN.get((api_version, kind)) or self._discovered.get(api_version, {}).get(kind)

    def find(self, api_version: str, kind: str) -> Kind:
        """The kind, discovered if need be. Raises `UnknownKind`, and `ProviderError` if the cluster can't be asked."""
        known = self.known(api_version, kind)
        if known:
            return known
        discovered = self._discover(api_version)
        with self._lock:
            self._discovered[api_version] = discovered
        if kind not in discovered:
            raise UnknownKind(api_version, kind)
        return discovered[kind]

    def are_namespaced(self, api_version: str, kind: str) -> bool:
        """Whether its objects live in namespaces; as most do, where nobody can tell yet. Raises like `find`."""
        try:
            return self.find(api_version, kind).namespaced
        except UnknownKind:
            return self._announced.get((api_version, kind), True)

    def announce(self, definition: Object) -> None:
        """Takes note of where the objects of a CustomResourceDefinition will live once it is served. What is wrong with
        one that makes no sense the API server says."""
        try:
            kinds = _defined_kinds(definition)
        except (AttributeError, KeyError, TypeError):
            return
        with self._lock:
            self._announced |= {(kind.api_version, kind.name): kind.namespaced for kind in kinds}

    def learn(self, definition: Object) -> None:
        """Takes note of what a CustomResourceDefinition that is served now defines."""
        with self._lock:
            for kind in _defined_kinds(definition):
                self._discovered[kind.api_version] = {
                    **self._discovered.get(kind.api_version, {}),
                    kind.name: kind,
                }

    def forget(self, definition: Object) -> None:
        """Drops what was known of the versions of a CustomResourceDefinition that is gone or changed."""
        with self._lock:
            for kind in _defined_kinds(definition):
                self._discovered.pop(kind.api_version, None)

    def _discover(self, api_version: str) -> dict[str, Kind]:
        prefix = "/apis" if "/" in api_version else "/api"
        document = self._fetch(f"{prefix}/{api_version}") or {}
        return {
            entry["kind"]: Kind(api_version, entry["kind"], entry["name"], bool(entry["namespaced"]))
            for entry in at(document, "resources", default=[])
            if "/" not in entry["name"]
        }


def _defined_kinds(definition: Object) -> list[Kind]:
    spec = definition.get("spec", {})
    names = spec.get("names", {})
    namespaced = spec.get("scope") != "Cluster"
    return [
        Kind(
            f"{spec.get('group')}/{version['name']}",
            names.get("kind", ""),
            names.get("plural", ""),
            namespaced,
        )
        for version in spec.get("versions", [])
        if version.get("served", True)
    ]
