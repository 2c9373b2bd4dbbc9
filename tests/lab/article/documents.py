"""What people of the stories apply: the article's documents, for a namespace of their own and at a quicker pace."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
GATEWAY = "http://apisix-gateway.apisix"


def host(namespace: str) -> str:
    """Under which users reach the application of a namespace."""
    return f"{namespace}.example.com"


def deployment(namespace: str, tag: str = "6.0.0") -> Document:
    """podinfo, ready within a second or two."""
    labels = {"app": "podinfo"}
    probe = {"periodSeconds": 1, "timeoutSeconds": 5}
    container = {
        "name": "podinfod",
        "image": f"stefanprodan/podinfo:{tag}",
        "ports": [{"name": "http", "containerPort": 9898}, {"name": "http-metrics", "containerPort": 9797}],
        "command": ["./podinfo", "--port=9898", "--port-metrics=9797", "--level=info"],
        "readinessProbe": {"exec": {"command": _podcli("readyz")}, **probe},
        "livenessProbe": {"exec": {"command": _podcli("healthz")}, **probe},
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"cpu": "1", "memory": "256Mi"},
        },
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return _document("apps/v1", "Deployment", "podinfo", namespace, spec)


def route(namespace: str) -> Document:
    """The article's ApisixRoute."""
    rule = {
        "name": "method",
        "match": {"hosts": [host(namespace)], "methods": ["GET"], "paths": ["/*"]},
        "backends": [{"serviceName": "podinfo", "servicePort": 80}],
        "plugins": [
            {"name": "prometheus", "enable": True, "config": {"disable": False, "prefer_name": True}}
        ],
    }
    return _document("apisix.apache.org/v2", "ApisixRoute", "podinfo", namespace, {"http": [rule]})


def canary(namespace: str, **analysis: Any) -> Document:
    """The article's Canary with two steps, a second between them; `analysis` replaces fields of spec.analysis, or
    takes them away (None)."""
    return _document("flagger.app/v1beta1", "Canary", "podinfo", namespace, canary_spec(namespace, analysis))


def canary_spec(namespace: str, analysis: Document) -> Document:
    usual = {
        "interval": "1s",
        "threshold": 3,
        "maxWeight": 50,
        "stepWeight": 25,
        "metrics": [
            {"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "5s"},
            {"name": "request-duration", "thresholdRange": {"max": 500}, "interval": "5s"},
        ],
        "webhooks": [load(namespace)],
    }
    return {
        "provider": "apisix",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo"},
        "routeRef": {"apiVersion": "apisix.apache.org/v2", "kind": "ApisixRoute", "name": "podinfo"},
        "progressDeadlineSeconds": 60,
        "service": {"port": 80, "targetPort": 9898},
        "analysis": {name: value for name, value in (usual | analysis).items() if value is not None},
    }


def counted_deployment(namespace: str) -> Document:
    """podinfo whose pods are asked for their own counts, where no gateway counts requests."""
    made = deployment(namespace)
    counted = {"prometheus.io/scrape": "true", "prometheus.io/port": "9797"}
    made["spec"]["template"]["metadata"]["annotations"] = counted
    return made


def canary_by_service(namespace: str, iterations: int) -> Document:
    """A Canary without a gateway, which is checked so often by its own Service."""
    command = f"hey -z 10s -q 10 -c 2 http://podinfo-canary.{namespace}/api/info"
    hey = {**load(namespace), "metadata": {"cmd": command}}
    # Prometheus takes up to five seconds to find a new pod, and two scrapes more: quicker checks would be over by then.
    checked = {"interval": "3s", "iterations": iterations, "webhooks": [hey]}
    made = canary(namespace, stepWeight=None, maxWeight=None, **checked)
    del made["spec"]["routeRef"]
    made["spec"]["provider"] = "kubernetes"
    return made


def load(namespace: str) -> Document:
    """The hook that makes the load tester send requests for as long as there is an analysis."""
    command = f"hey -z 10s -q 10 -c 2 -host {host(namespace)} {GATEWAY}/api/info"
    return {
        "name": "load-test",
        "type": "rollout",
        "url": "http://flagger-loadtester.test/",
        "timeout": "5s",
        "metadata": {"cmd": command},
    }


def alert_provider(namespace: str, address: str) -> Document:
    """Who takes alerts as plain JSON at an address."""
    spec = {"type": "webhook", "address": address}
    return _document("flagger.app/v1beta1", "AlertProvider", "on-call", namespace, spec)


def _podcli(path: str) -> list[str]:
    return ["podcli", "check", "http", f"localhost:9898/{path}"]


def _document(version: str, kind: str, name: str, namespace: str, spec: Document) -> Document:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
