"""Argo's documents for the tests: a Rollout behind NGINX with an analysis, and variations of it by path."""

from __future__ import annotations

import copy
from typing import Any

from tests.core.documents import MISSING

ROLLOUT: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": {"name": "canary-demo"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "canary-demo"}},
        "strategy": {
            "canary": {
                "analysis": {
                    "templates": [{"templateName": "success-rate"}],
                    "startingStep": 2,
                    "args": [{"name": "ingress", "value": "canary-demo"}],
                },
                "canaryService": "canary-demo-canary",
                "stableService": "canary-demo",
                "trafficRouting": {"nginx": {"stableIngress": "canary-demo"}},
                "steps": [
                    {"setWeight": 20},
                    {"pause": {"duration": "2m"}},
                    {"setWeight": 40},
                    {"pause": {"duration": "2m"}},
                    {"setWeight": 60},
                    {"pause": {"duration": "2m"}},
                    {"setWeight": 80},
                    {"pause": {"duration": "2m"}},
                ],
            }
        },
        "template": {
            "metadata": {"labels": {"app": "canary-demo"}},
            "spec": {
                "containers": [
                    {
                        "name": "canary-demo",
                        "image": "argoproj/rollouts-demo:blue",
                        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                    }
                ]
            },
        },
    },
}
TEMPLATE: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AnalysisTemplate",
    "metadata": {"name": "success-rate"},
    "spec": {
        "args": [{"name": "ingress"}],
        "metrics": [
            {
                "name": "success-rate",
                "interval": "10s",
                "failureLimit": 3,
                "successCondition": "result[0] > 0.90",
                "provider": {
                    "prometheus": {
                        "address": "http://kps-prometheus:9090",
                        "query": 'sum(rate(requests{ingress="{{args.ingress}}",status!~"[4-5].*"}[60s]))'
                        '/sum(rate(requests{ingress="{{args.ingress}}"}[60s]))',
                    }
                },
            }
        ],
    },
}
CANARY = "spec.strategy.canary"


def changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A document with fields set by dotted path; MISSING removes one."""
    found = copy.deepcopy(document)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place: Any = found
        for name in parents:
            place = place[int(name)] if name.isdigit() else place.setdefault(name, {})
        key: Any = int(last) if isinstance(place, list) else last
        if value is MISSING:
            del place[key]
        else:
            place[key] = value
    return found


def rollout(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return changed(ROLLOUT, changes or {})


def canary(**fields: Any) -> dict[str, Any]:
    """The Rollout with fields of its canary strategy set."""
    return rollout({f"{CANARY}.{name}": value for name, value in fields.items()})


def routed(routing: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    """The Rollout behind another gateway, with other steps if there are any."""
    found = canary(trafficRouting=routing, analysis=MISSING)
    return changed(found, {f"{CANARY}.steps": list(steps)}) if steps else found


def blue_green(**fields: Any) -> dict[str, Any]:
    named = {"activeService": "canary-demo", "previewService": "canary-demo-canary", **fields}
    strategy = {name: value for name, value in named.items() if value is not MISSING}
    return rollout({"spec.strategy": {"blueGreen": strategy}})


def template(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return changed(TEMPLATE, changes or {})


def metric(**fields: Any) -> dict[str, Any]:
    """The template with fields of its metric set."""
    return template({f"spec.metrics.0.{name}": value for name, value in fields.items()})
