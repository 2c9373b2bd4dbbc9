"""Podinfo: the sample application of the examples, with its autoscaler, under any name."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from automation.core.kinds import Manifest
from components import objects
from components.backend import Backend, Resources, port


@dataclass(frozen=True)
class PodinfoArgs:
    """`max_replicas` bounds the autoscaler, which scales by CPU. The image is only where the workload starts."""

    namespace: str
    image: str
    resources: Resources
    name: str = "podinfo"
    min_replicas: int = 1
    max_replicas: int = 4


class Podinfo(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """Deployment and HorizontalPodAutoscaler. Services and routes are a release's business, not the application's."""

    target: pulumi.Output[str]
    """The Deployment, as `namespace/name`."""

    def __init__(self, name: str, args: PodinfoArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Podinfo", name, None, opts)
        left_alone = pulumi.ResourceOptions(parent=self, ignore_changes=["spec.template", "spec.replicas"])
        target = objects.register(deployment(args), left_alone)
        objects.register(autoscaler(args), pulumi.ResourceOptions(parent=self))
        self.target = target.id
        self.register_outputs({"target": self.target})


def deployment(args: PodinfoArgs) -> Manifest:
    """The Deployment. It says nothing about replicas: the autoscaler does."""
    check = {"exec": {"command": ["podcli", "check", "http", "localhost:9898/healthz"]}}
    ready = {"exec": {"command": ["podcli", "check", "http", "localhost:9898/readyz"]}}
    times = {"initialDelaySeconds": 5, "timeoutSeconds": 5}
    container = {
        "name": "podinfod",
        "image": args.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [port("http", 9898), port("http-metrics", 9797), port("grpc", 9999)],
        "command": [
            "./podinfo",
            "--port=9898",
            "--port-metrics=9797",
            "--grpc-port=9999",
            f"--grpc-service-name={args.name}",
            "--level=info",
            "--random-delay=false",
            "--random-error=false",
        ],
        "env": [{"name": "PODINFO_UI_COLOR", "value": "#34577c"}],
        "livenessProbe": {**check, **times},
        "readinessProbe": {**ready, **times},
        "resources": args.resources.manifest(),
    }
    marks = {"prometheus.io/scrape": "true", "prometheus.io/port": "9797"}
    manifest = Backend(args.name, args.namespace, [container], pod_annotations=marks).deployment()
    del manifest["spec"]["replicas"]
    manifest["spec"] |= {"minReadySeconds": 5, "revisionHistoryLimit": 5, "progressDeadlineSeconds": 60}
    return manifest


def autoscaler(args: PodinfoArgs) -> Manifest:
    load = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 99}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": args.name, "namespace": args.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": args.name},
            "minReplicas": args.min_replicas,
            "maxReplicas": args.max_replicas,
            "metrics": [{"type": "Resource", "resource": load}],
        },
    }
