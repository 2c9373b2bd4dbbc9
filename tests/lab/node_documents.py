"""Manifests that the stories about the node apply."""

from typing import Any

Document = dict[str, Any]


def podinfo(tag: str = "6.0.0") -> tuple[Document, Document, Document]:
    """Deployment, Service and HPA as podinfo's canary examples have them, probes starting without a delay."""
    probe = {"timeoutSeconds": 5, "periodSeconds": 2}
    container = {
        "name": "podinfod",
        "image": f"ghcr.io/stefanprodan/podinfo:{tag}",
        "ports": [{"name": "http", "containerPort": 9898}, {"name": "http-metrics", "containerPort": 9797}],
        "command": ["./podinfo", "--port=9898", "--port-metrics=9797", "--level=info"],
        "env": [{"name": "PODINFO_UI_COLOR", "value": "#34577c"}],
        "livenessProbe": {
            "exec": {"command": ["podcli", "check", "http", "localhost:9898/healthz"]},
            **probe,
        },
        "readinessProbe": {
            "exec": {"command": ["podcli", "check", "http", "localhost:9898/readyz"]},
            **probe,
        },
        "resources": {
            "limits": {"cpu": "2000m", "memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "64Mi"},
        },
    }
    labels = {"app": "podinfo"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "podinfo", "labels": labels},
        "spec": {
            "minReadySeconds": 1,
            "revisionHistoryLimit": 5,
            "progressDeadlineSeconds": 60,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "podinfo"},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 9898, "targetPort": "http"}]},
    }
    cpu = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 99}},
    }
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "podinfo"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo"},
            "minReplicas": 2,
            "maxReplicas": 4,
            "metrics": [cpu],
        },
    }
    return deployment, service, autoscaler


def shell(name: str, script: str, **spec: Any) -> Document:
    """A pod of one container `main` that runs a shell script. `spec`: more fields of the pod's spec."""
    container = {
        "name": "main",
        "image": "busybox:1",
        "command": ["sh", "-c", script],
        **spec.pop("container", {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **spec},
    }


def configmap(name: str, **data: str) -> Document:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
