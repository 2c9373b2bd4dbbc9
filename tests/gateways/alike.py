"""What documents, generated routes and releases of several gateways have in common."""

from __future__ import annotations

from typing import Any

from automation.core.kinds import Manifest
from automation.core.status import Phase
from gateways.gateway import Marks
from gateways.ingress import INGRESS
from tests.components.documents import OWNER
from tests.core.documents import MISSING, document
from tests.core.world import World

FLUX = {
    "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    "helm.toolkit.fluxcd.io/driftDetection": "disabled",
}
MARKS = Marks({"attempt": "1"}, OWNER)
METADATA: Manifest = {
    "name": "podinfo",
    "namespace": "test",
    "labels": {},
    "annotations": {**FLUX, "attempt": "1"},
    "ownerReferences": [OWNER],
}
"""Of a route that is named after the apex."""


def behind(provider: str, changes: dict[str, Any] | None = None) -> Manifest:
    """A document for a gateway to which the Canary alone says everything; two failed checks end a run."""
    plain = {"spec.provider": provider, "spec.routeRef": MISSING, "spec.analysis.threshold": 2}
    return document({**plain, **(changes or {})})


def behind_an_ingress(provider: str, changes: dict[str, Any] | None = None) -> Manifest:
    """The shape of Flagger's own documents for gateways that read an Ingress of people's."""
    reference = {"apiVersion": INGRESS.api_version, "kind": INGRESS.kind, "name": "podinfo"}
    return behind(provider, {"spec.ingressRef": reference, **(changes or {})})


def path(service: str = "podinfo", at: str = "/", port: int | str = 80) -> Manifest:
    """Of an Ingress."""
    named = {"name": port} if isinstance(port, str) else {"number": port}
    return {"path": at, "pathType": "Prefix", "backend": {"service": {"name": service, "port": named}}}


def promoted_and_rolled_back(world: World) -> None:
    """A good release by weight, and then one whose checks fail: primary keeps the good one."""
    world.release("v2")
    world.until(Phase.SUCCEEDED)
    assert world.weights == [0, 10, 20, 30, 40, 50, 0]
    world.answer = lambda seen, check: seen.measured(40.0 if seen.status.traffic.canary else 100.0)
    world.release("v3")
    world.until(Phase.FAILED)
    assert world.primary_revision == "v2"
