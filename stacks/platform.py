"""The platform stack: what releases stand on, in the order in which one part needs another."""

from __future__ import annotations

import base64
import secrets

import pulumi
import pulumi_kubernetes as kubernetes

from automation.cluster.client import Cluster
from automation.core.kinds import NAMESPACE, SECRET
from automation.core.marks import MADE_FOR
from components import apisix_manifests, objects
from components.apisix import ApisixGateway, ApisixGatewayArgs, ChartArgs
from components.apisix_manifests import ManifestArgs
from components.backend import Resources
from components.definitions import (
    APISIX_GROUP,
    CANARY_GROUP,
    ROLLOUT_GROUP,
    CanaryDefinitions,
    DefinitionsArgs,
)
from components.loadtester import LoadTester, LoadTesterArgs
from components.prometheus import Prometheus, PrometheusArgs
from stacks import monitors, rivals
from stacks.files import PROJECT
from stacks.settings import (
    GatewaySettings,
    LoadTesterSettings,
    PlatformSettings,
    PrometheusSettings,
    ResourceSettings,
    Settings,
)


def declare(settings: Settings, cluster: Cluster) -> None:
    """Declares the platform of an environment and exports its addresses.

    Raises Refused when Flagger runs in the cluster or a ServiceMonitor can't be read; ClusterAway or
    ClusterRefused when the cluster can't be.
    """
    rivals.refuse_flagger(cluster)
    platform = settings.platform
    provider = kubernetes.Provider(
        "cluster",
        kubeconfig=settings.cluster.kubeconfig,
        context=settings.cluster.context,
        cluster_identifier=cluster.identity(),
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        # Namespaces that are there already join the stack.
        upsert_existing_objects=True,
    )
    base = pulumi.ResourceOptions(provider=provider)
    before = _declare_namespaces(settings, cluster, base)
    if groups := _groups(platform):
        before.append(CanaryDefinitions("definitions", DefinitionsArgs(groups), base))
    after = pulumi.ResourceOptions(provider=provider, depends_on=before)
    if platform.gateway is not None:
        _gateway(platform.gateway, cluster, after)
    if platform.prometheus is not None:
        _prometheus(platform.prometheus, after)
    if platform.loadtester is not None:
        _loadtester(platform.loadtester, after)


def _namespaces(platform: PlatformSettings) -> list[str]:
    parts = (platform.gateway, platform.prometheus, platform.loadtester)
    return sorted({*platform.namespaces, *(part.namespace for part in parts if part is not None)})


def _declare_namespaces(
    settings: Settings, cluster: Cluster, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Those that somebody else made are left to them: they stay when the stack goes."""
    live = {
        one["metadata"]["name"]: one["metadata"].get("annotations") or {} for one in cluster.select(NAMESPACE)
    }
    mark = {MADE_FOR: settings.platform_stack}
    declared: list[pulumi.Resource] = []
    for name in _namespaces(settings.platform):
        ours = name not in live or mark.items() <= live[name].items()
        metadata = {"name": name, "annotations": mark} if ours else {"name": name}
        kept = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=not ours))
        declared.append(
            objects.register({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, kept)
        )
    return declared


def _groups(platform: PlatformSettings) -> tuple[str, ...]:
    """The chart brings the gateway's kinds itself."""
    groups = {
        CANARY_GROUP: platform.definitions,
        ROLLOUT_GROUP: platform.rollouts,
        APISIX_GROUP: platform.gateway is not None and platform.gateway.via == "manifests",
    }
    return tuple(group for group, declared in groups.items() if declared)


def _gateway(settings: GatewaySettings, cluster: Cluster, opts: pulumi.ResourceOptions) -> None:
    via: ChartArgs | ManifestArgs
    if settings.via == "helm":
        via = ChartArgs(settings.chart.version, settings.chart.repository, dict(settings.chart.values))
    else:
        via = ManifestArgs(
            gateway_image=settings.image,
            controller_image=settings.controller_image,
            synchroniser_image=settings.synchroniser_image,
            admin_key=pulumi.Output.secret(_admin_key(settings.namespace, cluster)),
            resources=_resources(settings.resources),
            replicas=settings.replicas,
            service_type=settings.service_type,
        )
    gateway = ApisixGateway("gateway", ApisixGatewayArgs(settings.namespace, via), opts)
    address = gateway.service.apply(lambda service: f"http://{service}")
    pulumi.export("gateway", address)
    pulumi.export("gatewayUrl", settings.url or address)


def _admin_key(namespace: str, cluster: Cluster) -> str:
    """The key that guards the gateway's admin API: made once, then kept by the cluster."""
    kept = cluster.get(SECRET, namespace, apisix_manifests.ADMIN)
    encoded = ((kept or {}).get("data") or {}).get("key")
    return base64.b64decode(encoded).decode() if encoded else secrets.token_hex(16)


def _prometheus(settings: PrometheusSettings, opts: pulumi.ResourceOptions) -> None:
    args = PrometheusArgs(
        namespace=settings.namespace,
        image=settings.image,
        scrape_interval=settings.scrape_interval,
        retention=settings.retention,
        resources=_resources(settings.resources),
        name=settings.name,
        storage=settings.storage,
        monitors=monitors.read(settings.service_monitors, PROJECT),
    )
    pulumi.export("prometheus", Prometheus("prometheus", args, opts).url)


def _loadtester(settings: LoadTesterSettings, opts: pulumi.ResourceOptions) -> None:
    args = LoadTesterArgs(settings.namespace, settings.image, _resources(settings.resources), settings.name)
    pulumi.export("loadtester", LoadTester("loadtester", args, opts).url)


def _resources(settings: ResourceSettings) -> Resources:
    return Resources(**settings.model_dump())
