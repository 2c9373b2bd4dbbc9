"""An application under a Canary, as the people of the stories see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

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
    def said(self) -> list[str]:
        """Texts of the Canary's events, in the order of their last time."""
        events = self.kubectl.get("events", "--field-selector=involvedObject.kind=Canary")["items"]
        events.sort(key=lambda event: (event["lastTimestamp"], int(event["metadata"]["resourceVersion"])))
        return [event["message"] for event in events]

    def has_said(self, pattern: str) -> bool:
        """Whether an event's text matches the whole pattern."""
        return any(re.fullmatch(pattern, text) for text in self.said)

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
    def history(self) -> list[dict[str, Any]]:
        return self.ground.history("podinfo", self.namespace)

    def advances(self) -> list[str]:
        """The splits that forward steps of the last run led to, as the stack's history has them."""
        steps = self.history
        begun = max(
            (i for i, step in enumerate(steps) if step["kind"] in ("apex", "promote", "rollback")), default=0
        )
        return [step["after"] for step in steps[begun:] if step["kind"] == "advance"]

    def until_weight(self, least: int, seconds: float = 60) -> None:
        eventually(lambda: self.status.get("canaryWeight", 0) >= least, seconds)

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
