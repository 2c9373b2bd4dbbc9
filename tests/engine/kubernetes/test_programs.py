"""What other programs do: decoding needs none, charts and kustomizations do, and their absence is told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.kubernetes import KubernetesPackage
from engine.kubernetes.cluster import Cluster
from engine.kubernetes.provider import KubernetesProvider
from engine.provider import Operation, ProviderError
from tests.engine.kubernetes.conftest import Resource

Make = Callable[..., Resource]
OPERATION = Operation(urn="urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::shop")
RELEASE = "kubernetes:helm.sh/v3:Release"

needs_helm = pytest.mark.skipif(not shutil.which("helm"), reason="helm is not on PATH")
needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kubectl")),
    reason="neither kustomize nor kubectl is on PATH",
)


@pytest.fixture
def offline() -> KubernetesProvider:
    """A provider without a cluster."""
    return KubernetesPackage().configure({"kubeconfig": "/nowhere"})


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart with one ConfigMap and one value."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: '4'\n")
    (tmp_path / "values.yaml").write_text("color: blue\n")
    (tmp_path / "templates" / "settings.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-settings\n"
        "  namespace: {{ .Release.Namespace }}\ndata:\n  color: {{ .Values.color }}\n"
    )
    return tmp_path


def test_yaml_is_decoded_into_objects(offline: KubernetesProvider) -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {day: 2026-01-01, port: "80"}
---
# nothing
---
kind: NoVersion
---
apiVersion: v1
kind: Namespace
metadata: {name: b}
"""
    found = offline.invoke(OPERATION, "kubernetes:yaml:decode", {"text": text, "defaultNamespace": "n"})
    assert found == {
        "result": [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "a", "namespace": "n"},
                "data": {"day": "2026-01-01", "port": "80"},
            },
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}},
        ]
    }


def test_yaml_that_is_none_is_refused(offline: KubernetesProvider) -> None:
    with pytest.raises(ProviderError, match="the YAML text can't be decoded"):
        offline.invoke(OPERATION, "kubernetes:yaml:decode", {"text": "a: [\n"})


def test_an_unknown_function_is_answered_with_the_known_ones(offline: KubernetesProvider) -> None:
    with pytest.raises(ProviderError, match=r"has no function kubernetes:x:y; it has kubernetes:yaml:decode"):
        offline.invoke(OPERATION, "kubernetes:x:y", {})


def test_without_helm_charts_and_releases_are_refused(
    offline: KubernetesProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    sentence = r"needs `helm` on PATH to .*: install it, or run the program with the official Pulumi CLI"
    with pytest.raises(ProviderError, match=sentence):
        offline.invoke(OPERATION, "kubernetes:helm:template", {"jsonOpts": "{}"})
    (failure,) = offline.check(OPERATION, RELEASE, {}, {"chart": "x"}, b"").failures
    assert "needs `helm` on PATH to manage Helm releases" in failure.reason
    with pytest.raises(
        ProviderError, match="needs `kustomize` or `kubectl` on PATH to build a kustomization"
    ):
        offline.invoke(OPERATION, "kubernetes:kustomize:directory", {"directory": "."})


def test_a_program_that_fails_is_quoted(
    offline: KubernetesProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "helm"
    program.write_text("#!/bin/sh\necho 'no such chart' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ProviderError, match="`helm` failed to render the chart x: no such chart"):
        offline.invoke(OPERATION, "kubernetes:helm:template", {"jsonOpts": '{"chart": "x"}'})


@needs_kustomize
def test_a_kustomization_is_built(offline: KubernetesProvider, tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("namePrefix: x-\nresources: [a.yaml]\n")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    found = offline.invoke(OPERATION, "kubernetes:kustomize:directory", {"directory": str(tmp_path)})
    assert found["result"] == [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x-a"}}]


@needs_helm
def test_a_chart_is_rendered(offline: KubernetesProvider, chart: Path) -> None:
    options = {"path": str(chart), "release_name": "r", "namespace": "n", "values": {"color": "red"}}
    found = offline.invoke(OPERATION, "kubernetes:helm:template", {"jsonOpts": json.dumps(options)})
    assert [(item["metadata"], item["data"]) for item in found["result"]] == [
        ({"name": "r-settings", "namespace": "n"}, {"color": "red"})
    ]


@needs_helm
def test_a_release_is_installed_upgraded_and_removed(
    resource: Make, cluster: Cluster, namespace: str, chart: Path
) -> None:
    def release(color: str) -> dict[str, Any]:
        return {"chart": str(chart), "namespace": namespace, "values": {"color": color}}

    thing, maps = (
        resource("helm.sh/v3:Release", name="shop"),
        cluster.collection("v1", "ConfigMap", namespace),
    )
    outputs = thing.up(release("red"))
    assert thing.id == f"{namespace}/shop-0a1b2c3d"
    assert outputs["status"]["status"] == "deployed"
    assert (outputs["status"]["version"], outputs["status"]["appVersion"]) == ("1.2.3", "4")
    assert outputs["resourceNames"] == {"ConfigMap/v1": [f"{namespace}/shop-0a1b2c3d-settings"]}
    assert thing.diff(release("blue")).changed == ("values",)
    assert thing.up(release("blue"))["status"]["revision"] == 2
    settings = maps.get("shop-0a1b2c3d-settings")
    assert settings
    assert settings["data"] == {"color": "blue"}
    assert thing.read().outputs["status"]["revision"] == 2
    thing.down()
    assert maps.get("shop-0a1b2c3d-settings") is None
    assert thing.read().id == ""
    thing.down()
