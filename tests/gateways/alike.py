"""What the generated routes of several gateways have in common."""

from __future__ import annotations

from automation.core.kinds import Manifest
from gateways.gateway import Marks
from tests.components.documents import OWNER

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
