"""What makes a revision: hashes, checksums, and the configuration that a pod template refers to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.revision_hash import (
    ConfigRef,
    config_checksum,
    is_tracked,
    pod_template_hash,
    revision_hash,
    run_checksum,
    tracked_references,
)

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "podinfo"}},
    "spec": {
        "volumes": [
            {"name": "a", "configMap": {"name": "settings"}},
            {"name": "b", "secret": {"secretName": "cert"}},
            {
                "name": "c",
                "projected": {"sources": [{"configMap": {"name": "more"}}, {"secret": {"name": "token"}}]},
            },
            {"name": "d", "emptyDir": {}},
        ],
        "initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "init", "optional": True}}]}],
        "containers": [
            {
                "name": "podinfod",
                "env": [
                    {"name": "PLAIN", "value": "x"},
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "init", "key": "a"}}},
                    {
                        "name": "B",
                        "valueFrom": {"secretKeyRef": {"name": "keys", "key": "b", "optional": True}},
                    },
                ],
                "envFrom": [{"secretRef": {"name": "cert"}}],
            }
        ],
    },
}


def test_references_are_found_wherever_they_stand() -> None:
    assert tracked_references(TEMPLATE) == (
        ConfigRef("configmap", "init"),
        ConfigRef("configmap", "more"),
        ConfigRef("configmap", "settings"),
        ConfigRef("secret", "cert"),
        ConfigRef("secret", "keys", optional=True),
        ConfigRef("secret", "token"),
    )


def test_a_template_without_references_has_none() -> None:
    assert tracked_references({"spec": {"containers": [{"name": "x"}]}}) == ()


OBJECTS = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=5)


@given(OBJECTS)
def test_the_order_of_keys_makes_no_difference(template: dict[str, Any]) -> None:
    turned = dict(reversed(template.items()))
    assert pod_template_hash(template) == pod_template_hash(turned)


@given(OBJECTS, OBJECTS)
def test_different_templates_have_different_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (pod_template_hash(one) == pod_template_hash(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def test_a_hash_may_stand_in_a_name() -> None:
    assert pod_template_hash(TEMPLATE).isalnum()
    assert len(pod_template_hash(TEMPLATE)) == 10


def test_configuration_is_part_of_a_revision() -> None:
    plain, one = revision_hash(TEMPLATE, {}), revision_hash(TEMPLATE, {"configmap/settings": "1"})
    assert plain == pod_template_hash(TEMPLATE)
    assert len({plain, one, revision_hash(TEMPLATE, {"configmap/settings": "2"})}) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"data": {"a": "1"}}, {"data": {"a": "2"}}, False),
        ({"data": {"a": "1"}}, {"data": {"a": "1"}, "metadata": {"labels": {"x": "y"}}}, True),
        ({"data": {"a": "1"}}, {"data": {"a": "1"}, "binaryData": {"b": "AA=="}}, False),
        ({"data": {}}, {}, True),
    ],
    ids=["other data", "other labels", "binary data counts", "nothing is nothing"],
)
def test_checksums(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (config_checksum(one) == config_checksum(other)) == same
    assert len(config_checksum(one)) == 16


@pytest.mark.parametrize(
    ("config", "tracked"),
    [
        ({"kind": "ConfigMap"}, True),
        (
            {"kind": "ConfigMap", "metadata": {"annotations": {"flagger.app/config-tracking": "disabled"}}},
            False,
        ),
        ({"kind": "Secret", "type": "kubernetes.io/tls"}, True),
        ({"kind": "Secret", "type": "helm.sh/release.v1"}, False),
    ],
    ids=["a ConfigMap", "exempt by annotation", "a certificate", "a type of somebody else"],
)
def test_what_is_tracked(config: dict[str, Any], tracked: bool) -> None:
    assert is_tracked(config) == tracked


def test_hooks_can_tell_runs_apart() -> None:
    assert run_checksum("v1", {}) != run_checksum("v2", {}) != run_checksum("v2", {"configmap/a": "1"})
