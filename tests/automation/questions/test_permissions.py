"""Whether somebody may approve a gate, asked of an API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.core.decision import AskPermission
from automation.errors import ClusterRefused
from automation.questions.permissions import User, identity, own_permission, permission
from tests.automation.api import Api, api
from tests.automation.loopback import Answer, Asked
from tests.core.documents import canary

ASKED = AskPermission("promotion", "ann", ("staff", "system:authenticated"))
GATE = {
    "namespace": "test",
    "verb": "approve",
    "group": "flagger.app",
    "resource": "canaries",
    "subresource": "promotion",
    "name": "podinfo",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Api]:
    with api(tmp_path) as served:
        yield served


def says(server: Api, status: Any, code: int = 201) -> None:
    def answer(asked: Asked) -> Answer:
        return Answer(code, {"status": status} if code == 201 else {"message": "no such rights"})

    server.refuse = answer


@pytest.mark.parametrize("allowed", [True, False])
def test_a_driver_asks_for_a_person(server: Api, allowed: bool) -> None:
    says(server, {"allowed": allowed, "reason": "no Role" if not allowed else ""})
    found = permission(server.cluster, canary(), ASKED)
    asked = json.loads(server.asked[-1].body)
    assert asked["spec"] == {"user": "ann", "groups": [*ASKED.groups], "resourceAttributes": GATE}
    assert server.asked[-1].path.startswith("/apis/authorization.k8s.io/v1/subjectaccessreviews")
    assert found.granted is allowed
    assert allowed or found.why == "ann may not approve canaries/promotion of podinfo.test: no Role"


def test_where_the_driver_may_not_ask_nobody_may_approve(server: Api) -> None:
    says(server, {}, 403)
    found = permission(server.cluster, canary(), ASKED)
    assert not found.granted
    assert found.why.startswith("the driver can't ask whether ann may: ")


def test_people_ask_for_themselves(server: Api) -> None:
    says(server, {"allowed": True})
    assert own_permission(server.cluster, canary(), ASKED).granted
    assert json.loads(server.asked[-1].body)["spec"] == {"resourceAttributes": GATE}


def test_the_cluster_says_who_somebody_is(server: Api) -> None:
    says(server, {"userInfo": {"username": "ann", "groups": ["staff"]}})
    assert identity(server.cluster) == User("ann", ("staff",))
    assert server.asked[-1].path.startswith("/apis/authentication.k8s.io/v1/selfsubjectreviews")


def test_a_cluster_that_does_not_say_who_somebody_is_is_told(server: Api) -> None:
    says(server, {}, 404)
    with pytest.raises(ClusterRefused):
        identity(server.cluster)
