"""Configuration of the primary: copies, and the references to them."""

from __future__ import annotations

import pytest

from automation.core.kinds import Manifest
from components import configs
from tests.components.documents import OWNER

TRACKED = frozenset({"configmap/settings", "secret/keys"})


def test_copies_carry_everything_of_what_was_recorded() -> None:
    recorded: dict[str, Manifest] = {
        "configmap/settings": {
            "kind": "ConfigMap",
            "data": {"a": "1"},
            "binaryData": {"b": "AA=="},
            "immutable": True,
        },
        "secret/keys": {"kind": "Secret", "type": "Opaque", "data": {"k": "AA=="}},
    }
    settings, keys = configs.copies(recorded, "test", OWNER)
    assert (settings["kind"], settings["metadata"]["name"]) == ("ConfigMap", "settings-primary")
    assert (settings["data"], settings["binaryData"]) == ({"a": "1"}, {"b": "AA=="})
    assert "immutable" not in settings
    assert (keys["kind"], keys["type"], keys["data"]) == ("Secret", "Opaque", {"k": "AA=="})
    assert keys["metadata"]["ownerReferences"] == [OWNER]


@pytest.mark.parametrize(
    ("pod", "renamed"),
    [
        (
            {"volumes": [{"name": "v", "configMap": {"name": "settings", "optional": True}}]},
            {"volumes": [{"name": "v", "configMap": {"name": "settings-primary", "optional": True}}]},
        ),
        (
            {"volumes": [{"name": "v", "secret": {"secretName": "keys"}}]},
            {"volumes": [{"name": "v", "secret": {"secretName": "keys-primary"}}]},
        ),
        (
            {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {"sources": [{"secret": {"name": "keys"}}, {"downwardAPI": {}}]},
                    }
                ]
            },
            {
                "volumes": [
                    {
                        "name": "v",
                        "projected": {"sources": [{"secret": {"name": "keys-primary"}}, {"downwardAPI": {}}]},
                    }
                ]
            },
        ),
        (
            {
                "containers": [
                    {"name": "c", "envFrom": [{"prefix": "P", "configMapRef": {"name": "settings"}}]}
                ]
            },
            {
                "containers": [
                    {"name": "c", "envFrom": [{"prefix": "P", "configMapRef": {"name": "settings-primary"}}]}
                ]
            },
        ),
        (
            {
                "initContainers": [
                    {"env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}}]}
                ]
            },
            {
                "initContainers": [
                    {
                        "env": [
                            {"name": "E", "valueFrom": {"secretKeyRef": {"name": "keys-primary", "key": "k"}}}
                        ]
                    }
                ]
            },
        ),
        (
            {"volumes": [{"name": "v", "configMap": {"name": "other"}}], "serviceAccountName": "settings"},
            {"volumes": [{"name": "v", "configMap": {"name": "other"}}], "serviceAccountName": "settings"},
        ),
    ],
    ids=[
        "configMap volume",
        "secret volume",
        "projected volume",
        "envFrom",
        "env of an init container",
        "not tracked",
    ],
)
def test_references_to_tracked_objects_are_renamed(pod: Manifest, renamed: Manifest) -> None:
    assert configs.with_primary_references(pod, TRACKED) == renamed
