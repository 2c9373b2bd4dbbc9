"""Which cluster, which project and who: what the command line opens."""

from __future__ import annotations

import getpass
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from automation.core.kinds import CANARY, ROLLOUT
from automation.errors import CanaryMissing
from automation.inmemory.cluster import MemoryCluster
from cli.app import sluice
from cli.environment import Environment, chosen, person
from cli.options import Where
from stacks.settings import ClusterSettings, DriverSettings, Settings

SETTINGS = ClusterSettings(kubeconfig="/etc/kubeconfig", context="staging")


@pytest.mark.parametrize(
    ("where", "settings", "expected"),
    [
        pytest.param(Where(None, None, None), SETTINGS, SETTINGS, id="the settings say"),
        pytest.param(
            Where("/mine", "other", None),
            SETTINGS,
            ClusterSettings(kubeconfig="/mine", context="other"),
            id="the command line says",
        ),
        pytest.param(
            Where("/mine", None, None),
            SETTINGS,
            ClusterSettings(kubeconfig="/mine", context="staging"),
            id="a context of the settings is not forgotten",
        ),
        pytest.param(Where(None, None, None), ClusterSettings(), ClusterSettings(), id="nobody says"),
    ],
)
def test_the_command_line_goes_before_the_settings(
    where: Where, settings: ClusterSettings, expected: ClusterSettings
) -> None:
    assert chosen(where, settings) == expected


def test_a_path_means_the_same_in_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(Where("kubeconfig", None, None), SETTINGS).kubeconfig == str(tmp_path / "kubeconfig")


def test_a_user_without_a_name_is_somebody_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    for robot in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(robot, raising=False)
    monkeypatch.setattr(getpass, "getuser", nameless)
    assert person().startswith("user-")


def environment(*namespaces: str, canaries: tuple[str, ...] = ("podinfo.test", "shop.other")) -> Environment:
    """An environment that drives these namespaces (none: all), in a cluster with Canaries."""
    cluster = MemoryCluster()
    for full_name in canaries:
        name, _, namespace = full_name.partition(".")
        cluster.put(CANARY, {"metadata": {"name": name, "namespace": namespace}})
    cluster.may_list = lambda kind: True  # type: ignore[attr-defined]
    settings = Settings(environment="dev", driver=DriverSettings(namespaces=namespaces or None))
    unused: Any = None
    seen: Any = cluster
    return Environment("dev", Path(), settings, unused, seen, unused)


def test_a_canary_anywhere_in_the_cluster_is_driven() -> None:
    assert environment().find("shop") == ("other", "shop")
    assert environment().drives("anywhere")


def test_a_canary_outside_of_what_settings_narrow_to_is_told_as_such() -> None:
    narrowed = environment("test")
    assert narrowed.find("podinfo") == ("test", "podinfo")
    with pytest.raises(CanaryMissing) as missing:
        narrowed.find("shop")
    assert missing.value.problem == (
        "Canary shop.other is not driven by environment dev, which follows namespaces test"
    )
    assert missing.value.remedy.startswith("add other to driver.namespaces of its settings")


def test_a_name_that_nobody_has_lists_those_that_there_are() -> None:
    with pytest.raises(CanaryMissing, match=r"known: podinfo\.test, shop\.other"):
        environment().find("web")


def test_a_rollout_that_was_meant_is_named() -> None:
    opened = environment()
    cluster: Any = opened.cluster
    cluster.put(ROLLOUT, {"metadata": {"namespace": "test", "name": "web"}})
    with pytest.raises(CanaryMissing) as missing:
        opened.find("web")
    assert missing.value.remedy == "web.test is a Rollout: leave --env out"


def test_hints_can_be_pasted() -> None:
    assert environment().command("retry", ("test", "podinfo")) == "sluice retry podinfo --env dev -n test"


@pytest.mark.parametrize("verb", ["release", "retry", "abort", "retire", "history"])
def test_hints_name_options_that_there_are(verb: str) -> None:
    key = ("test", "podinfo")
    asked = replace(environment(), given=Where("/my files/config", "staging", "shop").given)
    for hint in (asked.events(key), asked.command(verb, key)):
        _, named, *words = shlex.split(hint)
        found = sluice.get_command(click.Context(sluice), named)
        assert found is not None
        found.make_context(named, words)


def test_hints_are_about_the_cluster_that_was_asked_for() -> None:
    asked = replace(environment(), given=Where("/my files/config", "staging", "shop").given)
    assert asked.command("retry", ("test", "podinfo")) == (
        "sluice retry podinfo --env dev -n test --kubeconfig '/my files/config' --context staging --project shop"
    )


def test_a_name_that_several_have_is_asked_for_by_the_options_that_there_are() -> None:
    with pytest.raises(CanaryMissing) as missing:
        environment(canaries=("podinfo.test", "podinfo.other", "shop.other")).find("podinfo")
    assert missing.value.problem == "podinfo is the name of 2 Canaries: podinfo.other, podinfo.test"
    assert missing.value.remedy == "say which: -n other or -n test"
