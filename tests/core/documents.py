"""Canary documents for the tests: the article's, and variations of it by path."""

from __future__ import annotations

import copy
from typing import Any

from automation.core.spec import Canary
from documents.front import canary_of

ARTICLE: dict[str, Any] = {
    "apiVersion": "flagger.app/v1beta1",
    "kind": "Canary",
    "metadata": {"name": "podinfo", "namespace": "test"},
    "spec": {
        "provider": "apisix",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "podinfo"},
        "routeRef": {"apiVersion": "apisix.apache.org/v2", "kind": "ApisixRoute", "name": "podinfo"},
        "progressDeadlineSeconds": 60,
        "service": {"port": 80, "targetPort": 9898},
        "analysis": {
            "interval": "10s",
            "threshold": 10,
            "maxWeight": 50,
            "stepWeight": 10,
            "metrics": [
                {"name": "request-success-rate", "thresholdRange": {"min": 99}, "interval": "1m"},
                {"name": "request-duration", "thresholdRange": {"max": 500}, "interval": "30s"},
            ],
            "webhooks": [
                {
                    "name": "load-test",
                    "url": "http://flagger-loadtester.test/",
                    "timeout": "5s",
                    "type": "rollout",
                    "metadata": {"cmd": "hey -z 1m -q 10 -c 2 http://apisix-gateway.apisix/api/info"},
                }
            ],
        },
    },
}
MISSING = object()


def document(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The article's document with fields set by dotted path; MISSING removes one."""
    changed = copy.deepcopy(ARTICLE)
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        place: Any = changed
        for name in parents:
            place = place[int(name)] if name.isdigit() else place.setdefault(name, {})
        if value is MISSING:
            del place[last]
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    return changed


def canary(changes: dict[str, Any] | None = None) -> Canary:
    return canary_of(document(changes))


def alert_provider(**spec: Any) -> dict[str, Any]:
    """The AlertProvider on-call.ops, of type slack unless `spec` says otherwise."""
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "AlertProvider",
        "metadata": {"name": "on-call", "namespace": "ops"},
        "spec": {"type": "slack", **spec},
    }
