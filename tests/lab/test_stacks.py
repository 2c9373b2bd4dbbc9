"""The contract of stacks, held by real ones on a real cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from automation.cluster.client import Cluster
from automation.core.kinds import CONFIG_MAP, Manifest
from automation.updates import engines
from automation.updates.ports import Program
from automation.updates.stacks import Stacks
from components import objects
from lab import Lab
from tests.automation.cluster.objects import SPACE
from tests.automation.updates.contract import Site, StackUpdatesContract

PROJECT = "name: sluice\nruntime: python\n"


@pytest.fixture
def site(lab: Lab, contract_cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    backend = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": ""}
    variables = {**os.environ, **backend}

    def program(manifests: Sequence[Manifest], refuses: bool) -> Program:
        def declare() -> None:
            if refuses:
                raise pulumi.RunError("no such revision")
            provider = kubernetes.Provider("cluster", kubeconfig=str(lab.kubeconfig))
            for manifest in manifests:
                objects.register(manifest, pulumi.ResourceOptions(provider=provider))

        return declare

    yield Site(Stacks(tmp_path, engines.choose(variables), variables), contract_cluster, program)
    for name in ("one", "two"):
        contract_cluster.delete(CONFIG_MAP, SPACE, name)


class TestRealStacks(StackUpdatesContract):
    """Each test has a state of its own."""
