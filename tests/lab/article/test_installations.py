"""Two installations of one chart in a namespace: what they share is their name's label."""

from __future__ import annotations

import copy

import pytest
import requests

from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground

pytestmark = pytest.mark.lab

REGIONS = ("eu", "us")


def installation(namespace: str, region: str) -> list[Document]:
    """The documents of one, which answers with its region's name."""
    name = f"podinfo-{region}"
    labels = {"app.kubernetes.io/name": "podinfo", "app.kubernetes.io/instance": region}
    workload = copy.deepcopy(documents.deployment(namespace))
    workload["spec"]["selector"]["matchLabels"] = labels
    workload["spec"]["template"]["metadata"]["labels"] = labels
    workload["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "PODINFO_UI_MESSAGE", "value": region}
    ]
    route = copy.deepcopy(documents.route(namespace))
    route["spec"]["http"][0]["match"]["hosts"] = [host(namespace, region)]
    route["spec"]["http"][0]["backends"][0]["serviceName"] = name
    canary = copy.deepcopy(documents.canary(namespace))
    canary["spec"]["targetRef"]["name"] = canary["spec"]["routeRef"]["name"] = name
    for document in (workload, route, canary):
        document["metadata"]["name"] = name
    return [workload, route, canary]


def host(namespace: str, region: str) -> str:
    return f"{region}.{documents.host(namespace)}"


def answers(ground: Ground, namespace: str, region: str) -> set[str]:
    """Who answers the users of a region."""
    url = f"http://{ground.lab.addresses['gateway']}/api/info"
    headers = {"Host": host(namespace, region), "Connection": "close"}
    return {requests.get(url, headers=headers, timeout=5).json()["message"] for _ in range(20)}


def test_each_installation_answers_its_own_users_alone(ground: Ground, namespace: str) -> None:
    kubectl = ground.kubectl(namespace)
    for region in REGIONS:
        kubectl.apply(*installation(namespace, region))
    # when
    for region in REGIONS:
        ground.sluice("release", f"podinfo-{region}", "--env", "dev", "-n", namespace)
    # then
    assert {region: answers(ground, namespace, region) for region in REGIONS} == {
        region: {region} for region in REGIONS
    }
    kubectl("delete", "canary,deployment,apisixroute", "--all", "--wait=false")
