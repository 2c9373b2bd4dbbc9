"""APISIX without etcd and Helm: the gateway holds in memory what its controller tells it through the admin API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from automation.core.kinds import Manifest
from components.backend import Backend, Resources, account, config_map, port, probe, read_once, rule

APP = "apisix"
GATEWAY = "apisix-gateway"
ADMIN = "apisix-admin"
ADMIN_PORT = 9180
CONTROLLER = "apisix-ingress-controller"
CONTROLLER_NAME = "apisix.apache.org/apisix-ingress-controller"
SCRAPED = {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": "9091",
    "prometheus.io/path": "/apisix/prometheus/metrics",
}
EXPORTER: dict[str, object] = {
    "export_addr": {"ip": "0.0.0.0", "port": 9091},
    "export_uri": "/apisix/prometheus/metrics",
    "metric_prefix": "apisix_",
}


@dataclass(frozen=True)
class ManifestArgs:
    """Pinned images and the size of each container.

    `synchroniser_image` runs beside the controller and carries its configuration to the gateway's admin API; a
    controller that does this by itself needs none. `admin_key` guards that API and may be an Output.
    `service_type` is ClusterIP, NodePort or LoadBalancer.
    """

    gateway_image: str
    controller_image: str
    admin_key: Any
    resources: Resources
    synchroniser_image: str | None = None
    replicas: int = 1
    service_type: str = "ClusterIP"


def foundation(namespace: str, args: ManifestArgs) -> tuple[Manifest, ...]:
    """What the workloads refer to: configuration, admin key, rights, and the class by which routes find them."""
    return (
        config_map(APP, namespace, {"config.yaml": _gateway_configuration()}),
        config_map(CONTROLLER, namespace, {"config.yaml": _controller_configuration()}),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": ADMIN, "namespace": namespace},
            "stringData": {"key": args.admin_key},
        },
        *account(CONTROLLER, namespace, _controller_rules()),
        _gateway_proxy(namespace),
        _ingress_class(namespace),
    )


def workloads(namespace: str, args: ManifestArgs) -> tuple[Manifest, ...]:
    """Gateway and controller with their Services."""
    gateway = _gateway(namespace, args)
    http = [{"name": "http", "port": 80, "targetPort": "http"}]
    admin = [{"name": "admin", "port": ADMIN_PORT, "targetPort": "admin"}]
    return (
        gateway.deployment(),
        gateway.service(GATEWAY, http, args.service_type),
        gateway.service(ADMIN, admin),
        _controller(namespace, args).deployment(),
    )


def _gateway(namespace: str, args: ManifestArgs) -> Backend:
    container = {
        "name": "apisix",
        "image": args.gateway_image,
        "env": [_admin_key("ADMIN_KEY")],
        "ports": [port("http", 9080), port("metrics", 9091), port("admin", ADMIN_PORT)],
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 2},
        "livenessProbe": {"tcpSocket": {"port": "http"}, "initialDelaySeconds": 10, "periodSeconds": 10},
        "resources": args.resources.manifest(),
        "volumeMounts": [
            {
                "name": "configuration",
                "mountPath": "/usr/local/apisix/conf/config.yaml",
                "subPath": "config.yaml",
            }
        ],
    }
    volumes = [{"name": "configuration", "configMap": {"name": APP}}]
    marks = {**SCRAPED, **read_once(_gateway_configuration())}
    return Backend(APP, namespace, [container], volumes, replicas=args.replicas, pod_annotations=marks)


def _controller(namespace: str, args: ManifestArgs) -> Backend:
    manager = {
        "name": "manager",
        "image": args.controller_image,
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "ADC_SERVER_URL", "value": "unix:/sockets/adc.sock"},
        ],
        "ports": [port("metrics", 8080), port("probes", 8081)],
        "livenessProbe": probe("/healthz", "probes", period=20),
        "readinessProbe": probe("/readyz", "probes"),
        "resources": args.resources.manifest(),
        "volumeMounts": [
            {"name": "configuration", "mountPath": "/app/conf/config.yaml", "subPath": "config.yaml"},
            {"name": "sockets", "mountPath": "/sockets"},
        ],
    }
    containers = [manager, _synchroniser(args)] if args.synchroniser_image else [manager]
    volumes = [
        {"name": "configuration", "configMap": {"name": CONTROLLER}},
        {"name": "sockets", "emptyDir": {}},
    ]
    marks = read_once(_controller_configuration())
    return Backend(CONTROLLER, namespace, containers, volumes, CONTROLLER, pod_annotations=marks)


def _synchroniser(args: ManifestArgs) -> Manifest:
    return {
        "name": "adc-server",
        "image": args.synchroniser_image,
        "args": ["server", "--listen", "unix:/sockets/adc.sock", "--listen-status", "3001"],
        "env": [{"name": "ADC_RUNNING_MODE", "value": "ingress"}],
        "ports": [port("status", 3001)],
        "livenessProbe": probe("/healthz/ready", "status", period=10),
        "readinessProbe": probe("/healthz/ready", "status"),
        "resources": args.resources.manifest(),
        "volumeMounts": [{"name": "sockets", "mountPath": "/sockets"}],
    }


def _admin_key(variable: str) -> Manifest:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": ADMIN, "key": "key"}}}


def _gateway_configuration() -> str:
    """config.yaml of a gateway that takes its routes from the admin API and keeps them in memory."""
    admin = {
        "admin_key": [{"name": "admin", "key": "${{ADMIN_KEY}}", "role": "admin"}],
        "admin_listen": {"ip": "0.0.0.0", "port": ADMIN_PORT},
        "allow_admin": ["0.0.0.0/0"],
    }
    role = {"role": "traditional", "role_traditional": {"config_provider": "yaml"}}
    configuration = {
        "apisix": {"node_listen": [9080], "enable_admin": True},
        "deployment": {**role, "admin": admin},
        "plugin_attr": {"prometheus": EXPORTER},
    }
    return yaml.safe_dump(configuration, sort_keys=False)


def _controller_configuration() -> str:
    configuration = {
        "log_level": "info",
        "controller_name": CONTROLLER_NAME,
        "leader_election_id": f"{CONTROLLER}-leader",
        "metrics_addr": ":8080",
        "probe_addr": ":8081",
        "disable_gateway_api": True,
        "provider": {"type": "apisix-standalone", "sync_period": "1m", "init_sync_delay": "20m"},
    }
    return yaml.safe_dump(configuration, sort_keys=False)


def _controller_rules() -> list[Manifest]:
    read, apisix = ["get", "list", "watch"], "apisix.apache.org"
    routes = [
        "apisixconsumers",
        "apisixglobalrules",
        "apisixpluginconfigs",
        "apisixroutes",
        "apisixtlses",
        "apisixupstreams",
    ]
    policies = ["backendtrafficpolicies", "consumers", "gatewayproxies", "httproutepolicies", "pluginconfigs"]
    statuses = [f"{resource}/status" for resource in (*routes, *policies)]
    return [
        rule([""], ["events"], ["create", "patch"]),
        rule([""], ["namespaces", "pods", "secrets", "services", "endpoints"], read),
        rule(["discovery.k8s.io"], ["endpointslices"], read),
        rule([apisix], [*routes, *policies], read),
        rule([apisix], statuses, ["get", "update"]),
        rule(["networking.k8s.io"], ["ingressclasses", "ingresses"], read),
        rule(["networking.k8s.io"], ["ingresses/status"], ["get", "update"]),
        rule(["coordination.k8s.io"], ["leases"], [*read, "create", "update", "patch", "delete"]),
    ]


def _gateway_proxy(namespace: str) -> Manifest:
    auth = {"type": "AdminKey", "adminKey": {"valueFrom": {"secretKeyRef": {"name": ADMIN, "key": "key"}}}}
    plane = {"service": {"name": ADMIN, "port": ADMIN_PORT}, "auth": auth}
    return {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "GatewayProxy",
        "metadata": {"name": APP, "namespace": namespace},
        "spec": {"provider": {"type": "ControlPlane", "controlPlane": plane}},
    }


def _ingress_class(namespace: str) -> Manifest:
    """The default class, so that routes which name none (the article's) are picked up."""
    proxy = {"apiGroup": "apisix.apache.org", "kind": "GatewayProxy", "name": APP}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": APP, "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
        "spec": {
            "controller": CONTROLLER_NAME,
            "parameters": {**proxy, "namespace": namespace, "scope": "Namespace"},
        },
    }
