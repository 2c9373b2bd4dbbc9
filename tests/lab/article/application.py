"""An application under a Canary, as the people of the stories see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

from tests.lab.article import documents
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually
from tests.lab.kubectl import Kubectl

IMAGE = "stefanprodan/podinfo"
CONTAINER = "podinfod"


@dataclass(frozen=True)
class Application:
    """podinfo in a namespace. Its Canary is called podinfo, too."""

    ground: Ground
    namespace: str

    @property
    def kubectl(self) -> Kubectl:
        return self.ground.kubectl(self.namespace)

    @property
    def canary(self) -> Document:
        return dict(self.kubectl.get("canary", "podinfo"))

    @property
    def status(self) -> Document:
        return dict(self.canary.get("status") or {})

    @property
    def phase(self) -> str:
        return str(self.status.get("phase", ""))

    @property
    def split(self) -> tuple[int, int]:
        """The weights of primary and canary on the live route."""
        [rule] = self.kubectl.get("apisixroute", "podinfo-podinfo-canary")["spec"]["http"]
        weights = {backend["serviceName"]: backend["weight"] for backend in rule["backends"]}
        return weights["podinfo-primary"], weights["podinfo-canary"]

    @property
    def rule(self) -> Document:
        """The one rule of the live generated route."""
        [rule] = self.kubectl.get("apisixroute", "podinfo-podinfo-canary")["spec"]["http"]
        return dict(rule)

    def uid(self, name: str) -> str:
        """The uid of an object such as "service/podinfo", "" while it isn't there."""
        return str(self.kubectl("get", name, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}"))

    def ready(self, deployment: str) -> bool:
        """Whether all pods of a Deployment that is there are available."""
        status = self.kubectl.get("deployment", deployment).get("status") or {}
        return bool(status.get("availableReplicas")) and status.get("availableReplicas") == status.get(
            "replicas"
        )

    @property
    def said(self) -> set[str]:
        """Texts of the Canary's Events."""
        events = self.kubectl.get("events", "--field-selector=involvedObject.kind=Canary")["items"]
        return {event["message"] for event in events}

    def image(self, deployment: str = "podinfo") -> str:
        [container] = self.kubectl.get("deployment", deployment)["spec"]["template"]["spec"]["containers"]
        return str(container["image"])

    def replicas(self, deployment: str = "podinfo") -> int:
        return int(self.kubectl.get("deployment", deployment)["spec"]["replicas"])

    def set_image(self, tag: str) -> None:
        """As the article does: `kubectl set image`."""
        self.kubectl("set", "image", "deployment/podinfo", f"{CONTAINER}={IMAGE}:{tag}")

    def release(self, tag: str = "", *options: str, expect: int = 0) -> str:
        """`sluice release`, to its end; without a tag it drives what is there."""
        image = ("--image", f"{CONTAINER}={IMAGE}:{tag}") if tag else ()
        return self.ground.sluice(*self.release_command, *image, *options, expect=expect)

    @property
    def release_command(self) -> tuple[str, ...]:
        return ("release", "podinfo", "--env", "dev", "-n", self.namespace)

    @property
    def stack(self) -> str:
        return f"dev.{self.namespace}.podinfo"

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.ground.history("podinfo", self.namespace)

    def until_weight(self, least: int, seconds: float = 60) -> None:
        eventually(lambda: self.status.get("canaryWeight", 0) >= least, seconds)

    def until_measured(self) -> None:
        """Until Prometheus has seen enough of the route's traffic for a rate."""
        query = f'rate(apisix_http_status{{route=~"{self.namespace}_podinfo-podinfo-canary_.+"}}[5s]) > 0'
        server = f"http://{self.ground.lab.addresses['prometheus']}/api/v1/query"

        def measured() -> bool:
            answer = requests.get(server, params={"query": query}, timeout=5).json()
            return bool(answer["data"]["result"])

        eventually(measured, 30, every=0.2)

    def until_split(self, primary: int, canary: int, seconds: float = 30) -> None:
        """Until the live route has these weights."""
        eventually(lambda: self.split == (primary, canary), seconds)

    def until_phase(self, *phases: str, seconds: float = 60) -> None:
        eventually(lambda: self.phase in phases, seconds)


def adopted(ground: Ground, namespace: str, **analysis: Any) -> Application:
    """An application whose documents somebody applied with kubectl, initialised."""
    application = Application(ground, namespace)
    application.kubectl.apply(
        documents.deployment(namespace),
        documents.route(namespace),
        documents.canary(namespace, **analysis),
    )
    application.release()
    return application


def in_order(patterns: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether there is a text for each pattern, in their order; others may stand between. Says which one misses."""
    rest = iter(texts)
    for pattern in patterns:
        assert any(re.fullmatch(pattern, text) for text in rest), (
            f"{pattern} is missing, or too early, in {texts}"
        )
    return True
