"""The rules of ApisixRoutes that are written for a release, and what they say."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from automation.core.kinds import Manifest
from automation.core.spec import Canary
from automation.core.traffic import Traffic
from gateways.backends import weights_of
from gateways.chosen import rules_of
from gateways.managed_routes import managed_in, names_on

PRIORITY = 10000
"""Above whatever a source rule says."""
CHOSEN_PRIORITY = 2 * PRIORITY
"""Rules for chosen requests: above all that are for everybody."""
_MIRROR = "proxy-mirror"
_OPERATORS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "exact": ("Equal", str),
    "regex": ("RegexMatch", str),
    "prefix": ("RegexMatch", lambda text: f"^{re.escape(text)}"),
    "suffix": ("RegexMatch", lambda text: f"{re.escape(text)}$"),
}
"""How APISIX compares, by the words of `analysis.match`."""


def shares(rule: Manifest) -> dict[str, int]:
    backends = rule.get("backends") or ()
    return {str(backend.get("serviceName")): int(backend.get("weight") or 0) for backend in backends}


def _shadow(canary: Canary, rule: Manifest, traffic: Traffic) -> Manifest:
    """The copy of a rule. Copies keep the order that the rules have among each other."""
    return {
        **copy.deepcopy(rule),
        "priority": PRIORITY + int(rule.get("priority") or 0),
        "backends": led_to(rule["backends"][0], weights_of(canary, traffic)),
    }


def led_to(backend: Manifest, weights: Mapping[str, int]) -> list[Manifest]:
    """A rule's only backend, once for each Service."""
    return [
        {**copy.deepcopy(backend), "serviceName": service, "weight": weight}
        for service, weight in weights.items()
    ]


def shadows(canary: Canary, rule: Manifest, traffic: Traffic) -> Iterator[Manifest]:
    """The copies of a rule: one, or one for each rule of chosen requests and one for everybody else."""
    shadow = _shadow(canary, rule, traffic)
    if traffic.mirror:
        shadow["plugins"] = [
            *(shadow.get("plugins") or ()),
            _mirror(canary, rule["backends"][0], traffic.mirror),
        ]
    for place, managed in enumerate(reversed(managed_in(traffic))):
        made = _choosing(shadow, rule, managed.name, managed.match[0])
        led = led_to(rule["backends"][0], {canary.canary_service: 100})
        yield {**made, "priority": made["priority"] + PRIORITY * (place + 1), "backends": led}
    if not traffic.match:
        yield shadow
        return
    for index, chosen in enumerate(rules_of(traffic.match)):
        yield _choosing(shadow, rule, f"chosen-{index}", chosen)
    yield {**shadow, "backends": [{**shadow["backends"][0], "weight": 100}]}


def _choosing(shadow: Manifest, rule: Manifest, name: str, chosen: Mapping[str, Any]) -> Manifest:
    """A copy that is for the chosen ones of its requests."""
    match = shadow.get("match") or {}
    return {
        **copy.deepcopy(shadow),
        "name": f"{rule['name']}-{name}",
        "priority": CHOSEN_PRIORITY + int(rule.get("priority") or 0),
        "match": {**copy.deepcopy(match), "exprs": [*(match.get("exprs") or ()), *_expressions(chosen)]},
    }


def is_managed(route: Manifest, rule: Manifest) -> bool:
    """Whether a rule of a live route is one that leads chosen requests to the canary whatever its weight."""
    return any(str(rule.get("name")).endswith(f"-{name}") for name in names_on(route))


def _expressions(chosen: Mapping[str, Any]) -> Iterator[Manifest]:
    for field, scope in (("headers", "Header"), ("queryParams", "Query")):
        for name, condition in chosen.get(field, {}).items():
            for way, text in condition.items():
                operator, written = _OPERATORS[way]
                yield {"subject": {"scope": scope, "name": name}, "op": operator, "value": written(text)}


def _mirror(canary: Canary, backend: Manifest, percent: int) -> Manifest:
    """The plugin takes one address, so copies go to the canary's Service."""
    port = (
        canary.service.port
        if backend.get("servicePort") == canary.service.port_name
        else backend["servicePort"]
    )
    return {
        "name": _MIRROR,
        "enable": True,
        "config": {"host": _mirror_host(canary, port), "sample_ratio": percent / 100},
    }


def _mirror_host(canary: Canary, port: Any) -> str:
    return f"http://{canary.canary_service}.{canary.namespace}:{port}"


def forget_mirror(canary: Canary, rule: Manifest) -> None:
    ours = _mirror_host(canary, "")
    plugins = rule.get("plugins")
    if plugins:
        rule["plugins"] = [
            plugin
            for plugin in plugins
            if not (
                plugin.get("name") == _MIRROR
                and str((plugin.get("config") or {}).get("host")).startswith(ours)
            )
        ]
