"""How each gateway writes traffic, as the pack reads it: a row each, by the token of the object that carries it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.draws import drawn
from policies.rule import Manifest
from policies.tokens import (
    APISIX_ROUTE,
    GRPC_ROUTE,
    HTTP_PROXY,
    HTTP_ROUTE,
    INGRESS,
    MAPPING,
    MESH_HTTP_ROUTE,
    ROUTE_TABLE,
    TRAEFIK_SERVICE,
    TRAFFIC_SPLIT,
    VIRTUAL_SERVICE,
)

TRAFFIC = "sluice.delivery/traffic"
CANARY_SERVICE, STABLE_SERVICE = "sluice.delivery/canary-service", "sluice.delivery/stable-service"
"""On a route: what leads to the canary, where its name does not end like one, and on one of people's to the others."""
NGINX_CANARY = "nginx.ingress.kubernetes.io/canary"
ALB_ACTION = "/actions."
"""In the name of an annotation of the AWS Load Balancer Controller, whatever its prefix."""
SKIPPER_WEIGHTS = "zalando.org/backend-weights"


@dataclass(frozen=True)
class Split:
    """One rule of a route: the Services that it sends to and the weight of each, as it is written. `stays`: it is for
    users alone who carry the cookie of this run, or for requests that a step chose, and no share of all."""

    rule: Any
    weights: tuple[tuple[str, Any], ...]
    stays: bool = False


def _apisix(route: Manifest) -> Iterator[Split]:
    cookie = _cookie(route)
    for rule in (route.get("spec") or {}).get("http") or ():
        weights = tuple(
            (str(backend.get("serviceName", "")), backend.get("weight"))
            for backend in rule.get("backends") or ()
        )
        expressions = (rule.get("match") or {}).get("exprs") or ()
        asked = [
            expression.get("value")
            for expression in expressions
            if (expression.get("subject") or {}).get("scope") == "Cookie" and expression.get("op") == "Equal"
        ]
        stays = (bool(cookie) and cookie in asked) or _is_managed(rule, route)
        yield Split(rule.get("name"), _drawn(weights, expressions), stays)


def _is_managed(rule: Manifest, route: Manifest) -> bool:
    """Whether a rule is for requests with a header that the steps of a Rollout choose, whatever the weight is."""
    expressions = (rule.get("match") or {}).get("exprs") or ()
    chosen = any((one.get("subject") or {}).get("scope") == "Header" for one in expressions)
    try:
        managed = [json.loads(one)["name"] for one in _traffic(route).get("managed") or ()]
    except (ValueError, KeyError, TypeError):
        return False
    return chosen and any(str(rule.get("name")).endswith(f"-{name}") for name in managed)


def _drawn(weights: tuple[tuple[str, Any], ...], expressions: Any) -> tuple[tuple[str, Any], ...]:
    """The weights of a rule that has one Service and draws requests for it: the others go elsewhere."""
    patterns = [
        str(expression.get("value"))
        for expression in expressions
        if expression.get("subject") == {"scope": "Variable", "name": "request_id"}
        and expression.get("op") == "RegexMatch"
    ]
    if len(weights) != 1 or not patterns:
        return weights
    weight = drawn(patterns[-1])
    return (("all others", 100 - weight), (weights[0][0], weight))


def _cookie(route: Manifest) -> str:
    """The value of the cookie by which a route says that it keeps users, "" where it says nothing of the kind."""
    return str(_traffic(route).get("affinity") or "")


def _traffic(route: Manifest) -> Mapping[str, Any]:
    """What a route says of its traffic beside its weights; nothing where that can't be read."""
    annotations = (route.get("metadata") or {}).get("annotations") or {}
    try:
        said = json.loads(annotations[TRAFFIC])
    except (ValueError, KeyError, TypeError):
        return {}
    return said if isinstance(said, Mapping) else {}


def _istio(route: Manifest) -> Iterator[Split]:
    cookie, sides = _cookie(route), _sides(route)
    spec = route.get("spec") or {}
    for rule in (*(spec.get("http") or ()), *(spec.get("tls") or ()), *(spec.get("tcp") or ())):
        shares = tuple(rule.get("route") or ())
        yield Split(
            rule.get("name"),
            tuple((_destination(share, sides), _weight(share, shares)) for share in shares),
            _stays(cookie, [match.get("headers") for match in rule.get("match") or ()]),
        )


def _destination(share: Manifest, sides: tuple[str, ...]) -> str:
    """Its Service, which may be called by its full name; its subset where that is a side of the release."""
    named = share.get("destination") or {}
    subset, host = f"subset {named.get('subset')}", str(named.get("host", ""))
    return subset if subset in sides else host.partition(".")[0] if host.partition(".")[0] in sides else host


def _sides(route: Manifest) -> tuple[str, ...]:
    """What a route of people's own says that leads to primary, and to the canary."""
    said = (route.get("metadata") or {}).get("annotations") or {}
    return tuple(str(said[name]) for name in (STABLE_SERVICE, CANARY_SERVICE) if name in said)


def _gateway_api(route: Manifest) -> Iterator[Split]:
    cookie = _cookie(route)
    for rule in (route.get("spec") or {}).get("rules") or ():
        shares = tuple(rule.get("backendRefs") or ())
        yield Split(
            rule.get("name"),
            tuple((str(share.get("name", "")), _weight(share, shares)) for share in shares),
            _stays(cookie, [match.get("headers") for match in rule.get("matches") or ()]),
        )


def _stays(cookie: str, asked: Sequence[Any]) -> bool:
    """Whether all matches of a rule ask for this cookie in their headers: one that doesn't lets in others."""
    return bool(cookie and asked) and all(cookie in json.dumps(headers) for headers in asked)


def _weight(share: Manifest, shares: tuple[Manifest, ...]) -> Any:
    """A weight as it is written; who stands alone gets everything without one."""
    return share.get("weight", 100 if len(shares) == 1 else None)


def _ingress(ingress: Manifest) -> Iterator[Split]:
    """Two controllers read annotations of their own."""
    yield from _nginx(ingress)
    yield from _skipper(ingress)


def _skipper(ingress: Manifest) -> Iterator[Split]:
    """The shares of a release; those that people give to Services of theirs are their own business."""
    said = (ingress.get("metadata") or {}).get("annotations") or {}
    try:
        weights = tuple(json.loads(said[SKIPPER_WEIGHTS]).items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    if any(service.endswith("-canary") for service, _ in weights):
        yield Split(SKIPPER_WEIGHTS, weights)


def _alb(ingress: Manifest) -> Iterator[Split]:
    """Forward actions that share between target groups."""
    for name, text in ((ingress.get("metadata") or {}).get("annotations") or {}).items():
        if ALB_ACTION not in name:
            continue
        try:
            groups = json.loads(text)["ForwardConfig"]["TargetGroups"]
            weights = tuple((str(one["ServiceName"]), one["Weight"]) for one in groups)
        except (ValueError, KeyError, TypeError):
            continue
        yield Split(name, weights)


def _nginx(ingress: Manifest) -> Iterator[Split]:
    """What an Ingress that is marked as a canary takes from another; one that isn't splits nothing."""
    said = (ingress.get("metadata") or {}).get("annotations") or {}
    if said.get(NGINX_CANARY) != "true":
        return
    weight = _nginx_weight(said)
    rest = 100 - weight if isinstance(weight, int | float) else None
    for place, backend in _nginx_backends(ingress.get("spec") or {}):
        yield Split(place, (("primary", rest), (str((backend.get("service") or {}).get("name", "")), weight)))


def _nginx_weight(said: Mapping[str, Any]) -> Any:
    """In percent, all of them where a header or a cookie chooses; as it is written where that is no number."""
    if any(f"{NGINX_CANARY}-by-{what}" in said for what in ("header", "cookie")):
        return 100
    weight, total = said.get(f"{NGINX_CANARY}-weight", 0), said.get(f"{NGINX_CANARY}-weight-total", 100)
    try:
        return 100 * int(weight) / int(total)
    except (ValueError, TypeError, ZeroDivisionError):
        return weight


def _nginx_backends(spec: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each backend, and how requests come to it."""
    if spec.get("defaultBackend"):
        yield "default", spec["defaultBackend"]
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield f"{rule.get('host', '*')}{path.get('path', '/')}", path.get("backend") or {}


def _traefik(service: Manifest) -> Iterator[Split]:
    services = ((service.get("spec") or {}).get("weighted") or {}).get("services") or ()
    weights = tuple((str(one.get("name", "")), one.get("weight")) for one in services)
    if weights:
        yield Split((service.get("metadata") or {}).get("name"), weights)


def _contour(proxy: Manifest) -> Iterator[Split]:
    for rule in (proxy.get("spec") or {}).get("routes") or ():
        shares = tuple(rule.get("services") or ())
        yield Split(None, tuple((str(share.get("name", "")), _weight(share, shares)) for share in shares))


def _gloo(table: Manifest) -> Iterator[Split]:
    """Upstreams are named after their Services: `<namespace>-<service>upstream-<port>`."""
    for rule in (table.get("spec") or {}).get("routes") or ():
        multi = (rule.get("routeAction") or {}).get("multi") or {}
        shares = tuple(multi.get("destinations") or ())
        yield Split(
            rule.get("name"), tuple((_upstream_service(share), _weight(share, shares)) for share in shares)
        )


def _upstream_service(share: Manifest) -> str:
    named = ((share.get("destination") or {}).get("upstream") or {}).get("name", "")
    return str(named).rpartition("upstream-")[0] or str(named)


def _ambassador(mapping: Manifest) -> Iterator[Split]:
    """What a Mapping with a weight takes from the others of its prefix."""
    spec = mapping.get("spec") or {}
    service, weight = str(spec.get("service") or ""), spec.get("weight")
    if weight is None:
        return
    rest = 100 - weight if isinstance(weight, int | float) else None
    host = service.rpartition("://")[2].partition(":")[0].partition(".")[0]
    yield Split((mapping.get("metadata") or {}).get("name"), (("all others", rest), (host, weight)))


def _traffic_split(split: Manifest) -> Iterator[Split]:
    shares = (split.get("spec") or {}).get("backends") or ()
    weights = tuple((str(share.get("service", "")), share.get("weight")) for share in shares)
    if weights:
        yield Split((split.get("metadata") or {}).get("name"), weights)


def _kuma(route: Manifest) -> Iterator[Split]:
    """Services are called `<name>_<namespace>_svc_<port>`."""
    for to in (route.get("spec") or {}).get("to") or ():
        for rule in to.get("rules") or ():
            shares = tuple((rule.get("default") or {}).get("backendRefs") or ())
            named = ((str(share.get("name", "")).partition("_")[0], share) for share in shares)
            yield Split(None, tuple((name, _weight(share, shares)) for name, share in named))


def _patched_ingress(ingress: Manifest) -> Iterator[Split]:
    yield from _alb(ingress)
    yield from _ingress(ingress)


READERS: Mapping[str, Callable[[Manifest], Iterator[Split]]] = {
    APISIX_ROUTE: _apisix,
    VIRTUAL_SERVICE: _istio,
    HTTP_ROUTE: _gateway_api,
    GRPC_ROUTE: _gateway_api,
    INGRESS: _ingress,
    TRAEFIK_SERVICE: _traefik,
    HTTP_PROXY: _contour,
    ROUTE_TABLE: _gloo,
    TRAFFIC_SPLIT: _traffic_split,
    MAPPING: _ambassador,
    MESH_HTTP_ROUTE: _kuma,
}
PATCHED = "Patch"
"""How the token of a route ends that is people's own, and of which a release writes a part."""
_OF_PEOPLE: Mapping[str, Callable[[Manifest], Iterator[Split]]] = {
    **{f"{token}{PATCHED}": reader for token, reader in READERS.items()},
    f"{INGRESS}{PATCHED}": _patched_ingress,
}
ROUTES = frozenset(READERS) | _OF_PEOPLE.keys()


def splits(type: str, route: Manifest) -> list[Split]:
    """The rules of a route. `type` is its token, one of `ROUTES`."""
    if type in READERS:
        return list(READERS[type](route))
    found, sides = list(_OF_PEOPLE[type](route)), _sides(route)
    return [part for split in found if (part := _between(split, sides))] if len(sides) == 2 else found


def _between(split: Split, sides: tuple[str, ...]) -> Split | None:
    """What a rule shares between the sides of the release; None for one that is none of its business."""
    own = tuple((service, weight) for service, weight in split.weights if service in sides)
    return replace(split, weights=own) if len(own) == len(sides) else None
