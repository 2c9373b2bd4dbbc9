"""One lab for all tests that need one, brought up when the first of them asks for it."""

import os
from collections.abc import Iterator

import pytest

from automation.cluster.client import Cluster
from lab import Lab
from tests.automation.cluster.objects import SPACE


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A running lab. Tests share it: use a namespace of your own, and undo what you do to its components."""
    running = Lab.up(f"tests-{os.getpid()}")
    yield running
    running.down()


@pytest.fixture(scope="session")
def contract_cluster(lab: Lab) -> Cluster:
    """The lab's cluster with the namespace in which contracts are told."""
    cluster = Cluster.connect(str(lab.kubeconfig))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    cluster.request("POST", "/api/v1/namespaces", body=body)
    return cluster
