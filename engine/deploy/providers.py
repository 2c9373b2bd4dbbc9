"""Configured providers by reference, and the provider of provider resources themselves."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping

from engine import urn as urns
from engine.errors import EngineError
from engine.provider import Change, Checked, Diff, Operation, Package, Provider, Read
from engine.resource import Resource
from engine.values import PropertyMap, has_unknown
from engine.wire import UNKNOWN_TEXT

INTERNAL = "__internal"


class Unconfigured:
    """Stands in for a provider whose configuration is only known after the update: everything about it is unknown."""

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        return Checked(news)

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        operation.log(
            "warning",
            "The provider for this resource has inputs that are not known during preview. "
            "This preview may not correctly represent the changes that will be applied during an update.",
            False,
        )
        return Diff(Change.SOME)

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        return "", {}

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        return {}

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        return Read(id)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        return

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap:
        return {}


class ProviderResources:
    """The provider of provider resources: checks and compares configurations, hands out ids, makes nothing."""

    def __init__(self, package: Package):
        self._package = package

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        if has_unknown(news):
            return Checked(news)
        checked = self._package.check_config(operation, public(news))
        kept = {INTERNAL: news[INTERNAL]} if INTERNAL in news else {}
        return Checked({**checked.inputs, **kept}, checked.failures)

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        return self._package.diff_config(operation, public(old_inputs), public(news))

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        return "" if operation.preview else str(uuid.uuid4()), public(news)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        return public(news)

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        raise EngineError(
            f"provider '{urns.name_of(operation.urn)}' cannot be read or imported; declare it instead"
        )

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        return

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap:
        raise EngineError(f"a provider resource has no function '{token}'")


class Providers:
    """Providers of a run, configured when they are first needed.

    `find` looks up a provider resource of the state by URN and id. May be used from any thread.
    """

    def __init__(self, packages: Mapping[str, Package], find: Callable[[str, str], Resource | None]):
        self._packages, self._find = packages, find
        self._inputs: dict[str, tuple[str, PropertyMap]] = {}
        self._configured: dict[str, Provider] = {}
        self._lock = threading.Lock()

    def package(self, name: str) -> Package:
        """Raises `EngineError` for a package that this engine does not run."""
        found = self._packages.get(name)
        if found is None:
            runs = ", ".join(sorted(self._packages)) or "no packages"
            raise EngineError(
                f"no resource plugin 'pulumi-resource-{name}' found: the embedded engine runs {runs} only; "
                "for other packages install the official Pulumi CLI (https://www.pulumi.com/docs/install/)"
            )
        return found

    def learn(self, resource: Resource) -> None:
        """A provider resource has got this state: from now on it serves its resources so."""
        reference = reference_of(resource)
        with self._lock:
            self._inputs[reference] = (urns.package_of(resource.type), resource.inputs)
            self._configured.pop(reference, None)

    def knows(self, reference: str) -> bool:
        """Whether the program has registered this provider."""
        return reference in self._inputs

    def get(self, reference: str) -> Provider:
        """The provider that a resource refers to. Raises `EngineError` if there is no such provider."""
        with self._lock:
            found = self._configured.get(reference)
            if found is None:
                package, inputs = self._inputs.get(reference) or self._remembered(reference)
                found = (
                    Unconfigured() if has_unknown(inputs) else self.package(package).configure(public(inputs))
                )
                self._configured[reference] = found
            return found

    def _remembered(self, reference: str) -> tuple[str, PropertyMap]:
        urn, id = urns.split_reference(reference)
        resource = self._find(urn, id)
        if resource is None:
            raise EngineError(f"unknown provider '{reference}': the state does not hold it")
        return urns.package_of(resource.type), resource.inputs

    def serving(self, resource: Resource) -> Provider:
        """The provider of a resource: of provider resources this module's own, else the one referred to."""
        if urns.is_provider(resource.type):
            return ProviderResources(self.package(urns.package_of(resource.type)))
        return self.get(resource.provider)


def reference_of(resource: Resource) -> str:
    """How resources refer to this provider resource; one that is yet to be created has a placeholder for an id."""
    return urns.provider_reference(resource.urn, resource.id or UNKNOWN_TEXT)


def plugin_inputs(version: str, download_url: str) -> PropertyMap:
    """What a provider's inputs say of its plugin, none if nothing is known of it."""
    if not version and not download_url:
        return {}
    told = {"version": version} if version else {}
    return {**told, INTERNAL: {"pluginDownloadURL": download_url} if download_url else {}}


def public(inputs: PropertyMap) -> PropertyMap:
    """A provider's inputs without what is meant for the engine alone."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}
