"""What a driver may do: every kind that it deals in, once, and nothing of what it has no business with."""

from __future__ import annotations

import pytest

import gateways.registry as gateways
import workloads.registry as workloads
from automation.core.kinds import CANARY, SECRET, SERVICE, Kind
from automation.driver.rights import LOOK, MAKE, rights

VERBS = {(right.group, right.resource): right.verbs for right in rights()}


def test_each_resource_stands_once() -> None:
    assert len(VERBS) == len(rights())


@pytest.mark.parametrize(
    "kind", sorted(gateways.kinds() | workloads.kinds(), key=str), ids=lambda kind: kind.kind
)
def test_what_gateways_and_workloads_need_is_made(kind: Kind) -> None:
    assert VERBS[kind.group, kind.plural] == MAKE


@pytest.mark.parametrize(
    ("group", "resource", "verbs"),
    [
        (CANARY.group, "canaries", (*LOOK, "update", "patch")),
        (CANARY.group, "canaries/status", ("update", "patch")),
        (SERVICE.group, "services/proxy", ("get", "create")),
        (SECRET.group, "secrets", MAKE),
        ("", "pods/eviction", ("create",)),
        ("authorization.k8s.io", "subjectaccessreviews", ("create",)),
    ],
)
def test_single_rights(group: str, resource: str, verbs: tuple[str, ...]) -> None:
    assert VERBS[group, resource] == verbs


@pytest.mark.parametrize("resource", ["nodes", "clusterroles", "pods/exec", "serviceaccounts", "*"])
def test_what_is_no_business_of_its_own(resource: str) -> None:
    assert ("", resource) not in VERBS
    assert ("rbac.authorization.k8s.io", resource) not in VERBS
