"""A cluster that refuses what a release writes: nothing is forced or forgotten, and what refuses it is said."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.lab.article.answers import until_answered_by
from tests.lab.article.application import Application
from tests.lab.article.documents import Document
from tests.lab.article.ground import Ground
from tests.lab.deadline import eventually
from tests.lab.kubectl import Kubectl

pytestmark = pytest.mark.lab

REASON = "routes are frozen"


@dataclass(frozen=True)
class Freeze:
    """An admission policy that refuses all updates of the namespace's ApisixRoutes while it is on."""

    kubectl: Kubectl

    def on(self) -> None:
        self._label("frozen=yes")
        eventually(self.refuses)

    def off(self) -> None:
        self._label("frozen-")

    def refuses(self) -> bool:
        """Whether the API server does so by now: it takes a moment to hear of a policy, and of a label."""
        write = ("annotate", "apisixroute", "podinfo", "tried=yes", "--dry-run=server", "--overwrite")
        done = subprocess.run(self.kubectl.command(*write), capture_output=True, text=True, check=False)
        return REASON in done.stderr

    def _label(self, label: str) -> None:
        self.kubectl("label", "namespace", self.kubectl.namespace, label, "--overwrite")


@pytest.fixture
def freeze(ground: Ground, namespace: str, application: Callable[..., Application]) -> Iterator[Freeze]:
    """A freeze that can be put on and off at once, and is off."""
    kubectl, name = ground.kubectl(namespace), f"freeze-{namespace}"
    kubectl.apply(*policy(name))
    try:
        yield Freeze(kubectl)
    finally:
        kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name)
        kubectl("label", "namespace", namespace, "frozen-")


def policy(name: str) -> tuple[Document, Document]:
    """The policy, and its binding to namespaces that are labelled so."""
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    rule = {
        "apiGroups": ["apisix.apache.org"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["apisixroutes"],
    }
    named = {"matchLabels": {"kubernetes.io/metadata.name": name.removeprefix("freeze-"), "frozen": "yes"}}
    constraints = {"resourceRules": [rule], "namespaceSelector": named}
    validations = [{"expression": "false", "message": REASON}]
    return (
        {
            **api,
            "kind": "ValidatingAdmissionPolicy",
            "spec": {"failurePolicy": "Fail", "matchConstraints": constraints, "validations": validations},
        },
        {
            **api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    )


def told(podinfo: Application) -> int:
    """How often Events have said what refuses the route."""
    events = podinfo.kubectl.get("events", "--field-selector=involvedObject.kind=Canary")["items"]
    return sum(int(event.get("count") or 1) for event in events if REASON in event["message"])


def tries(podinfo: Application) -> int:
    """How many updates of the release stack have failed so far."""
    state = Path(urlsplit(podinfo.ground.environment["PULUMI_BACKEND_URL"]).path)
    updates = (state / ".pulumi" / "history").glob(f"**/{podinfo.stack}/*.history.json")
    return sum(json.loads(update.read_text()).get("result") == "failed" for update in updates)


def test_a_refused_rollback_whose_traffic_is_back_is_said_once_and_tried_again_with_pauses(
    application: Callable[..., Application], freeze: Freeze
) -> None:
    # given
    podinfo = application()
    patch = json.dumps({"spec": {"progressDeadlineSeconds": 5}})
    podinfo.kubectl("patch", "canary/podinfo", "--type=merge", "-p", patch)
    freeze.on()
    image = "podinfod=registry.example.com/podinfo:6.0.1"
    with podinfo.ground.begun(*podinfo.release_command, "--image", image) as driver:
        # when
        eventually(lambda: told(podinfo), 60)
        first, begun = tries(podinfo), time.monotonic()
        eventually(lambda: tries(podinfo) >= first + 3, 60)
        # then
        assert time.monotonic() - begun > 4  # after one, two and four seconds
        assert told(podinfo) == 1
        assert podinfo.phase == "Progressing"
        assert podinfo.split == (100, 0)
        # when
        freeze.off()
        # then
        assert driver.wait().code == 20
    assert podinfo.phase == "Failed"


def test_a_refused_rollback_that_users_wait_for_gets_through_once_it_may(
    application: Callable[..., Application], freeze: Freeze
) -> None:
    # given
    podinfo = application(threshold=1, stepWeight=2)
    podinfo.set_image("6.6.1")
    with podinfo.ground.begun(*podinfo.release_command) as driver:
        podinfo.until_weight(2)
        freeze.on()
        # when
        podinfo.ground.lab.fault("podinfo:6.6.1", error_rate=1.0)
        # then
        refused = "nor could its route be patched"
        eventually(lambda: any(refused in text and REASON in text for text in podinfo.said), 60)
        assert podinfo.split[1] > 0
        # when
        freeze.off()
        # then
        podinfo.until_split(100, 0)
        assert driver.wait().code == 20
    until_answered_by(podinfo, "6.0.0", {})
    assert podinfo.phase == "Failed"
