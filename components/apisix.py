"""ApisixGateway: the way into the cluster, from pinned manifests or from the official Helm chart."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from components import apisix_manifests, objects
from components.apisix_manifests import ManifestArgs


@dataclass(frozen=True)
class ChartArgs:
    """The official chart, for a cluster with internet. `values` override those of this component, key by key."""

    version: str = "0.11.3"
    repository: str = "https://charts.apiseven.com"
    values: dict[str, object] | None = None


@dataclass(frozen=True)
class ApisixGatewayArgs:
    """`namespace` must exist. `via` says where the gateway comes from."""

    namespace: str
    via: ManifestArgs | ChartArgs


class ApisixGateway(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """APISIX with its ingress controller and its measurements open to Prometheus."""

    service: pulumi.Output[str]
    """The Service that takes users' requests, as `name.namespace`."""

    def __init__(
        self, name: str, args: ApisixGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("sluice:index:ApisixGateway", name, None, opts)
        if isinstance(args.via, ChartArgs):
            self._install(args.namespace, args.via)
        else:
            self._declare(args.namespace, args.via)
        self.service = pulumi.Output.from_input(f"{apisix_manifests.GATEWAY}.{args.namespace}")
        self.register_outputs({"service": self.service})

    def _declare(self, namespace: str, args: ManifestArgs) -> None:
        here = pulumi.ResourceOptions(parent=self)
        before = [
            objects.register(manifest, here) for manifest in apisix_manifests.foundation(namespace, args)
        ]
        after = pulumi.ResourceOptions(parent=self, depends_on=before)
        for manifest in apisix_manifests.workloads(namespace, args):
            objects.register(manifest, after)

    def _install(self, namespace: str, args: ChartArgs) -> None:
        kubernetes.helm.v3.Release(
            "apisix",
            name="apisix",
            namespace=namespace,
            chart="apisix",
            version=args.version,
            repository_opts={"repo": args.repository},
            values=chart_values(namespace, args.values or {}),
            opts=pulumi.ResourceOptions(parent=self),
        )


def chart_values(namespace: str, overrides: dict[str, object]) -> dict[str, object]:
    """The chart's values: annotations and exporter for Prometheus, ingress controller on; then `overrides`."""
    values: dict[str, object] = {
        "apisix": {"podAnnotations": apisix_manifests.SCRAPED},
        "pluginAttrs": {"prometheus": apisix_manifests.EXPORTER},
        "ingress-controller": {"enabled": True, "config": {"apisix": {"serviceNamespace": namespace}}},
    }
    return _laid_over(values, overrides)


def _laid_over(values: dict[str, object], overrides: dict[str, object]) -> dict[str, object]:
    merged = dict(values)
    for key, value in overrides.items():
        below = merged.get(key)
        merged[key] = (
            _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return merged
