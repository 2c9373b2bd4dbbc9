"""What a canary analysis rests on: the load tester's traffic, and Prometheus' answers to the built-in queries."""

import json
from collections.abc import Iterator
from contextlib import suppress
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from bench.site import VERSIONS, Document, Site, a_route, container, workload
from lab.api import ApiError
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

ROUTE = "podinfo-podinfo-canary"
HOST = "canary.example.com"  # not that of other stories
MATCHING = 'route=~"{namespace}_podinfo-podinfo-canary_.+"'
SUCCESS_RATE = (
    'sum(rate(apisix_http_status{{{match},code!~"5.."}}[{interval}])) '
    "/ sum(rate(apisix_http_status{{{match}}}[{interval}])) * 100"
)
DURATION = (
    'histogram_quantile(0.99, sum(rate(apisix_http_latency_bucket{{type=~"request",'
    "{match}}}[{interval}])) by (le))"
)


@pytest.fixture(scope="module")
def prometheus(site: Site) -> str:
    """The address of a Prometheus that scrapes the gateway every second."""
    scrape = {
        "job_name": "gateway",
        "scrape_interval": "1s",
        "metrics_path": "/apisix/prometheus/metrics",
        "static_configs": [{"targets": [f"gateway.{site.namespace}:9091"]}],
    }
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "prometheus", "namespace": site.namespace},
        "data": {"prometheus.yml": json.dumps({"scrape_configs": [scrape]})},
    }
    site.api.apply(f"/api/v1/namespaces/{site.namespace}/configmaps/prometheus", settings)
    server = container(
        "prom/prometheus:v3.7.3", {"httpGet": {"path": "/-/ready", "port": 9090}, "periodSeconds": 1}
    )
    server["args"] = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
    server["volumeMounts"] = [{"name": "config", "mountPath": "/etc/prometheus"}]
    for path, document in workload(site.namespace, "prometheus", server, {"http": (9090, 9090)}):
        if document["kind"] == "Deployment":
            document["spec"]["template"]["spec"]["volumes"] = [
                {"name": "config", "configMap": {"name": "prometheus"}}
            ]
        site.api.apply(path, document)
    address = site.lab.forward("prometheus", site.namespace, 9090)
    eventually(lambda: query(address, "up") == 1, seconds=60)
    return address


@pytest.fixture(scope="module")
def load_tester(site: Site) -> Iterator[str]:
    """The address of a load tester, deployed as its chart does. Its traffic ends with it."""
    tester = container(
        "ghcr.io/fluxcd/flagger-loadtester:0.36.0", {"httpGet": {"path": "/healthz", "port": 8080}}
    )
    tester["command"] = ["./loadtester", "-port=8080", "-log-level=info", "-timeout=1h"]
    for path, document in workload(site.namespace, "loadtester", tester, {"http": (80, 8080)}):
        site.api.apply(path, document)
    address = site.lab.forward("loadtester", site.namespace, 80)
    eventually(lambda: post(address, "/gate/approve") == 200, seconds=60)
    yield address
    site.api.request("DELETE", f"/apis/apps/v1/namespaces/{site.namespace}/deployments/loadtester")


@pytest.fixture(autouse=True)
def as_it_was(site: Site) -> Iterator[None]:
    """No faults, and no second route to podinfo."""
    yield
    site.lab.clear_faults()
    with suppress(ApiError):
        site.api.request("DELETE", canary_path(site))


def query(address: str, text: str) -> float | None:
    """The first value of an instant query; none if there is no series."""
    with urlopen(f"http://{address}/api/v1/query?query={quote(text)}", timeout=5) as answer:
        result = json.load(answer)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def built_in(site: Site, template: str) -> str:
    return template.format(match=MATCHING.format(namespace=site.namespace), interval="10s")


def post(address: str, path: str, **metadata: str) -> int:
    body: Document = {"name": "podinfo", "namespace": "test", "metadata": metadata}
    request = Request(f"http://{address}{path}", json.dumps(body).encode(), method="POST")
    try:
        with urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code


def canary_path(site: Site) -> str:
    return site.route_path.replace("/podinfo", f"/{ROUTE}")


def canary_route(site: Site, primary: int, canary: int) -> None:
    route = a_route(site.namespace, primary, canary, priority=10000)
    route["metadata"]["name"] = ROUTE
    route["spec"]["http"][0]["match"]["hosts"] = [HOST]
    site.api.apply(canary_path(site), route)


def test_the_built_in_queries_follow_what_the_canary_does(
    site: Site, prometheus: str, load_tester: str
) -> None:
    canary_route(site, 50, 50)
    command = f"hey -z 40s -q 10 -c 2 -h2 -host {HOST} http://gateway.{site.namespace}/api/info"
    assert post(load_tester, "/", type="cmd", cmd=command) == 202

    eventually(lambda: query(prometheus, built_in(site, SUCCESS_RATE)) == 100, seconds=20)
    eventually(lambda: 0 < (query(prometheus, built_in(site, DURATION)) or 0) < 100, seconds=20)

    site.lab.fault(f"podinfo:{VERSIONS['canary']}", error_rate=1.0, latency_ms=300)
    eventually(lambda: (query(prometheus, built_in(site, SUCCESS_RATE)) or 100) < 80, seconds=20)
    eventually(lambda: 200 < (query(prometheus, built_in(site, DURATION)) or 0) < 500, seconds=20)


def test_the_canarys_own_share_is_told_apart_by_node(site: Site, prometheus: str, load_tester: str) -> None:
    canary_route(site, 90, 10)
    site.lab.fault(f"podinfo:{VERSIONS['canary']}", error_rate=1.0)
    command = f"hey -z 30s -q 20 -c 2 -host {HOST} http://gateway.{site.namespace}/version"
    assert post(load_tester, "/", type="cmd", cmd=command) == 202
    pods = site.api.get(f"/api/v1/namespaces/{site.namespace}/pods?labelSelector=app=canary")["items"]
    node = f'node="{pods[0]["status"]["podIP"]}"'
    failing = f'sum(rate(apisix_http_status{{{node},code=~"5.."}}[5s])) / sum(rate(apisix_http_status{{{node}}}[5s]))'
    eventually(lambda: query(prometheus, failing) == 1, seconds=20)


def test_gates_stay_as_people_leave_them(load_tester: str) -> None:
    assert post(load_tester, "/gate/check") == 403
    assert post(load_tester, "/gate/open") == 202
    assert post(load_tester, "/gate/check") == 200
    assert post(load_tester, "/rollback/check") == 403
    assert post(load_tester, "/gate/close") == 202
    assert post(load_tester, "/gate/check") == 403


def test_a_bash_task_sees_the_cluster_by_name(site: Site, load_tester: str) -> None:
    reach = f"curl -sf http://primary.{site.namespace}/readyz"
    assert post(load_tester, "/", type="bash", cmd=reach) == 200
    assert (
        post(load_tester, "/", type="bash", cmd=f"curl -sf http://primary.{site.namespace}/status/500") == 500
    )
