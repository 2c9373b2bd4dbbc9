"""Who answers users' requests: what the gateway does, which hears of a route a moment after the API server has it."""

from __future__ import annotations

from collections import Counter

import requests

from tests.lab.article import documents
from tests.lab.article.application import Application
from tests.lab.deadline import eventually

REQUESTS = 100


def answers(podinfo: Application, headers: dict[str, str], count: int = REQUESTS) -> Counter[str | None]:
    """Which versions answered so many requests from outside; None for what failed."""
    url = f"http://{podinfo.ground.lab.addresses['gateway']}/api/info"
    sent = {"Host": documents.host(podinfo.namespace), **headers}
    with requests.Session() as session:
        return Counter(session.get(url, headers=sent, timeout=5).json().get("version") for _ in range(count))


def until_answered_by(podinfo: Application, version: str, headers: dict[str, str]) -> None:
    """Until the gateway has heard of the last change: the API server knows of it a moment earlier."""
    eventually(lambda: answers(podinfo, headers, 1) == {version: 1}, 10, every=0.05)
