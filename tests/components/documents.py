"""The documents of the APISIX example, as the tests read and change them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from automation.core.evidence import CheckResult, Evidence
from automation.core.kinds import Manifest
from automation.core.spec import Canary
from automation.core.status import Placement, Traffic
from components.revision import Revision
from documents.front import canary_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "apisix"
MEASURED = CheckResult("request-success-rate", "metric", True, 100.0, 99.0, None, "success rate 100.00%")
OWNER = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "Canary",
    "name": "podinfo",
    "uid": "canary-uid",
    "controller": True,
    "blockOwnerDeletion": True,
}


def example(name: str, kind: str) -> Manifest:
    """The document of a kind in one of the example's files."""
    documents = yaml.safe_load_all((EXAMPLES / name).read_text())
    return next(document for document in documents if document["kind"] == kind)


def target() -> Manifest:
    return example("podinfo.yaml", "Deployment")


def autoscaler() -> Manifest:
    return example("podinfo.yaml", "HorizontalPodAutoscaler")


def route() -> Manifest:
    return example("podinfo-apisixroute.yaml", "ApisixRoute")


def canary_document(**spec: Any) -> Manifest:
    """The article's Canary with top-level fields of its spec replaced; None takes a field away."""
    document = copy.deepcopy(example("podinfo-canary.yaml", "Canary"))
    document["spec"] |= spec
    document["spec"] = {key: value for key, value in document["spec"].items() if value is not None}
    return document


def canary(**spec: Any) -> Canary:
    return canary_of(canary_document(**spec))


def revision(**fields: Any) -> Revision:
    """The example's target as a recorded revision."""
    known: dict[str, Any] = {"hash": "5d8c", "template": target()["spec"]["template"]}
    return Revision(**(known | fields))


def placement(weight: int = 20, apex: Any = "primary", revision: str = "5d8c") -> Placement:
    """A step to a weight, ten percent up, with one passed check."""
    before = Traffic(max(0, weight - 10))
    evidence = Evidence(before, Traffic(weight), (MEASURED,), (), "2026-01-31T12:00:00Z")
    return Placement("attempt-1", apex, Traffic(weight), revision, evidence)
