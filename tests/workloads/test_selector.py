"""By which labels pods are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.core.kinds import Manifest
from automation.core.refusal import Refused
from workloads.selector import LABELS, Selector, selector_of, shared_with

NAME = "app.kubernetes.io/name"
labels = st.dictionaries(st.sampled_from([*LABELS, "instance", "tier"]), st.sampled_from("abc"))


def target(**matched: str) -> Manifest:
    return {
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "test"},
        "spec": {"selector": {"matchLabels": matched}},
    }


def test_all_labels_of_the_target_select_and_one_tells_apart() -> None:
    chosen = selector_of(target(**{NAME: "shop", "instance": "eu"}))
    assert chosen == Selector(NAME, "shop", (("instance", "eu"),))
    assert chosen.target == {NAME: "shop", "instance": "eu"}
    assert chosen.primary == {NAME: "shop-primary", "instance": "eu"}


def test_a_target_without_a_label_that_tells_apart_is_refused() -> None:
    with pytest.raises(Refused, match=r"must contain one of \[app name app.kubernetes.io/name\]"):
        selector_of(target(tier="web"))


def test_a_label_that_leaves_primary_none_of_its_own_is_refused() -> None:
    assert selector_of(target(app="a" * 55)).told_apart == {"app": f"{'a' * 55}-primary"}
    with pytest.raises(
        Refused, match=r"that of primary, 'a{56}-primary', is not the value of a label; shorten it"
    ):
        selector_of(target(app="a" * 56))


@pytest.mark.parametrize(
    ("pod", "shared"),
    [
        ({NAME: "shop", "instance": "eu", "tier": "web"}, True),
        ({NAME: "shop", "instance": "us"}, False),
        ({NAME: "shop-primary", "instance": "eu"}, True),
        ({NAME: "shop"}, False),
        ({}, False),
    ],
    ids=["all of them and more", "another value", "those of primary", "one of them", "none"],
)
def test_other_workloads_whose_pods_would_be_selected(pod: dict[str, str], shared: bool) -> None:
    chosen = selector_of(target(**{NAME: "shop", "instance": "eu"}))
    assert shared_with(chosen, [("deployment worker", pod)]) == (("deployment worker",) if shared else ())


@given(labels, labels)
def test_installations_that_are_not_shared_select_no_pod_of_each_other(
    one: dict[str, str], other: dict[str, str]
) -> None:
    """Neither the targets nor the primaries: where one would, the release is refused."""
    try:
        first, second = selector_of(target(**one)), selector_of(target(**other))
    except Refused:
        return
    if shared_with(first, [("other", other)]) or shared_with(second, [("one", one)]):
        return
    pods = {**other, **second.told_apart}
    assert not first.target.items() <= pods.items()
    assert not first.primary.items() <= pods.items()
