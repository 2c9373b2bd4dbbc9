"""What users and authors see of the gateway in a lab, told as given, when, then."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from bench.site import HOST, VERSIONS, Site, a_route, version
from lab.traffic import Traffic
from tests.lab.deadline import eventually

pytestmark = pytest.mark.lab

MERGE = "application/merge-patch+json"


@pytest.fixture(autouse=True)
def everything_on_primary(site: Site) -> Iterator[None]:
    yield
    site.lab.clear_faults()
    for name in VERSIONS:
        scale(site, name, 1)
    site.split(100, 0)


def asked(site: Site, times: int) -> Counter[str]:
    """Versions (or status codes) of so many answers."""
    connection = site.connect()
    try:
        return Counter(version(connection) for _ in range(times))
    finally:
        connection.close()


def in_force(site: Site, primary: int, canary: int) -> None:
    """Write the weights and wait until the gateway goes by them."""
    site.split(primary, canary)
    eventually(lambda: abs(asked(site, 100)[VERSIONS["canary"]] - canary) <= 1, seconds=5)


def requests_by_node(site: Site) -> dict[str, float]:
    """What the gateway's status counter says for the story's route, by address of the pod."""
    address = site.lab.forward("gateway", site.namespace, 9091)
    with urlopen(f"http://{address}/apisix/prometheus/metrics", timeout=5) as answer:
        text = answer.read().decode()
    pattern = rf'apisix_http_status{{[^}}]*route="{site.namespace}_podinfo_method"[^}}]*node="([^"]*)"[^}}]*}} (\S+)'
    counted: dict[str, float] = {}
    for node, value in re.findall(pattern, text):
        counted[node] = counted.get(node, 0) + float(value)
    return counted


def pods(site: Site, name: str) -> list[dict[str, Any]]:
    found = site.api.get(f"/api/v1/namespaces/{site.namespace}/pods?labelSelector=app={name}")["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def ready(site: Site, name: str) -> list[str]:
    """Addresses of the ready pods."""
    return [
        pod["status"]["podIP"]
        for pod in pods(site, name)
        for one in pod["status"].get("conditions", ())
        if one["type"] == "Ready" and one["status"] == "True"
    ]


def scale(site: Site, name: str, replicas: int) -> None:
    path = f"/apis/apps/v1/namespaces/{site.namespace}/deployments/{name}"
    site.api.request("PATCH", path, {"spec": {"replicas": replicas}}, MERGE)
    eventually(lambda: len(ready(site, name)) == len(pods(site, name)) == replicas, seconds=20)


def test_a_split_is_what_the_route_says(site: Site) -> None:
    in_force(site, 80, 20)
    answers = asked(site, 1000)
    assert abs(answers[VERSIONS["canary"]] - 200) <= 20
    assert sum(answers.values()) == answers[VERSIONS["canary"]] + answers[VERSIONS["primary"]]


def test_the_metrics_tell_primary_and_canary_apart(site: Site) -> None:
    (primary,), (canary,) = ready(site, "primary"), ready(site, "canary")
    in_force(site, 90, 10)
    before = requests_by_node(site)
    answers = asked(site, 500)
    after = requests_by_node(site)
    assert after[primary] - before[primary] == answers[VERSIONS["primary"]]
    assert after[canary] - before[canary] == answers[VERSIONS["canary"]]


def test_failures_of_one_revision_are_seen_at_its_node_alone(site: Site) -> None:
    in_force(site, 50, 50)
    site.lab.fault(f"podinfo:{VERSIONS['canary']}", error_rate=1.0)
    eventually(lambda: asked(site, 20)["500"] == 10, seconds=5)
    assert asked(site, 100) == {VERSIONS["primary"]: 50, "500": 50}


def test_a_pod_that_becomes_unready_leaves_within_two_seconds(site: Site) -> None:
    scale(site, "primary", 2)
    leaving, staying = ready(site, "primary")
    eventually(lambda: hosts(site, 20) == {host_of(site, leaving), host_of(site, staying)})
    gone = host_of(site, leaving)

    disabled = site.lab.exec(["curl", "-sf", "-X", "POST", f"http://{leaving}:9898/readyz/disable"])
    assert disabled.returncode == 0
    since = time.monotonic()
    eventually(lambda: gone not in hosts(site, 10), seconds=5, every=0.02)
    assert time.monotonic() - since < 2.0


def test_users_notice_nothing_of_a_rolling_update(site: Site) -> None:
    path = f"/apis/apps/v1/namespaces/{site.namespace}/deployments/primary"
    old = ready(site, "primary")
    with Traffic(f"http://{site.address}/api/info", HOST, rate=100, seconds=30) as traffic:
        stamp = {"spec": {"template": {"metadata": {"annotations": {"stamp": str(time.time_ns())}}}}}
        site.api.request("PATCH", path, stamp, MERGE)
        eventually(lambda: len(pods(site, "primary")) == 1 and ready(site, "primary") != old, seconds=20)
        eventually(lambda: traffic.total.sent >= 300, seconds=20)
    assert traffic.total.failed == 0
    assert traffic.total.ok == traffic.total.sent


def test_counters_keep_what_gone_pods_have_answered(site: Site) -> None:
    (pod,) = ready(site, "canary")
    in_force(site, 0, 100)
    asked(site, 50)
    before = requests_by_node(site)[pod]
    site.split(100, 0)
    scale(site, "canary", 0)
    assert requests_by_node(site)[pod] >= before


def test_a_backend_without_pods_answers_503_for_its_share(site: Site) -> None:
    scale(site, "canary", 0)
    site.split(75, 25)
    eventually(lambda: asked(site, 100) == {VERSIONS["primary"]: 75, "503": 25}, seconds=5)


def test_the_author_is_told_what_became_of_the_route(site: Site) -> None:
    plugins = [{"name": "limit-count", "enable": True, "config": {"count": 1}}]
    site.api.apply(site.route_path, a_route(site.namespace, 100, 0, plugins=plugins))

    def condition() -> dict[str, Any]:
        document = site.api.get(site.route_path)
        (one,) = document["status"]["conditions"]
        return dict(one) if one["observedGeneration"] == document["metadata"]["generation"] else {}

    assert "plugin limit-count" in eventually(condition)["message"]
    site.split(100, 0)
    assert eventually(lambda: condition().get("message") == "Sync Successfully")


def test_a_request_without_a_route_is_answered_as_apisix_does(site: Site) -> None:
    connection = site.connect()
    connection.request("GET", "/", headers={"Host": "nobody.example.com"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (404, {"error_msg": "404 Route Not Found"})


def test_a_killed_gateway_comes_back(site: Site) -> None:
    site.lab.kill(f"{site.namespace}/gateway")
    eventually(lambda: asked(site, 10) == {VERSIONS["primary"]: 10}, seconds=20)


def test_users_are_served_while_the_api_server_is_away(site: Site) -> None:
    with Traffic(f"http://{site.address}/api/info", HOST, rate=50, seconds=30) as traffic:
        site.lab.stop("kube-apiserver")
        try:
            eventually(lambda: traffic.total.sent >= 100)
        finally:
            site.lab.start("kube-apiserver")
        eventually(lambda: site.split(50, 50), seconds=20)
        eventually(lambda: asked(site, 100)[VERSIONS["canary"]] == 50, seconds=20)
    assert traffic.total.failed == 0


def hosts(site: Site, times: int) -> set[str]:
    """Host names of whoever answers."""
    connection = site.connect()
    names = set()
    for _ in range(times):
        connection.request("GET", "/api/info", headers={"Host": HOST})
        names.add(json.loads(connection.getresponse().read())["hostname"])
    connection.close()
    return names


def host_of(site: Site, address: str) -> str:
    names = {pod["status"].get("podIP"): str(pod["metadata"]["name"]) for pod in pods(site, "primary")}
    return names[address]
