"""Prometheus: the measurements that releases are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import yaml

from automation.core.kinds import Manifest
from components import objects
from components.backend import Backend, Resources, account, config_map, port, probe, read_once, rule
from components.service_monitors import jobs


@dataclass(frozen=True)
class PrometheusArgs:
    """`name` is that of Deployment and Service. Durations are Prometheus texts ("5s", "2h").

    `storage` is the size of a volume claim such as "10Gi"; without one, samples live as long as the pod. `monitors` are
    ServiceMonitors that can be read (`components.service_monitors`).
    """

    namespace: str
    image: str
    scrape_interval: str
    retention: str
    resources: Resources
    name: str = "flagger-prometheus"
    storage: str | None = None
    monitors: tuple[Manifest, ...] = ()


class Prometheus(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """A server that finds every pod annotated with `prometheus.io/scrape: "true"` and names the usual labels, and what
    ServiceMonitors say."""

    url: pulumi.Output[str]
    """In-cluster address, as metric templates name it."""

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Prometheus", name, None, opts)
        here = pulumi.ResourceOptions(parent=self)
        before = [objects.register(manifest, here) for manifest in _foundation(args)]
        workload = _workload(args)
        objects.register(workload.deployment(), pulumi.ResourceOptions(parent=self, depends_on=before))
        objects.register(
            workload.service(args.name, [{"name": "http", "port": 9090, "targetPort": "http"}]), here
        )
        self.url = pulumi.Output.from_input(f"http://{args.name}.{args.namespace}:9090")
        self.register_outputs({"url": self.url})


def scrape_configuration(interval: str) -> Manifest:
    """Prometheus' own configuration: annotated pods, by the annotations `prometheus.io/{scrape,port,path,scheme}`.

    Label names are those that the model's queries use: kubernetes_namespace and kubernetes_pod_name.
    """
    mark = "__meta_kubernetes_pod_annotation_prometheus_io_"
    relabel: list[dict[str, Any]] = [
        {"source_labels": [f"{mark}scrape"], "action": "keep", "regex": "true"},
        {"source_labels": ["__meta_kubernetes_pod_container_init"], "action": "drop", "regex": "true"},
        {
            "source_labels": ["__meta_kubernetes_pod_phase"],
            "action": "drop",
            "regex": "Pending|Succeeded|Failed",
        },
        {
            "source_labels": [f"{mark}scheme"],
            "action": "replace",
            "regex": "(https?)",
            "target_label": "__scheme__",
        },
        {
            "source_labels": [f"{mark}path"],
            "action": "replace",
            "regex": "(.+)",
            "target_label": "__metrics_path__",
        },
        {
            "source_labels": ["__address__", f"{mark}port"],
            "action": "replace",
            "regex": r"([^:]+)(?::\d+)?;(\d+)",
            "replacement": "$1:$2",
            "target_label": "__address__",
        },
        {"action": "labelmap", "regex": "__meta_kubernetes_pod_label_(.+)"},
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "kubernetes_namespace"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "kubernetes_pod_name"},
    ]
    job = {
        "job_name": "kubernetes-pods",
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": relabel,
    }
    return {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": [job]}


def _foundation(args: PrometheusArgs) -> tuple[Manifest, ...]:
    rules = [
        rule(["discovery.k8s.io"], ["endpointslices"], ["get", "list", "watch"]),
        rule([""], ["nodes", "services", "endpoints", "pods", "nodes/metrics"], ["get", "list", "watch"]),
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ]
    configuration = config_map(args.name, args.namespace, {"prometheus.yml": _configuration(args)})
    manifests = (*account(args.name, args.namespace, rules), configuration)
    return (*manifests, _claim(args)) if args.storage else manifests


def _configuration(args: PrometheusArgs) -> str:
    configuration = scrape_configuration(args.scrape_interval)
    for monitor in args.monitors:
        configuration["scrape_configs"] += jobs(monitor, args.namespace)
    return yaml.safe_dump(configuration, sort_keys=False)


def _claim(args: PrometheusArgs) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": args.name, "namespace": args.namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": args.storage}}},
    }


def _workload(args: PrometheusArgs) -> Backend:
    container = {
        "name": "prometheus",
        "image": args.image,
        "args": [
            f"--storage.tsdb.retention.time={args.retention}",
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
        ],
        "ports": [port("http", 9090)],
        "livenessProbe": probe("/-/healthy", "http"),
        "readinessProbe": probe("/-/ready", "http", period=2),
        "resources": args.resources.manifest(),
        "volumeMounts": [
            {"name": "configuration", "mountPath": "/etc/prometheus"},
            {"name": "samples", "mountPath": "/prometheus"},
        ],
    }
    samples: Manifest = (
        {"persistentVolumeClaim": {"claimName": args.name}} if args.storage else {"emptyDir": {}}
    )
    volumes = [{"name": "configuration", "configMap": {"name": args.name}}, {"name": "samples", **samples}]
    marks = read_once(_configuration(args))
    return Backend(args.name, args.namespace, [container], volumes, args.name, pod_annotations=marks)
