"""Providers: what their configuration means, and when they have to be replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.kubernetes import KubernetesPackage
from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.outputs import untold
from engine.kubernetes.patience import Patience
from engine.kubernetes.provider import KubernetesProvider
from engine.kubernetes.settings import REFUSED, Settings
from engine.provider import Diff, Operation, ProviderError
from engine.values import UNKNOWN, Secret

OPERATION = Operation(urn="urn:pulumi:s::p::pulumi:providers:kubernetes::default")
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "n"}}
TYPE = "kubernetes:core/v1:ConfigMap"


def kubeconfig(server: str = "https://127.0.0.1:1", context: str = "a", token: str = "t") -> str:
    return json.dumps(
        {
            "current-context": context,
            "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in ("a", "b")],
            "clusters": [
                {"name": "a", "cluster": {"server": server}},
                {"name": "b", "cluster": {"server": "https://b"}},
            ],
            "users": [{"name": "u", "user": {"token": token}}],
        }
    )


def unreachable(**flags: str) -> KubernetesProvider:
    return KubernetesPackage().configure({"kubeconfig": kubeconfig(), **flags})


def test_settings_are_read_from_texts() -> None:
    inputs = {
        "kubeconfig": Secret("/k"),
        "context": "c",
        "namespace": "n",
        "enableServerSideApply": "false",
        "enableConfigMapMutable": "true",
        "deleteUnreachable": True,
        "version": "4.34.2",
    }
    assert Settings.parse(inputs, {"KUBECONFIG": "/usual"}) == Settings(
        source=Source("/k", "c", usual="/usual"),
        namespace="n",
        server_side_apply=False,
        config_map_mutable=True,
        delete_unreachable=True,
    )


def test_flags_that_are_not_given_come_from_the_environment() -> None:
    environment = {"PULUMI_K8S_ENABLE_SECRET_MUTABLE": "true", "PULUMI_K8S_AWAIT_ALL": "True"}
    settings = Settings.parse({}, environment)
    assert settings.secret_mutable
    assert not settings.await_all
    assert not Settings.parse({"enableSecretMutable": "false"}, environment).secret_mutable


@pytest.mark.parametrize(
    ("inputs", "environment", "seconds"),
    [
        ({}, {}, Patience().answer),
        ({"kubeClientSettings": '{"timeout": 7, "qps": 50}'}, {}, 7),
        ({"kubeClientSettings": {"timeout": 7.0}}, {"PULUMI_K8S_CLIENT_TIMEOUT": "8"}, 7),
        ({"kubeClientSettings": '{"burst": 120}'}, {"PULUMI_K8S_CLIENT_TIMEOUT": "8"}, 8),
        ({"kubeClientSettings": UNKNOWN}, {}, Patience().answer),
    ],
    ids=["nothing said", "a text", "a map", "the environment", "not known yet"],
)
def test_how_long_an_answer_is_waited_for(
    inputs: dict[str, Any], environment: dict[str, str], seconds: float
) -> None:
    package = KubernetesPackage(environment)
    assert Settings.parse(inputs, environment).patience == Patience(answer=seconds)
    assert package.configure({"kubeconfig": kubeconfig(), **inputs}).cluster.client.patience.answer == seconds


@pytest.mark.parametrize("wrong", ["{", "[]", '{"timeout": "soon"}'])
def test_a_timeout_that_is_none_is_refused(wrong: str) -> None:
    (failure,) = KubernetesPackage().check_config(OPERATION, {"kubeClientSettings": wrong}).failures
    assert (failure.property, "whole seconds" in failure.reason) == ("kubeClientSettings", True)


def test_programs_with_environments_of_their_own_share_connections(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(kubeconfig())
    package = KubernetesPackage()
    one, other = (
        package.within({"KUBECONFIG": str(path), "PULUMI_K8S_ENABLE_PATCH_FORCE": force})
        for force in ("1", "true")
    )
    assert one.configure({}).cluster is other.configure({}).cluster
    assert not one.configure({}).settings.patch_force
    assert other.configure({}).settings.patch_force


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_engine_can_not_do_is_refused(name: str) -> None:
    (failure,) = KubernetesPackage().check_config(OPERATION, {name: "x"}).failures
    assert failure.property == name
    assert "official Pulumi CLI" in failure.reason


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        pytest.param(
            {"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(token="u")}, (), id="another token"
        ),
        pytest.param(
            {"kubeconfig": kubeconfig()},
            {"kubeconfig": kubeconfig("https://other")},
            ("kubeconfig",),
            id="another server",
        ),
        pytest.param(
            {"kubeconfig": kubeconfig()},
            {"kubeconfig": kubeconfig(context="b")},
            ("kubeconfig",),
            id="other context",
        ),
        pytest.param(
            {"kubeconfig": kubeconfig(), "context": "a"},
            {"kubeconfig": kubeconfig(), "context": "b"},
            ("context",),
            id="another context is chosen",
        ),
        pytest.param(
            {"kubeconfig": kubeconfig()}, {"kubeconfig": UNKNOWN}, ("kubeconfig",), id="not known yet"
        ),
        pytest.param({"namespace": "a"}, {"namespace": "b"}, (), id="another namespace"),
        pytest.param(
            {"clusterIdentifier": "a"}, {"clusterIdentifier": "b"}, ("clusterIdentifier",), id="identifier"
        ),
        pytest.param(
            {"clusterIdentifier": "a", "kubeconfig": kubeconfig()},
            {"clusterIdentifier": "a", "kubeconfig": kubeconfig("https://other")},
            (),
            id="the same identifier",
        ),
        pytest.param(
            {"clusterIdentifier": "a", "kubeconfig": kubeconfig()},
            {"clusterIdentifier": "b", "kubeconfig": kubeconfig("https://other")},
            ("clusterIdentifier", "kubeconfig"),
            id="another identifier and another server",
        ),
        pytest.param({}, {"clusterIdentifier": "a"}, (), id="an identifier that comes"),
        pytest.param(
            {"clusterIdentifier": "a", "kubeconfig": kubeconfig()},
            {"kubeconfig": kubeconfig("https://other")},
            ("kubeconfig",),
            id="an identifier that goes with its server",
        ),
    ],
)
def test_another_cluster_is_another_provider(
    old: dict[str, Any], new: dict[str, Any], replaces: tuple[str, ...]
) -> None:
    found = KubernetesPackage().diff_config(OPERATION, old, new)
    assert found.replaces == replaces
    assert found.changed


def test_equal_configurations_do_not_differ() -> None:
    config = {"kubeconfig": kubeconfig()}
    assert KubernetesPackage().diff_config(OPERATION, config, dict(config)) == Diff()


def test_providers_of_one_cluster_share_its_connection(tmp_path: Path) -> None:
    package, path = KubernetesPackage(), tmp_path / "config"
    path.write_text(kubeconfig())
    one = package.configure({"kubeconfig": str(path)})
    assert package.configure({"kubeconfig": str(path), "namespace": "n"}).cluster is one.cluster
    path.write_text(kubeconfig("https://other"))
    assert package.configure({"kubeconfig": str(path)}).cluster is not one.cluster


def test_secret_data_is_secret_by_its_type() -> None:
    package = KubernetesPackage()
    assert package.secret_outputs("kubernetes:core/v1:Secret") == ("data", "stringData")
    assert package.secret_outputs("kubernetes:core/v1:ConfigMap") == ()


UNREACHABLE = "configured Kubernetes cluster is unreachable: https://127.0.0.1:1: .*Connection refused"


def test_an_unreachable_cluster_fails_operations_and_not_previews() -> None:
    provider = unreachable()
    assert provider.check(OPERATION, TYPE, {}, CONFIG_MAP, b"").inputs == CONFIG_MAP
    preview = Operation(urn=OPERATION.urn, preview=True)
    assert provider.create(preview, TYPE, CONFIG_MAP) == ("", untold(CONFIG_MAP, CONFIG_MAP))
    assert provider.update(preview, TYPE, "n/x", CONFIG_MAP, CONFIG_MAP, CONFIG_MAP) == CONFIG_MAP
    with pytest.raises(ProviderError, match=UNREACHABLE):
        provider.create(OPERATION, TYPE, CONFIG_MAP)
    with pytest.raises(ProviderError, match=UNREACHABLE):
        provider.read(OPERATION, TYPE, "n/x", CONFIG_MAP, CONFIG_MAP)
    with pytest.raises(ProviderError, match=UNREACHABLE):
        provider.delete(OPERATION, TYPE, "n/x", CONFIG_MAP, CONFIG_MAP)


def test_objects_of_an_unreachable_cluster_can_be_dropped() -> None:
    provider = unreachable(deleteUnreachable="true")
    assert provider.read(OPERATION, TYPE, "n/x", CONFIG_MAP, CONFIG_MAP).id == ""
    provider.delete(OPERATION, TYPE, "n/x", CONFIG_MAP, CONFIG_MAP)


def test_objects_of_an_unreachable_cluster_can_be_left_as_they_are() -> None:
    provider = unreachable(skipUpdateUnreachable="true")
    changed = {**CONFIG_MAP, "data": {"a": "b"}}
    assert provider.check(OPERATION, TYPE, CONFIG_MAP, changed, b"").inputs == CONFIG_MAP
