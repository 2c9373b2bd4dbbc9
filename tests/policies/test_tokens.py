"""The pack's type tokens are those of the resources that the stacks declare."""

from __future__ import annotations

import pulumi
import pytest

from automation.core.kinds import Manifest
from components import objects
from policies import tokens
from tests.components import documents
from tests.stacks.programs import run

JOB: Manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {}}


@pytest.mark.parametrize(
    ("token", "manifest"),
    [
        (tokens.DEPLOYMENT, documents.target()),
        (tokens.CANARY, documents.canary_document()),
        (tokens.APISIX_ROUTE, documents.route()),
        (tokens.INGRESS, {**JOB, "apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}),
        (tokens.TRAEFIK_SERVICE, {**JOB, "apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService"}),
        (tokens.JOB, JOB),
        (tokens.REPLICA_SET, {**JOB, "apiVersion": "apps/v1", "kind": "ReplicaSet"}),
        (tokens.STATEFUL_SET, {**JOB, "apiVersion": "apps/v1", "kind": "StatefulSet"}),
        (tokens.DAEMON_SET, {**JOB, "apiVersion": "apps/v1", "kind": "DaemonSet"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_token_is_that_of_its_kind(token: str, manifest: Manifest) -> None:
    def program() -> None:
        objects.register(manifest, pulumi.ResourceOptions())

    declared = run(program)
    assert [resource.typ for resource in declared.resources] == [token]
