"""Revisions as they are kept: whole, immutable, owned by the Canary that needs them, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.cluster.recorder import KEPT, Moved, Recorder
from automation.core import revision_hash
from automation.core.kinds import CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, Kind, Manifest
from tests.automation.api import Api, api
from tests.automation.cluster.test_observer import canary

OWNER: dict[str, Any] = {"metadata": {"namespace": "test", "name": "podinfo", "uid": "first"}}


class Copies:
    """A live copy that is never behind."""

    def __init__(self, served: Api) -> None:
        self._served = served

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        there = name in self._served.names(kind, namespace)
        return self._served.get(kind, name, namespace) if there else None

    def all(self, kind: Kind) -> list[Manifest]:
        return [self._served.get(kind, name) for name in self._served.names(kind)]

    def put(self, kind: Kind, thing: Manifest) -> None:
        """It is there already."""

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """It is gone already."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Api]:
    with api(tmp_path) as server:
        yield server


def release(served: Api, image: str, greeting: str = "hello") -> str:
    """A target with its configuration; its revision hash."""
    source = [{"configMapRef": {"name": "podinfo"}}]
    template = {"spec": {"containers": [{"name": "podinfod", "image": image, "envFrom": source}]}}
    marks = {"namespace": "test", "name": "podinfo"}
    served.put(DEPLOYMENT, {"metadata": marks, "spec": {"replicas": 2, "template": template}})
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": marks,
        "data": {"greeting": greeting},
    }
    served.put(CONFIG_MAP, config)
    return revision_hash.revision_hash(template, {"configmap/podinfo": revision_hash.config_checksum(config)})


def record(
    served: Api, wanted: str, owner: dict[str, Any] = OWNER, keep: frozenset[str] = frozenset()
) -> None:
    copies: Any = Copies(served)
    Recorder(served.cluster, copies).record(canary(), owner, wanted, keep)


def owners(served: Api) -> set[str]:
    kept = [served.get(CONTROLLER_REVISION, name) for name in served.names(CONTROLLER_REVISION)]
    kept += [
        thing for name in served.names(CONFIG_MAP) if (thing := served.get(CONFIG_MAP, name)).get("immutable")
    ]
    return {owner["uid"] for thing in kept for owner in thing["metadata"]["ownerReferences"]}


def test_a_revision_is_kept_with_its_configuration(served: Api) -> None:
    wanted = release(served, "podinfo:6.0.0")
    record(served, wanted)
    kept = served.get(CONTROLLER_REVISION, f"podinfo-{wanted}")
    (name,) = kept["data"]["configs"].values()
    copy = served.get(CONFIG_MAP, name)
    assert kept["data"]["template"]["spec"]["containers"][0]["image"] == "podinfo:6.0.0"
    assert (copy["data"], copy["immutable"]) == ({"greeting": "hello"}, True)
    assert owners(served) == {"first"}


def test_what_the_live_copy_has_is_not_read_again(served: Api) -> None:
    record(served, release(served, "podinfo:6.0.0"))
    kept, configs = CONTROLLER_REVISION.path("test"), CONFIG_MAP.path("test")
    asked = [(one.method, one.path.partition("?")[0]) for one in served.asked]
    assert asked == [
        ("GET", f"{configs}/podinfo"),
        ("POST", configs),
        ("POST", kept),
    ]


def test_a_target_that_moved_on_is_not_recorded_as_what_it_was(served: Api) -> None:
    wanted = release(served, "podinfo:6.0.0")
    release(served, "podinfo:6.0.1")
    with pytest.raises(Moved):
        record(served, wanted)
    assert served.names(CONTROLLER_REVISION) == []


def test_what_a_canary_of_the_same_name_left_is_not_collected_after_it(served: Api) -> None:
    wanted = release(served, "podinfo:6.0.0")
    record(served, wanted)
    anew = {"metadata": {**OWNER["metadata"], "uid": "second"}}
    record(served, wanted, anew)
    assert owners(served) == {"second"}


def test_recording_again_changes_nothing(served: Api) -> None:
    wanted = release(served, "podinfo:6.0.0")
    record(served, wanted)
    before = served.get(CONTROLLER_REVISION, f"podinfo-{wanted}")
    record(served, wanted)
    assert served.get(CONTROLLER_REVISION, f"podinfo-{wanted}") == before


def test_old_revisions_go_with_their_configuration_but_none_that_is_in_use(served: Api) -> None:
    wanted = [release(served, "podinfo:6.0.0", "first")]
    record(served, wanted[0])
    for number in range(1, KEPT + 2):
        wanted.append(release(served, f"podinfo:6.0.{number}", f"greeting {number}"))
        record(served, wanted[-1], keep=frozenset({wanted[0]}))
    names = served.names(CONTROLLER_REVISION)
    assert f"podinfo-{wanted[0]}" in names
    assert f"podinfo-{wanted[1]}" not in names
    copies = [name for name in served.names(CONFIG_MAP) if name != "podinfo"]
    assert len(copies) == len(names) == KEPT + 1
