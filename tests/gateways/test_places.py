"""What one gateway or one kind of workload is called stands in its own file, and in the twin table of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from gateways import registry

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("automation", "cli", "components", "documents", "gateways", "policies", "stacks", "workloads")
PLATFORM = {"components/apisix.py", "components/apisix_manifests.py", "components/definitions.py"}
"""What the platform stack installs: another subject than what a release writes."""
ARGO = {
    "documents/argo/released.py",
    "documents/argo/report.py",
    "documents/argo/rollout.py",
    "documents/argo/routing.py",
    "documents/argo/undriven.py",
    "documents/conversion/to_canary.py",
    "gateways/argo.py",
}
"""What Argo's Rollouts call each gateway, what they name for it, and fields of theirs that workloads have, too."""
DECLARED = {"automation/inmemory/pods.py", "components/podinfo.py", "components/revision.py"}
"""A Deployment that the platform declares, whose pods run in memory, and the docstring of what is recorded."""


def places(pattern: str, packages: Iterable[str] = PRODUCT) -> set[str]:
    files = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)) for path in files if re.search(pattern, path.read_text())}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param(
            r"ApisixRoute|apisixroutes|apisix_http",
            {
                "gateways/apisix.py",
                "gateways/apisix_rules.py",
                "gateways/apisix_sessions.py",
                "policies/tokens.py",
            },
            id="the objects and metrics of APISIX",
        ),
        pytest.param(r"import .*\bAPISIX\b", {"gateways/registry.py"}, id="its row"),
        pytest.param(
            r"VirtualService|DestinationRule|istio_requests",
            {
                *("gateways/istio.py", "gateways/subsets.py", "gateways/virtual_service.py"),
                *("policies/tokens.py", "stacks/settings.py"),
            },
            id="the objects and metrics of Istio",
        ),
        pytest.param(
            r"\bHTTPRoute|\"httproutes",
            {
                "gateways/gateway_api.py",
                "gateways/http_route.py",
                "gateways/grpc_route.py",
                "policies/tokens.py",
            },
            id="the objects of Gateway API",
        ),
        pytest.param(
            r"nginx\.ingress|nginx_ingress",
            {"gateways/nginx.py", "policies/gateways.py"},
            id="the annotations and metrics of NGINX",
        ),
        pytest.param(
            r"zalando\.org|skipper_",
            {"gateways/skipper.py", "policies/gateways.py"},
            id="the annotations and metrics of Skipper",
        ),
        pytest.param(
            r"INGRESS\b",
            {
                "gateways/alb.py",
                "gateways/ingress.py",
                "gateways/ingress_copy.py",
                "policies/tokens.py",
                "policies/gateways.py",
            },
            id="Ingresses",
        ),
        pytest.param(
            r"TraefikService|traefik_service",
            {"gateways/traefik.py", "policies/tokens.py"},
            id="the objects and metrics of Traefik",
        ),
        pytest.param(
            r"HTTPProxy|httpproxies|l5d-dst",
            {"gateways/contour.py", "policies/tokens.py"},
            id="the objects of Contour",
        ),
        pytest.param(
            r"RouteTable|routetables|upstreams\"",
            {"gateways/gloo.py", "policies/tokens.py"},
            id="the objects of Gloo",
        ),
        pytest.param(
            r"MeshHTTPRoute|meshhttproutes|kuma\.io",
            {"gateways/kuma.py", "policies/tokens.py"},
            id="the objects of Kuma",
        ),
        pytest.param(
            r"TrafficSplit|trafficsplits|osm_request|response_latency_ms",
            {"gateways/traffic_split.py", "policies/tokens.py"},
            id="the objects and metrics of meshes with TrafficSplits",
        ),
        pytest.param(
            r"import .*\b(NGINX|SKIPPER|GRPC|KUMA|TRAEFIK|CONTOUR|GLOO|TRAFFIC_SPLITS|KUBERNETES)\b",
            {"gateways/registry.py"},
            id="the rows of gateways without a mesh",
        ),
        pytest.param(
            r"\bDEPLOYMENT\b(?! *[:=] )|ProgressDeadlineExceeded|revisionHistoryLimit",
            {"workloads/deployment.py", "policies/tokens.py", "stacks/rivals.py", *DECLARED},
            id="Deployments as workloads",
        ),
        pytest.param(
            r"AUTOSCALER\b(?! *[:=] )|horizontalpodautoscalers",
            {"workloads/horizontal.py", "workloads/scaler_versions.py"},
            id="HorizontalPodAutoscalers",
        ),
    ],
)
def test_the_places_that_know_one_product(pattern: str, expected: set[str]) -> None:
    assert places(pattern) - PLATFORM - ARGO <= expected


KINDS = sorted({kind.kind for kind in registry.kinds()} - {"Service", "Mapping"})
"""Of all gateways that there are, whether or not somebody thought of them above. `Mapping` is Python's word, too."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_a_gateway_is_known_to_its_own_files_and_the_pack(kind: str) -> None:
    elsewhere = {place for place in places(rf"\b{kind}\b") if not place.startswith("gateways/")}
    assert elsewhere - PLATFORM - ARGO <= {"policies/tokens.py", "policies/gateways.py"}
