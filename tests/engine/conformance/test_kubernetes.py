"""Both engines do the same with the same programs."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from tests.engine.conformance.conftest import Case, Program


def settings(case: Case, data: dict[str, str], **options: object) -> Program:
    """A namespace and a ConfigMap in it."""

    def program() -> None:
        own = kubernetes.core.v1.Namespace("own", metadata={"name": case.namespace})
        kubernetes.core.v1.ConfigMap(
            "settings",
            metadata={"namespace": own.metadata["name"], **options},
            data=data,
        )
        pulumi.export("namespace", own.metadata["name"])

    return program


def test_create_same_and_destroy(case: Case) -> None:
    program = settings(case, {"a": "1"})

    previewed, created, same = case.run("preview", program), case.run("up", program), case.run("up", program)
    destroyed = case.run("destroy", program)

    assert previewed.changes == created.changes == {"create": 3}
    assert created.outputs == {"namespace": case.namespace}
    assert same.changes == {"same": 3}
    assert destroyed.changes == {"delete": 3}
    assert case.state(program) == {}


def test_an_automatic_name_is_kept_and_a_change_of_data_replaces(case: Case) -> None:
    before = settings(case, {"a": "1"})
    case.run("up", before)
    first = case.state(before)["settings"]["id"]

    replaced = case.run("up", settings(case, {"a": "2"}))

    second = case.state(before)["settings"]["id"]
    assert first.startswith(f"{case.namespace}/settings-")
    assert second != first
    assert replaced.changes == {"same": 2, "replace": 1}
    assert sorted(replaced.ops["settings"]) == ["create-replacement", "delete-replaced", "replace"]


def test_a_fixed_name_is_freed_before_it_is_used_again(case: Case) -> None:
    case.run("up", settings(case, {"a": "1"}, name="fixed"))

    replaced = case.run("up", settings(case, {"a": "2"}, name="fixed"))

    assert replaced.changes == {"same": 2, "replace": 1}
    assert replaced.ops["settings"][0] == "delete-replaced"


def test_a_label_is_updated_in_place(case: Case) -> None:
    case.run("up", settings(case, {"a": "1"}))

    updated = case.run("up", settings(case, {"a": "1"}, labels={"team": "shop"}))

    assert updated.changes == {"same": 2, "update": 1}
    assert updated.ops["settings"] == ["update"]


def test_an_object_that_exists_is_not_taken_over_unasked(case: Case) -> None:
    def twice() -> None:
        own = kubernetes.core.v1.Namespace("own", metadata={"name": case.namespace})
        for name in ("one", "two"):
            kubernetes.core.v1.ConfigMap(
                name,
                metadata={"name": "same", "namespace": own.metadata["name"]},
                data={"from": name},
                opts=ResourceOptions(depends_on=[own]),
            )

    stage = case.run("up", twice)

    assert stage.error == "CommandError"
    assert "already exists" in stage.diagnostics
    assert len([name for name in case.state(twice) if name in ("one", "two")]) == 1


def test_secret_data_is_secret_in_outputs(case: Case) -> None:
    def program() -> None:
        own = kubernetes.core.v1.Namespace("own", metadata={"name": case.namespace})
        secret = kubernetes.core.v1.Secret(
            "s", metadata={"namespace": own.metadata["name"]}, string_data={"key": "hush"}
        )
        pulumi.export("data", secret.data)

    case.run("up", program)

    assert case.stack(program).outputs()["data"].secret


def test_a_refresh_notices_what_others_did(case: Case, api_server: object) -> None:
    import kubernetes as client

    program = settings(case, {"a": "1"}, name="fixed")
    case.run("up", program)
    api = client.client.CoreV1Api(client.config.new_client_from_config(str(case.kubeconfig)))
    api.delete_namespaced_config_map("fixed", case.namespace)

    refreshed, again = case.run("refresh", program), case.run("up", program)

    assert refreshed.changes == {"same": 1, "delete": 1}
    assert again.changes == {"same": 2, "create": 1}


def test_a_provider_of_its_own_and_targets(case: Case) -> None:
    def program(color: str) -> Program:
        def declare() -> None:
            provider = kubernetes.Provider(
                "cluster", kubeconfig=str(case.kubeconfig), namespace=case.namespace
            )
            options = ResourceOptions(provider=provider)
            own = kubernetes.core.v1.Namespace("own", metadata={"name": case.namespace}, opts=options)
            for name in ("one", "two"):
                kubernetes.core.v1.ConfigMap(
                    name,
                    metadata={"annotations": {"color": color}},
                    opts=ResourceOptions(provider=provider, depends_on=[own]),
                )

        return declare

    created = case.run("up", program("red"))
    target = "urn:pulumi:dev::case::kubernetes:core/v1:ConfigMap::one"
    targeted = case.run("up", program("blue"), target=[target])

    assert created.changes == {"create": 5}
    assert created.error == ""
    assert targeted.changes == {"same": 4, "update": 1}
    assert case.state(program("blue"))["two"]["inputs"]["metadata"]["annotations"]["color"] == "red"
