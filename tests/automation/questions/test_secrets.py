"""Secrets as they are read from a cluster."""

from __future__ import annotations

import base64

import pytest

from automation.core.analysis import SecretRef
from automation.core.kinds import SECRET
from automation.inmemory.cluster import MemoryCluster
from automation.questions.secrets import Unreadable, reader


def cluster(**data: str) -> MemoryCluster:
    made = MemoryCluster()
    made.put(SECRET, {"metadata": {"name": "hook", "namespace": "test"}, "data": data})
    return made


def encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def test_all_keys_or_the_one_that_is_meant() -> None:
    read = reader(cluster(a=encoded("1"), b=encoded("2")))
    assert read(SecretRef("hook", "test")) == {"a": b"1", "b": b"2"}
    assert read(SecretRef("hook", "test", "b")) == {"b": b"2"}


def test_one_that_changes_is_followed() -> None:
    live = cluster(a=encoded("1"))
    read = reader(live)
    live.put(SECRET, {"metadata": {"name": "hook", "namespace": "test"}, "data": {"a": encoded("2")}})
    assert read(SecretRef("hook", "test", "a")) == {"a": b"2"}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (SecretRef("hook", "other"), "Secret hook.other is not there"),
        (SecretRef("hook", "test", "b"), "Secret hook.test has no key b"),
        (SecretRef("hook", "test", "bad"), "Secret hook.test is not encoded as the API server does"),
    ],
    ids=["no Secret", "no key", "no base64"],
)
def test_what_can_not_be_read(wanted: SecretRef, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        reader(cluster(a=encoded("1"), bad="%"))(wanted)
