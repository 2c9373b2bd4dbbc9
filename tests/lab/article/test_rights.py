"""A driver that may do what `sluice rights` says, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.lab.article.application import adopted
from tests.lab.article.ground import Ground

pytestmark = pytest.mark.lab

NAMESPACE = "sluice"


@pytest.fixture
def limited(ground: Ground, tmp_path: Path) -> Iterator[Ground]:
    """The ground as a driver's own ServiceAccount has it."""
    rights, kubeconfig = tmp_path / "rights.yaml", tmp_path / "kubeconfig"
    rights.write_text(ground.sluice("rights"))
    kubectl = ground.kubectl(NAMESPACE)
    kubectl("create", "namespace", NAMESPACE)
    try:
        kubectl("apply", "-f", str(rights))
        known = yaml.safe_load(ground.lab.kubeconfig.read_text())
        for user in known["users"]:
            user["user"] = {"token": kubectl("create", "token", "sluice").strip()}
        kubeconfig.write_text(yaml.safe_dump(known))
        yield replace(ground, environment={**ground.environment, "KUBECONFIG": str(kubeconfig)})
    finally:
        kubectl("delete", "-f", str(rights), "--wait=false")
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_a_driver_needs_no_other_rights_to_initialise_to_promote_and_to_roll_back(
    limited: Ground, namespace: str
) -> None:
    # given
    podinfo = adopted(limited, namespace, threshold=1)
    # when, then
    podinfo.release("6.0.1")
    assert podinfo.image("podinfo-primary").endswith(":6.0.1")
    # when
    limited.lab.fault("podinfo:6.0.2", error_rate=1.0)
    # then
    said = podinfo.release("6.0.2", expect=20)
    assert "forbidden" not in said
    assert podinfo.split == (100, 0)
