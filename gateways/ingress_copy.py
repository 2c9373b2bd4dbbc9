"""Gateways that are told the shares by annotations of a second Ingress, beside the user's, which is only read."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.kinds import Manifest
from automation.core.marks import UNMANAGED_BY_FLUX, inherited
from automation.core.refusal import Problem
from automation.core.spec import Canary
from gateways import ingress
from gateways.gateway import Marks, Source
from gateways.ingress import INGRESS


class IngressCopy:
    """What these have in common; each says for itself which annotations it obeys, and what stands in the second."""

    source = Source(
        field="ingressRef",
        kind=INGRESS,
        unnamed=Problem(
            "spec.ingressRef",
            "ingress selector is empty",
            "name the Ingress that leads to the apex Service",
        ),
        shape=ingress.SHAPE,
        formerly=("extensions",),
    )
    kind = INGRESS
    companions = ()
    says = ()

    def unable(self, canary: Canary) -> tuple[Problem, ...]:
        return ()

    def route_name(self, canary: Canary) -> str:
        """Flagger's name."""
        return f"{canary.route.name if canary.route else canary.target.name}-canary"

    def rest_on(self, canary: Canary, marks: Marks) -> tuple[Manifest, ...]:
        return ()

    def hosts(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        return ingress.hosts(canary, source) if source else ()

    def reaches_service(self, canary: Canary, source: Manifest | None) -> bool:
        return False

    def copied(
        self, canary: Canary, source: Manifest, annotations: Mapping[str, str], spec: Manifest, marks: Marks
    ) -> Manifest:
        """The second Ingress, with these annotations beside those of Sluice."""
        return {
            "apiVersion": INGRESS.api_version,
            "kind": INGRESS.kind,
            "metadata": {
                "name": canary.route_name or self.route_name(canary),
                "namespace": canary.namespace,
                "labels": inherited(source["metadata"].get("labels")),
                "annotations": {**annotations, **UNMANAGED_BY_FLUX, **marks.annotations},
                "ownerReferences": [marks.owner],
            },
            "spec": spec,
        }


def annotations_of(thing: Manifest) -> dict[str, str]:
    return dict(thing["metadata"].get("annotations") or {})


def annotations_of_people(source: Manifest) -> dict[str, str]:
    """Those of the user's Ingress that are for the second, too."""
    return inherited(source["metadata"].get("annotations"))
