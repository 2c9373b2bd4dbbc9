"""What every API server must do for a driver: told once, and asked of the real client and of the one in memory."""

from __future__ import annotations

import pytest

from automation.cluster.client import Conflict
from automation.cluster.ports import Objects
from automation.core.kinds import CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, Kind, Manifest, Scope
from automation.errors import ClusterRefused

INGRESS = Kind("/apis/networking.k8s.io/v1", "ingresses", "Ingress")
"""Nobody but the test writes the status of one."""
SPACE = "contract"
"""The namespace in which the contract is told."""


def thing(kind: Kind, name: str, **fields: object) -> Manifest:
    metadata = {"name": name, "namespace": SPACE, "labels": {"of": name}}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **fields}


def config(name: str, value: str = "1") -> Manifest:
    return thing(CONFIG_MAP, name, data={"key": value})


def workload(name: str, replicas: int = 1) -> Manifest:
    pod = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    selector = {"matchLabels": {"app": name}}
    return thing(
        DEPLOYMENT, name, spec={"replicas": replicas, "paused": True, "selector": selector, "template": pod}
    )


class ObjectsContract:
    """To be inherited by the tests of an API server, which give the fixture `objects`; each test uses its own names."""

    def test_what_is_not_there_is_none_and_can_be_deleted(self, objects: Objects) -> None:
        assert objects.get(CONFIG_MAP, SPACE, "nobody") is None
        objects.delete(CONFIG_MAP, SPACE, "nobody")

    def test_what_has_a_finalizer_stays_until_it_is_taken_off(self, objects: Objects) -> None:
        objects.create(CONFIG_MAP, config("held"))
        objects.patch(CONFIG_MAP, SPACE, "held", {"metadata": {"finalizers": ["example.com/held"]}})
        objects.delete(CONFIG_MAP, SPACE, "held")
        found = objects.get(CONFIG_MAP, SPACE, "held")
        assert found is not None
        assert found["metadata"]["deletionTimestamp"]
        objects.patch(CONFIG_MAP, SPACE, "held", {"metadata": {"finalizers": []}})
        assert objects.get(CONFIG_MAP, SPACE, "held") is None

    def test_what_is_created_is_read_back(self, objects: Objects) -> None:
        made = objects.create(CONFIG_MAP, config("created"))
        found = objects.get(CONFIG_MAP, SPACE, "created")
        assert found is not None
        assert (found["data"], found["metadata"]["uid"]) == ({"key": "1"}, made["metadata"]["uid"])

    def test_what_was_recorded_can_not_be_patched_but_made_anew(self, objects: Objects) -> None:
        """The API server compares `data` byte by byte with what a patch makes of it."""
        recorded = thing(CONTROLLER_REVISION, "recorded", revision=1, data={"b": [1, 2], "a": "<x>"})
        objects.create(CONTROLLER_REVISION, recorded)
        with pytest.raises(ClusterRefused, match="field is immutable"):
            objects.patch(CONTROLLER_REVISION, SPACE, "recorded", {"revision": 2})
        objects.delete(CONTROLLER_REVISION, SPACE, "recorded")
        made = objects.create(CONTROLLER_REVISION, {**recorded, "revision": 2})
        assert (made["revision"], made["data"]) == (2, recorded["data"])

    def test_what_is_there_is_not_created_again(self, objects: Objects) -> None:
        objects.create(CONFIG_MAP, config("twice"))
        with pytest.raises(Conflict):
            objects.create(CONFIG_MAP, config("twice", "2"))

    def test_a_selection_goes_by_namespace_and_label(self, objects: Objects) -> None:
        objects.create(CONFIG_MAP, config("chosen"))
        objects.create(CONFIG_MAP, config("passed-over"))
        found = objects.select(CONFIG_MAP, Scope(SPACE, selector="of=chosen"))
        assert [(one["kind"], one["metadata"]["name"]) for one in found] == [("ConfigMap", "chosen")]
        assert objects.select(CONFIG_MAP, Scope("elsewhere", selector="of=chosen")) == []

    def test_a_patch_merges_and_takes_away_what_is_null(self, objects: Objects) -> None:
        objects.create(CONFIG_MAP, config("patched"))
        changed = objects.patch(CONFIG_MAP, SPACE, "patched", {"data": {"key": None, "other": "2"}})
        assert changed["data"] == {"other": "2"}

    def test_a_patch_of_nothing_is_refused(self, objects: Objects) -> None:
        with pytest.raises(ClusterRefused):
            objects.patch(CONFIG_MAP, SPACE, "nobody", {"data": {}})

    def test_a_write_on_an_old_version_is_a_conflict(self, objects: Objects) -> None:
        old = objects.create(CONFIG_MAP, config("raced"))
        objects.patch(CONFIG_MAP, SPACE, "raced", {"data": {"key": "2"}})
        version = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}}
        with pytest.raises(Conflict):
            objects.patch(CONFIG_MAP, SPACE, "raced", {**version, "data": {"key": "3"}})

    def test_a_deleted_object_is_gone_and_comes_back_as_another(self, objects: Objects) -> None:
        before = objects.create(CONFIG_MAP, config("gone"))
        objects.delete(CONFIG_MAP, SPACE, "gone")
        assert objects.get(CONFIG_MAP, SPACE, "gone") is None
        after = objects.create(CONFIG_MAP, config("gone"))
        assert before["metadata"]["uid"] != after["metadata"]["uid"]

    def test_scaling_changes_replicas_and_nothing_else(self, objects: Objects) -> None:
        objects.create(DEPLOYMENT, workload("scaled"))
        objects.patch(DEPLOYMENT, SPACE, "scaled", {"spec": {"replicas": 3}}, subresource="scale")
        found = objects.get(DEPLOYMENT, SPACE, "scaled")
        assert found is not None
        assert (found["spec"]["replicas"], found["spec"]["paused"]) == (3, True)

    def test_a_status_is_written_alone_and_only_on_what_was_read(self, objects: Objects) -> None:
        service = {"name": "judged", "port": {"number": 80}}
        old = objects.create(INGRESS, thing(INGRESS, "judged", spec={"defaultBackend": {"service": service}}))
        told = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
        other = {"defaultBackend": {"service": {**service, "name": "another"}}}
        saved = objects.replace_status(INGRESS, {**old, "spec": other, "status": told})
        assert saved["spec"]["defaultBackend"]["service"]["name"] == "judged"
        assert saved["status"] == told
        with pytest.raises(Conflict):
            objects.replace_status(INGRESS, {**old, "status": told})

    def test_what_is_applied_is_made_or_changed(self, objects: Objects) -> None:
        made = objects.apply(CONFIG_MAP, config("applied"))
        changed = objects.apply(CONFIG_MAP, config("applied", "2"))
        assert (changed["data"], changed["metadata"]["uid"]) == ({"key": "2"}, made["metadata"]["uid"])

    def test_a_cluster_has_an_identity_that_stays(self, objects: Objects) -> None:
        assert objects.identity() == objects.identity() != ""
