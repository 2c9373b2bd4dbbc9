"""`sluice check` of Argo's documents: what is wrong with them and between them is said before anybody applies them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from automation.core.kinds import Manifest
from cli.check import check
from cli.review import review
from stacks.manifests import Found
from tests.core.documents import MISSING
from tests.documents.argo_documents import (
    CANARY,
    canary,
    changed,
    metric,
    rollout,
    routed,
    template,
)

DRIVEN = "can be released (sluice run), and converted (sluice convert)"


def service(name: str, **selector: str) -> Manifest:
    spec = {"selector": selector or {"app": "canary-demo"}, "ports": [{"port": 80, "targetPort": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def ingress(leads_to: str = "canary-demo") -> Manifest:
    backend = {"service": {"name": leads_to, "port": {"name": "http"}}}
    rule = {
        "host": "demo.example.com",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "canary-demo"},
        "spec": {"ingressClassName": "nginx", "rules": [rule]},
    }


def apisix(*rules: tuple[str, list[str]]) -> Manifest:
    http = [
        {"name": name, "backends": [{"serviceName": one, "servicePort": 80} for one in leads_to]}
        for name, leads_to in rules
    ]
    metadata = {"name": "demo"}
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixRoute",
        "metadata": metadata,
        "spec": {"http": http},
    }


def release(**changes: Any) -> dict[str, Manifest]:
    """A Rollout with all that it rests on, by names for this test; None leaves one out."""
    parts = {
        "rollout": rollout(),
        "template": template(),
        "stable": service("canary-demo"),
        "canary": service("canary-demo-canary"),
        "source": ingress(),
        **changes,
    }
    return {name: part for name, part in parts.items() if part is not None}


def said(parts: dict[str, Manifest], kind: str = "problem") -> list[str]:
    reviewed = review([Found(name, document) for name, document in parts.items()], "apisix")
    return [str(finding) for finding in reviewed.findings if finding.kind == kind]


def test_a_rollout_with_all_its_documents_can_be_released() -> None:
    assert (said(release()), said(release(), "remark")) == (
        [],
        [f"rollout: Rollout canary-demo.default: {DRIVEN}"],
    )


def behind(routing: Any, source: Manifest) -> dict[str, Manifest]:
    return release(rollout=canary(trafficRouting=routing), source=source)


ROUTE = {"apisix": {"route": {"name": "demo", "rules": ["shop"]}}}
BOTH = ["canary-demo", "canary-demo-canary"]


def virtual_service(*hosts: str) -> Manifest:
    route = [{"destination": {"host": host}, "weight": 50} for host in hosts]
    return other_source("VirtualService", {"http": [{"name": "shop", "route": route}]})


BY_SUBSET = {
    "istio": {
        "virtualService": {"name": "demo"},
        "destinationRule": {"name": "demo", "canarySubsetName": "canary", "stableSubsetName": "stable"},
    }
}


def other_source(kind: str, spec: Any) -> Manifest:
    return {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "demo"}, "spec": spec}


def destinations(**named: list[str]) -> list[Manifest]:
    """Two destinations, told apart by one field."""
    [(field, values)] = named.items()
    return [{"destination": {"host": "demo", field: value}, "weight": 50} for value in values]


PROBLEMS: dict[str, tuple[dict[str, Manifest], str]] = {
    "a Rollout that is refused": (
        release(rollout=canary(**{"steps.0": {"setWeight": 120}})),
        f"rollout: Rollout canary-demo.default: {CANARY}.steps[0].setWeight: 120 is out of bounds",
    ),
    "a template that is refused": (
        release(template=metric(successCondition="result >")),
        "template: AnalysisTemplate success-rate.default: spec.metrics[0].successCondition: 'result >' can't be read",
    ),
    "a template of nobody": (
        {"template": metric(interval="soon")},
        "template: AnalysisTemplate success-rate.default: spec.metrics[0].interval: 'soon' is not a duration",
    ),
    "a Secret that lacks a key": (
        release(
            template=metric(provider={"datadog": {"query": "q"}}, successCondition="result < 1"),
            secret={
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "datadog"},
                "stringData": {"api-key": "x"},
            },
        ),
        "rollout: Rollout canary-demo.default: metric success-rate: Secret datadog has no key app-key; add it",
    ),
    "an argument that nobody gives": (
        release(rollout=canary(**{"analysis.args": MISSING})),
        f"rollout: Rollout canary-demo.default: {CANARY}.analysis.args: argument ingress was not supplied",
    ),
    "a Service of other pods": (
        release(canary=service("canary-demo-canary", app="other")),
        f"rollout: Rollout canary-demo.default: {CANARY}.canaryService: Service canary-demo-canary selects",
    ),
    "an Ingress that leads elsewhere": (
        release(source=ingress("other")),
        "rollout: Rollout canary-demo.default: spec.rules[].http.paths[].backend.service.name: backend canary-demo not "
        "found in ingress canary-demo",
    ),
    "an Ingress that is broken": (
        release(source=changed(ingress(), {"spec.rules": 5})),
        "source: Ingress canary-demo.default: spec.rules: is a number, not a list",
    ),
    "a rule that is not there": (
        behind(ROUTE, apisix(("other", BOTH))),
        "rollout: Rollout canary-demo.default: spec.http[].name: APISIX route demo.default has no rule shop; name one "
        "of its rules; known are: other",
    ),
    "a rule without a backend for the canary": (
        behind({"istio": {"virtualService": {"name": "demo"}}}, virtual_service(BOTH[0])),
        f"rollout: Rollout canary-demo.default: {CANARY}.trafficRouting: VirtualService demo.default has no rule that "
        "leads to canary-demo and canary-demo-canary; add",
    ),
    "an Ingress whose rules lead past an action": (
        behind({"alb": {"ingress": "canary-demo", "servicePort": 80, "rootService": "root"}}, ingress()),
        f"rollout: Rollout canary-demo.default: {CANARY}.trafficRouting: Ingress canary-demo.default has no rule that "
        "leads to root; name root",
    ),
}


@pytest.mark.parametrize(("parts", "text"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_names_document_rollout_field_and_remedy(parts: dict[str, Manifest], text: str) -> None:
    found = said(parts)
    assert any(one.startswith(text) for one in found), found


@pytest.mark.parametrize(
    ("routing", "source"),
    [
        (ROUTE, apisix(("shop", BOTH), ("other", ["other"]))),
        (
            {"istio": {"virtualService": {"name": "demo", "routes": ["shop"]}}},
            virtual_service(f"{BOTH[0]}.default.svc.cluster.local", BOTH[1]),
        ),
        (
            BY_SUBSET,
            other_source("VirtualService", {"http": [{"route": destinations(subset=["stable", "canary"])}]}),
        ),
        (
            {"istio": {"virtualService": {"name": "demo", "tlsRoutes": [{"port": 443}]}}},
            other_source(
                "VirtualService", {"tls": [{"match": [{"port": 443}], "route": destinations(host=BOTH)}]}
            ),
        ),
        (
            {"traefik": {"weightedTraefikServiceName": "demo"}},
            other_source("TraefikService", {"weighted": {"services": [{"name": name} for name in BOTH]}}),
        ),
        (
            {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "demo", "namespace": "default"}}},
            other_source("HTTPRoute", {"rules": [{"backendRefs": [{"name": name} for name in BOTH]}]}),
        ),
    ],
    ids=["apisix", "istio", "istio by subsets", "istio without requests", "traefik", "gateway api"],
)
def test_a_source_of_each_gateway_that_leads_to_both_services_is_right(
    routing: Any, source: Manifest
) -> None:
    assert [one for one in said(behind(routing, source)) if "has no rule" in one] == []


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            {"rollout": rollout()},
            "not among these documents, so not looked at: Service canary-demo-canary, Service canary-demo, Ingress "
            "canary-demo, AnalysisTemplate success-rate",
        ),
        (
            release(
                rollout=routed({"nginx": {"stableIngress": "canary-demo"}}, {"setWeight": 1}), template=None
            ),
            DRIVEN,
        ),
        (
            release(rollout=canary(steps=[{"pause": {}}], analysis=MISSING)),
            "no step has setWeight, so that nobody meets the canary before everybody does",
        ),
        (
            release(rollout=canary(steps=MISSING)),
            "steps is empty, so that everybody meets a new version at once",
        ),
        (
            release(template=changed(template(), {"spec.templates": [{"templateName": "more"}]})),
            "not among these documents, so not looked at: AnalysisTemplate more",
        ),
    ],
    ids=[
        "alone",
        "without an analysis",
        "without a weight",
        "without steps",
        "a template of a template",
    ],
)
def test_what_is_worth_knowing_is_no_problem(parts: dict[str, Manifest], text: str) -> None:
    assert said(parts) == []
    assert any(text in remark for remark in said(parts, "remark")), said(parts, "remark")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            release(
                rollout=canary(
                    trafficRouting={"nginx": {"stableIngress": "canary-demo", "annotationPrefix": "x"}}
                )
            ),
            "spec.strategy.canary.trafficRouting: annotationPrefix: is not driven yet; leave it out",
        ),
        (
            release(template=metric(provider={"web": {"url": "http://x/", "jsonPath": "{.items[*].ok}"}})),
            "jsonPath: '{.items[*].ok}' is not supported",
        ),
    ],
    ids=["a prefix", "a path"],
)
def test_what_no_driver_here_does_is_a_problem(parts: dict[str, Manifest], told: str) -> None:
    [found] = said(parts)
    assert told in found


def test_a_kind_of_the_same_name_of_another_project_is_left_alone() -> None:
    other = {
        "apiVersion": "rollouts.kruise.io/v1beta1",
        "kind": "Rollout",
        "metadata": {"name": "x"},
        "spec": {},
    }
    assert (said({"other": other}), said({"other": other}, "remark")) == ([], [])


def test_a_file_with_a_rollout_says_what_is_known_of_it_and_nothing_of_canaries(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(yaml.safe_dump_all(release().values()))
    done = CliRunner().invoke(check, [str(path)])
    assert done.exit_code == 0
    assert done.output == (f"{path}[1]: Rollout canary-demo.default: {DRIVEN}\n")
