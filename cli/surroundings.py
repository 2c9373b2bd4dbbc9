"""What surrounds each Canary of some documents: what it names, and which of them hold that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from automation.core import revision_hash
from automation.core.analysis import MetricCheck
from automation.core.kinds import ALERT_PROVIDER, CONFIG_KINDS, METRIC_TEMPLATE, SERVICE, Manifest
from automation.core.spec import Canary
from cli.findings import Finding
from cli.sharing import Claims
from gateways.registry import gateway_of, source_of
from stacks.manifests import Found
from workloads.registry import WORKLOADS, workload_of
from workloads.selector import STRANGERS, Neighbour, labels_of, strangers_labels

Place = tuple[str, str, str]
"""Kind, namespace and name."""


def place_of(document: Manifest) -> Place:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(document.get("kind")), _text(metadata, "namespace", "default"), _text(metadata, "name", "?")


def _text(metadata: Manifest, name: str, default: str) -> str:
    value = metadata.get(name)
    return value if isinstance(value, str) and value else default


Placed = Mapping[Place, Sequence[Found]]
"""Documents by their place: one may be there in several versions, what is applied now, say, and what is to follow."""


def placed(found: Sequence[Found]) -> Placed:
    by_place: dict[Place, list[Found]] = {}
    for one in found:
        by_place.setdefault(place_of(one.document), []).append(one)
    return by_place


@dataclass(frozen=True)
class Around:
    """All documents: those that nothing is wrong with, and the others. `claims` are of Canaries among the former."""

    legible: Placed
    broken: Placed
    claims: Claims

    def labelled(self, namespace: str, label: tuple[str, str]) -> Sequence[Neighbour]:
        """The workloads whose pods have a label of this name and value."""
        return self._labelled.get((namespace, *label), ())

    @cached_property
    def _labelled(self) -> Mapping[tuple[str, ...], Sequence[Neighbour]]:
        found: dict[tuple[str, ...], list[Neighbour]] = {}
        for (kind, namespace, name), versions in self.legible.items():
            for one in versions:
                labels = _labels(kind, one.document)
                for label in labels.items():
                    found.setdefault((namespace, *label), []).append((kind, name, labels))
        return found


def _labels(kind: str, document: Manifest) -> Mapping[str, str]:
    """Those of a workload's pods; none of what is no workload."""
    if kind in WORKLOADS:
        return labels_of(WORKLOADS[kind].template(document))
    return strangers_labels(document) if kind in STRANGERS else {}


@dataclass(frozen=True)
class Reference:
    """What a Canary names in a field."""

    field: str
    kind: str
    namespace: str
    name: str

    @property
    def place(self) -> Place:
        return self.kind, self.namespace, self.name


@dataclass(frozen=True)
class Subject:
    """A Canary under review."""

    found: Found
    canary: Canary
    around: Around

    def problem(self, text: object, origin: str = "") -> Finding:
        return Finding("problem", origin or self.found.origin, f"Canary {self.canary.full_name}: {text}")

    def remark(self, text: object, origin: str = "") -> Finding:
        return Finding("remark", origin or self.found.origin, f"Canary {self.canary.full_name}: {text}")

    def near(self, reference: Reference | None) -> Sequence[Found]:
        """The versions of what the Canary names, as far as they are what they should be."""
        return self.around.legible.get(reference.place, ()) if reference else ()

    def broken(self, reference: Reference) -> Sequence[Found]:
        """The versions of it that something is wrong with."""
        return self.around.broken.get(reference.place, ())

    @property
    def target(self) -> Reference:
        return self._named("spec.targetRef", self.canary.target.kind, self.canary.target.name)

    @property
    def apex(self) -> Reference:
        """A Service that may be there before: nobody has to have one."""
        return self._named("spec.service.name", SERVICE.kind, self.canary.apex)

    @property
    def source(self) -> Reference | None:
        source, named = gateway_of(self.canary).source, source_of(self.canary)
        return self._named(f"spec.{source.field}", named[0].kind, named[1]) if source and named else None

    @property
    def autoscaler(self) -> Reference | None:
        named = self.canary.autoscaler
        return self._named("spec.autoscalerRef", named.kind, named.name) if named else None

    @property
    def configs(self) -> list[Reference]:
        """The configuration that the target can't do without."""
        templates = [workload_of(self.canary).template(one.document) for one in self.near(self.target)]
        return [
            self._named("spec.targetRef", CONFIG_KINDS[reference.kind].kind, reference.name)
            for template in templates
            for reference in revision_hash.tracked_references(template)
            if not reference.optional
        ]

    @property
    def references(self) -> list[Reference]:
        named = (self.target, self.source, self.autoscaler)
        templates = (template_of(check) for check in self.canary.analysis.checks)
        return [one for one in (*named, *templates, *self.listeners, *self.configs) if one is not None]

    @property
    def listeners(self) -> list[Reference]:
        """The AlertProviders that hear of it."""
        return [
            Reference("spec.analysis.alerts", ALERT_PROVIDER.kind, one.namespace, one.provider)
            for one in self.canary.analysis.alerts
        ]

    @property
    def lacking(self) -> list[Reference]:
        """What it names and no document holds as it should be."""
        return [one for one in dict.fromkeys(self.references) if not self.near(one)]

    def _named(self, field: str, kind: str, name: str) -> Reference:
        return Reference(field, kind, self.canary.namespace, name)


def template_of(check: MetricCheck) -> Reference | None:
    if check.template is None:
        return None
    return Reference(
        f"metric {check.name} can't be measured",
        METRIC_TEMPLATE.kind,
        check.template.namespace,
        check.template.name,
    )
