"""What of an Ingress leads to the application, and the same leading to its canary."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from automation.core.kinds import Kind, Manifest
from automation.core.names import NAMED
from automation.core.refusal import Problem
from automation.core.shape import TEXT, WHOLE, Items, fields
from automation.core.spec import Canary

INGRESS = Kind("/apis/networking.k8s.io/v1", "ingresses", "Ingress")
_BACKEND = fields(service=fields("name", name=TEXT, port=fields(number=WHOLE, name=TEXT)))
_RULE = fields(host=TEXT, http=fields(paths=Items(fields(path=TEXT, backend=_BACKEND))))
SHAPE = fields("metadata", metadata=NAMED, spec=fields(defaultBackend=_BACKEND, rules=Items(_RULE)))


def to_canary(canary: Canary, source: Manifest) -> Manifest:
    """The spec with all that leads to the application leading to its canary, and without what leads elsewhere."""
    default = _led_to(canary.canary_service, _split(canary, _default(source)))
    return _kept(source) | ({"defaultBackend": default} if default else {}) | _rules(canary, source)


def to_both(canary: Canary, source: Manifest) -> Manifest:
    """The spec with each path that leads to the application twice, to primary and to its canary, and without what leads
    elsewhere. A default backend is one Service and can't be both."""
    return _kept(source) | _rules(canary, source, canary.primary_service)


def hosts(canary: Canary, source: Manifest) -> tuple[str, ...]:
    """Host names under which it leads to the application; none where any host does."""
    named = [str(rule.get("host") or "") for rule in _rules(canary, source).get("rules") or ()]
    led = _split(canary, _default(source))
    return () if led or not all(named) else tuple(dict.fromkeys(named))


def problems(canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
    """What keeps it from being split: it isn't there, leads elsewhere, or to a port that nobody has."""
    if source is None:
        return (_missing(canary),)
    led = list(_led(canary, source))
    if not led:
        return (_without_apex(canary, source),)
    wrong = list(_wrong(canary, source))
    return tuple(wrong[:1]) if len(wrong) == len(led) else ()


def left_alone(canary: Canary, source: Manifest) -> Iterator[str]:
    """What leads to the application and is not split although the rest is: a sentence each."""
    for problem in _wrong(canary, source):
        yield f"{problem.path} is left alone and leads to primary only: {problem.problem}"
    if _split(canary, _default(source)):
        for at, rule in enumerate(source["spec"].get("rules") or ()):
            if not paths(rule):
                name = source["metadata"]["name"]
                yield f"spec.rules[{at}] of ingress {name} has no paths: its requests go to primary only"


def services(source: Manifest) -> frozenset[str]:
    """The names of all Services that it leads to."""
    return frozenset(str(service["name"]) for _, service in _backends(source))


def _backends(source: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each Service that it leads to, with its path."""
    spec = source.get("spec") or {}
    found = [("spec.defaultBackend", _default(source))]
    for at, rule in enumerate(spec.get("rules") or ()):
        for index, path in enumerate(paths(rule)):
            found.append((f"spec.rules[{at}].http.paths[{index}].backend", path.get("backend")))
    return ((path, backend["service"]) for path, backend in found if backend and backend.get("service"))


def paths(rule: Manifest) -> list[Manifest]:
    """A rule without any sends its requests to the default backend."""
    return (rule.get("http") or {}).get("paths") or []


def _led(canary: Canary, source: Manifest) -> Iterator[tuple[str, Manifest]]:
    return ((path, service) for path, service in _backends(source) if service["name"] == canary.apex)


def _wrong(canary: Canary, source: Manifest) -> Iterator[Problem]:
    """The backends that are the application by a port which its Service doesn't have."""
    for path, service in _led(canary, source):
        if not _has_port(canary, service):
            name, port = source["metadata"]["name"], _port(service)
            text = f"ingress {name} sends to port {port}, which the Service {canary.apex} does not have"
            remedy = f"set it to {canary.service.port}, the Canary's spec.service.port"
            yield Problem(f"{path}.service.port", text, remedy)


def _port(service: Manifest) -> object:
    port = service.get("port") or {}
    return port.get("number") or port.get("name")


def _has_port(canary: Canary, service: Manifest) -> bool:
    """With `portDiscovery` the Services have the ports of the pods, too."""
    return canary.service.port_discovery or canary.service.has_port(_port(service))


def _split(canary: Canary, backend: Manifest | None) -> Manifest | None:
    """The Service of a backend that is the application; None where it is none, or can't be split."""
    service = (backend or {}).get("service") or {}
    return service if service.get("name") == canary.apex and _has_port(canary, service) else None


def _led_to(name: str, service: Manifest | None) -> Manifest | None:
    """The backend that is this Service in the place of the application."""
    return {"service": {**copy.deepcopy(service), "name": name}} if service else None


def _default(source: Manifest) -> Manifest | None:
    return (source.get("spec") or {}).get("defaultBackend")


def _kept(source: Manifest) -> Manifest:
    """What leads nobody anywhere."""
    spec = source.get("spec") or {}
    return copy.deepcopy({field: spec[field] for field in spec if field not in ("rules", "defaultBackend")})


def _rules(canary: Canary, source: Manifest, *beside: str) -> Manifest:
    """The rules that lead to the application, leading to these Services and the canary."""
    found = []
    for rule in (source.get("spec") or {}).get("rules") or ():
        leading = [
            {**copy.deepcopy(path), "backend": _led_to(name, split)}
            for path in paths(rule)
            if (split := _split(canary, path.get("backend")))
            for name in (*beside, canary.canary_service)
        ]
        if leading:
            found.append({**copy.deepcopy(rule), "http": {**copy.deepcopy(rule["http"]), "paths": leading}})
    return {"rules": found} if found else {}


def _missing(canary: Canary) -> Problem:
    named = canary.route.name if canary.route else ""
    return Problem(
        path="spec.ingressRef.name",
        problem=f'ingresses.networking.k8s.io "{named}" not found in namespace {canary.namespace}',
        remedy="apply the Ingress first, or name the one that leads users to the application",
    )


def _without_apex(canary: Canary, source: Manifest) -> Problem:
    """In the words of Flagger's Ingress router."""
    named = ", ".join(sorted({str(service["name"]) for _, service in _backends(source)}))
    return Problem(
        "spec.rules[].http.paths[].backend.service.name",
        f"backend {canary.apex} not found in ingress {source['metadata']['name']}",
        f"name the Service {canary.apex} as a path's backend (the Ingress names: {named or 'none'})",
    )
