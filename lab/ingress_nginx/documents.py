"""Ingresses and Secrets as the API server gives them, read into a plan. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lab.gateway.endpoints import Endpoints, NoSuchPort
from lab.ingress_nginx.model import Alternative, Certificate, Chooser, Location, Plan, Pool, Site

Document = Mapping[str, Any]

PREFIX = "nginx.ingress.kubernetes.io/"
OLD_CLASS = "kubernetes.io/ingress.class"
PLAYED = {
    "canary",
    "canary-weight",
    "canary-weight-total",
    "canary-by-header",
    "canary-by-header-value",
    "canary-by-header-pattern",
    "canary-by-cookie",
    "ssl-redirect",
}
"""What is done of ingress-nginx's annotations."""

Place = tuple[str, str, bool]
"""Host, path, and whether the path is exact."""


def plan(ingresses: Iterable[Document], secrets: Iterable[Document], endpoints: Endpoints, name: str) -> Plan:
    """What the Ingresses of the class `name` ask for. Of two for one place, the one that was there first has it."""
    reader = _Reader(endpoints, _certificates(secrets))
    mine = sorted((one for one in ingresses if _class(one) == name), key=_age)
    for ingress in mine:
        if not _is_canary(ingress):
            reader.take(ingress)
    for ingress in mine:
        if _is_canary(ingress):
            reader.take_canary(ingress)
    return reader.plan()


def _class(ingress: Document) -> str:
    annotations = ingress["metadata"].get("annotations") or {}
    return str(ingress["spec"].get("ingressClassName") or annotations.get(OLD_CLASS, ""))


def _age(ingress: Document) -> tuple[str, str, str]:
    metadata = ingress["metadata"]
    return metadata.get("creationTimestamp", ""), metadata["namespace"], metadata["name"]


def _said(ingress: Document) -> dict[str, str]:
    """The annotations of ingress-nginx, without their prefix."""
    annotations = ingress["metadata"].get("annotations") or {}
    return {key.removeprefix(PREFIX): text for key, text in annotations.items() if key.startswith(PREFIX)}


def _is_canary(ingress: Document) -> bool:
    return _said(ingress).get("canary") == "true"


def _certificates(secrets: Iterable[Document]) -> dict[str, Certificate]:
    return {
        f"{secret['metadata']['namespace']}-{secret['metadata']['name']}": Certificate(
            base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"])
        )
        for secret in secrets
        if (data := secret.get("data") or {}).get("tls.crt") and data.get("tls.key")
    }


@dataclass
class _Reader:
    """Collects what the documents say, one after the other."""

    endpoints: Endpoints
    certificates: Mapping[str, Certificate]
    locations: dict[Place, Location] = field(default_factory=dict)
    secured: dict[str, str] = field(default_factory=dict)  # host -> certificate
    plain: set[str] = field(default_factory=set)  # hosts that serve plain requests although they have TLS
    problems: list[str] = field(default_factory=list)

    def take(self, ingress: Document) -> None:
        self._note_unplayed(ingress)
        for place, backend in _places(ingress):
            if place in self.locations:
                owner = self.locations[place]
                self._problem(
                    ingress, f"{place[0]}{place[1]} is that of Ingress {owner.namespace}/{owner.ingress}"
                )
            elif pool := self._pool(ingress, backend):
                metadata = ingress["metadata"]
                names = (metadata["namespace"], metadata["name"], backend["service"]["name"])
                self.locations[place] = Location(place[1], place[2], *names, pool)
        for secured in ingress["spec"].get("tls") or ():
            self._secure(ingress, secured)

    def take_canary(self, ingress: Document) -> None:
        self._note_unplayed(ingress)
        for place, backend in _places(ingress):
            known = self.locations.get(place)
            if known is None:
                self._problem(
                    ingress, f"no Ingress has {place[0]}{place[1]}, so there is nobody to be canary of"
                )
            elif known.alternative:
                self._problem(ingress, f"{place[0]}{place[1]} has a canary already")
            elif pool := self._pool(ingress, backend):
                alternative = Alternative(pool, self._chooser(ingress))
                self.locations[place] = replace(known, alternative=alternative)

    def plan(self) -> Plan:
        hosts = sorted({host for host, _, _ in self.locations})
        sites = tuple(self._site(host) for host in hosts)
        shown = {site.certificate for site in sites if site.certificate}
        certificates = {name: self.certificates[name] for name in sorted(shown)}
        return Plan(sites, certificates, tuple(self.problems))

    def _site(self, host: str) -> Site:
        found = tuple(self.locations[place] for place in sorted(self.locations) if place[0] == host)
        redirects = host in self.secured and host not in self.plain
        return Site(host, found, self.secured.get(host, ""), redirects)

    def _secure(self, ingress: Document, secured: Document) -> None:
        name = f"{ingress['metadata']['namespace']}-{secured.get('secretName', '')}"
        if name not in self.certificates:
            missing = secured.get("secretName") or "(none named)"
            self._problem(ingress, f"no certificate in Secret {missing}; the controller's own is shown")
            name = ""
        for host in secured.get("hosts") or ():
            self.secured.setdefault(host, name)
            if _said(ingress).get("ssl-redirect") == "false":
                self.plain.add(host)

    def _pool(self, ingress: Document, backend: Document) -> Pool | None:
        service = backend.get("service")
        if not service:
            self._problem(ingress, "a backend that is no Service")
            return None
        namespace, name = ingress["metadata"]["namespace"], service["name"]
        port = service["port"].get("name") or service["port"].get("number")
        try:
            nodes = self.endpoints.pods(namespace, name, port)
        except NoSuchPort as problem:
            self._problem(ingress, str(problem))
            nodes = ()
        return Pool(f"{namespace}-{name}-{port}", nodes)

    def _chooser(self, ingress: Document) -> Chooser:
        said = _said(ingress)
        pattern = said.get("canary-by-header-pattern", "")
        try:
            re.compile(pattern)
        except re.error as error:
            self._problem(ingress, f"canary-by-header-pattern {pattern!r} can't be read: {error}")
            pattern = ""
        return Chooser(
            header=said.get("canary-by-header", ""),
            value=said.get("canary-by-header-value", ""),
            pattern=pattern,
            cookie=said.get("canary-by-cookie", ""),
            weight=self._number(ingress, "canary-weight", 0),
            total=self._number(ingress, "canary-weight-total", 100) or 100,
        )

    def _number(self, ingress: Document, annotation: str, default: int) -> int:
        text = _said(ingress).get(annotation, "")
        if text and not text.isdecimal():
            self._problem(ingress, f"{annotation} {text!r} is no number")
        return int(text) if text.isdecimal() else default

    def _note_unplayed(self, ingress: Document) -> None:
        for name in sorted(set(_said(ingress)) - PLAYED):
            self._problem(ingress, f"annotation {PREFIX}{name} is not played by the lab")

    def _problem(self, ingress: Document, text: str) -> None:
        self.problems.append(
            f"Ingress {ingress['metadata']['namespace']}/{ingress['metadata']['name']}: {text}"
        )


def _places(ingress: Document) -> Iterator[tuple[Place, Document]]:
    """Each place that an Ingress wants, with its backend."""
    spec = ingress["spec"]
    for rule in spec.get("rules") or ():
        paths: Sequence[Document] = (rule.get("http") or {}).get("paths") or ()
        for path in paths:
            place = (rule.get("host", ""), path.get("path") or "/", path.get("pathType") == "Exact")
            yield place, path["backend"]
    if spec.get("defaultBackend"):
        yield ("", "/", False), spec["defaultBackend"]
