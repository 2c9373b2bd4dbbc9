"""One Rollout and its driver in memory: the real driver over a cluster, stacks, a clock and answers in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from automation.cluster.events import Announcement
from automation.cluster.lending import Lending
from automation.cluster.observer import REMEMBERED, Observer
from automation.core.decision import Take
from automation.core.kinds import (
    ANALYSIS_TEMPLATE,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    Kind,
    Manifest,
)
from automation.core.marks import POD_HASH
from automation.core.observation import HookAnswer, Measured, Taken, TakenAnswer
from automation.core.revision_hash import pod_template_hash
from automation.core.status import Status
from automation.driver.driver import Driver
from automation.driver.rollouts import Rollouts
from automation.driver.tick import Tick
from automation.inmemory.alerts import MemoryAlerts
from automation.inmemory.clock import MemoryClock
from automation.inmemory.cluster import MemoryCluster, MemoryCopies
from automation.inmemory.pods import run_pods
from automation.inmemory.questions import MemoryQuestions
from automation.inmemory.stacks import MemoryStacks, Update
from documents.front import status_of
from gateways.gateway_api import HTTP_ROUTE
from gateways.ingress import INGRESS
from gateways.istio import DESTINATION_RULE, VIRTUAL_SERVICE
from tests.core.world import Killed
from tests.documents.argo_documents import changed, rollout, template
from tests.driving import Room, ports_of

KEY = ("test", "canary-demo")
PATCHED = (HTTP_ROUTE, VIRTUAL_SERVICE, DESTINATION_RULE)
RETAINED = (REPLICA_SET.kind, SERVICE.kind, *(source.kind for source in PATCHED))
INGRESS_OF_USERS: Manifest = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "canary-demo", "namespace": "test"},
    "spec": {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["demo.example.com"], "secretName": "demo-tls"}],
        "rules": [
            {
                "host": "demo.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "canary-demo", "port": {"name": "http"}}},
                        }
                    ]
                },
            }
        ],
    },
}


def service(name: str) -> Manifest:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "test"},
        "spec": {"selector": {"app": "canary-demo"}, "ports": ports},
    }


class RolloutWorld:
    """Everything but what a test sets is done by ticks. `answer` says what metrics measure, `lives` how many writes the
    driver lives on for: then it is killed, and another one goes on."""

    def __init__(self, document: Manifest | None = None, *templates: Manifest) -> None:
        self.answer: Callable[[Take], TakenAnswer] = lambda question: Taken([0.99])
        self.asked: list[Take] = []
        self.texts: list[str] = []
        self.updates: list[Update] = []
        self.attempts = 0
        self.clock = MemoryClock(1_000_000.0)
        self.lives: int | None = None
        self.cluster = MemoryCluster(before=self._before)
        run_pods(self.cluster, REPLICA_SET)
        self.written = MemoryCopies(self.cluster, REMEMBERED)
        self.copies = Lending(self.written)
        self.stacks = MemoryStacks(
            self.cluster,
            done=self.updates.append,
            retained=lambda manifest: manifest["kind"] in RETAINED,
        )
        for one in templates or (template(),):
            self.cluster.put(ANALYSIS_TEMPLATE, changed(one, {"metadata.namespace": "test"}))
        for name in ("canary-demo", "canary-demo-canary"):
            self.cluster.put(SERVICE, service(name))
        self.cluster.put(INGRESS, INGRESS_OF_USERS)
        self.apply(document or rollout())
        self.driver = self._driver()

    # What a test does, and sees.

    def apply(self, document: Manifest) -> None:
        """Somebody applies the document: its status, and what is remembered, stay."""
        live = self.cluster.get(ROLLOUT, *KEY) or {}
        metadata = {**live.get("metadata", {}), **document["metadata"], "namespace": "test"}
        self.cluster.put(ROLLOUT, {**live, **document, "metadata": metadata})

    def set_image(self, tag: str) -> str:
        """Somebody sets another image; the revision of it."""
        image = "spec.template.spec.containers.0.image"
        self.apply(changed(self.live, {image: f"argoproj/rollouts-demo:{tag}"}))
        return self.latest

    def patch_status(self, **fields: Any) -> RolloutWorld:
        """What Argo's plugin writes."""
        self.cluster.patch(ROLLOUT, *KEY, {"status": fields}, subresource="status")
        return self

    @property
    def live(self) -> Manifest:
        live = self.cluster.get(ROLLOUT, *KEY)
        assert live is not None
        return live

    @property
    def latest(self) -> str:
        live = self.copies.get(ROLLOUT, *KEY)
        assert live is not None
        return pod_template_hash(live["spec"]["template"])

    @property
    def known(self) -> Status:
        return status_of(self.live)

    @property
    def said(self) -> Manifest:
        """`.status` of the Rollout."""
        found: Manifest = self.live.get("status") or {}
        return found

    def told(self) -> tuple[str, str]:
        return self.said["phase"], self.said.get("message", "")

    def selected(self, name: str) -> str:
        """The revision that a Service selects, "" for none."""
        live = self.cluster.get(SERVICE, "test", name)
        assert live is not None
        assert live["spec"]["selector"]["app"] == "canary-demo"
        return str(live["spec"]["selector"].get(POD_HASH, ""))

    def pods(self) -> dict[str, int]:
        """How many pods each revision has."""
        sets = self.cluster.select(REPLICA_SET)
        return {one["metadata"]["labels"][POD_HASH]: one["spec"]["replicas"] for one in sets}

    @property
    def weight(self) -> int:
        """The canary's share at the gateway."""
        live = self.cluster.get(INGRESS, "test", "canary-demo-canary-demo-canary")
        assert live is not None
        return int(live["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"])

    # Time.

    def tick(self, count: int = 1) -> RolloutWorld:
        for _ in range(count):
            self.ticked()
        return self

    def ticked(self) -> Tick:
        """One tick, and the time until the next one is due."""
        begun = self.clock.at
        try:
            tick = self.driver.tick(*KEY)
        except Killed:
            self.driver = self._driver()
            tick = self.driver.tick(*KEY)
        assert tick is not None
        self.clock.at = max(self.clock.at, begun + (5.0 if tick.pause is None else tick.pause))
        return tick

    def until(self, phase: str, message: str = "", ticks: int = 400) -> RolloutWorld:
        """Ticks until the Rollout says that it is in a phase, with a message that begins so."""
        for _ in range(ticks):
            self.tick()
            said = self.said
            if said.get("phase") == phase and said.get("message", "").startswith(message):
                return self
        raise AssertionError(f"{self.said} after {ticks} ticks: {self.texts[-5:]}")

    # The driver.

    def _driver(self) -> Driver:
        questions = MemoryQuestions(
            lambda call: HookAnswer(True), lambda check: Measured(100.0, 0.0), take=self._take
        )
        room = Room(
            self.cluster,
            self.copies,
            Observer(self.copies),
            self.stacks,
            self.clock,
            questions,
            self._announce,
            MemoryAlerts(),
            self._fresh_attempt,
        )
        return Driver(
            ports_of(room, "dev.test.canary-demo"), 5.0, origin=Rollouts(self.cluster, self.written)
        )

    def _before(self, verb: str, kind: Kind, body: Manifest) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                self.lives = None
                raise Killed

    def _take(self, question: Take) -> TakenAnswer:
        self.asked.append(question)
        return self.answer(question)

    def _announce(self, announcement: Announcement, live: Manifest) -> None:
        self.texts.append(announcement.text)

    def _fresh_attempt(self) -> str:
        self.attempts += 1
        return f"a{self.attempts}"


def replica_set(world: RolloutWorld, revision: str) -> Manifest:
    found = world.cluster.get(REPLICA_SET, "test", f"canary-demo-{revision}")
    assert found is not None
    return found


KINDS: tuple[Kind, ...] = (ROLLOUT, REPLICA_SET)
