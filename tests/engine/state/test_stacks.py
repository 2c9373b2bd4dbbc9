"""Stacks of a backend and their history."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from engine.resource import Deployment, PendingOperation, Resource
from engine.state import history, layout, stacks
from engine.state.configkey import ConfigKey
from engine.state.errors import StackExists, StackNotFound, StateError
from engine.state.files import Backend
from engine.state.history import Update
from engine.state.layout import META, ensure_layout
from engine.state.reference import StackReference
from engine.state.secrets import SecretsManager
from engine.state.snapshots import Snapshots

ROOT = Resource("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack")
PROVIDER = Resource(
    "urn:pulumi:dev::shop::pulumi:providers:k::k", "pulumi:providers:k", custom=True, id="1", parent=ROOT.urn
)
WEB = Resource(
    "urn:pulumi:dev::shop::k:a/v1:D::web",
    "k:a/v1:D",
    custom=True,
    id="x",
    parent=ROOT.urn,
    provider=f"{PROVIDER.urn}::1",
    dependencies=[PROVIDER.urn],
    property_dependencies={"p": [PROVIDER.urn]},
)


def test_a_new_folder_is_laid_out(backend: Backend) -> None:
    assert backend.read(META) == b"version: 1\n"
    ensure_layout(backend)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"version: 2\n", r"version \(2\) is not supported"),
        (b"version: 0\n", "pulumi state upgrade"),
        (b"{", "restore it"),
    ],
    ids=["newer", "legacy", "no yaml"],
)
def test_another_layout_is_refused(content: bytes, text: str, backend: Backend) -> None:
    backend.write(META, content)
    with pytest.raises(StateError, match=text):
        ensure_layout(backend)


def test_stacks_without_a_project_are_the_legacy_layout(backend: Backend) -> None:
    backend.delete(META)
    backend.write(f"{layout.STACKS}/dev.json", b"{}")
    with pytest.raises(StateError, match="pulumi state upgrade"):
        ensure_layout(backend)
    assert not backend.exists(META)


def test_a_stack_is_made_once(backend: Backend, ref: StackReference, secrets: SecretsManager) -> None:
    stacks.create(backend, ref)
    assert Snapshots(backend, ref, secrets).load().resources == []
    with pytest.raises(StackExists, match=r"^stack 'organization/shop/dev' already exists$"):
        stacks.create(backend, ref)


def test_stacks_are_listed_by_project_without_their_side_files(backend: Backend, ref: StackReference) -> None:
    others = [StackReference("blog", "prod"), replace(ref, name="prod")]
    for stack in (ref, *others):
        stacks.create(backend, stack)
    backend.write(f"{layout.checkpoint(ref)}.attrs", b"{}")
    backend.write(f"{layout.checkpoint(ref)}.bak", b"{}")
    stacks.write_tags(backend, ref, {"a": "b"})
    assert stacks.references(backend) == [others[0], ref, others[1]]
    assert stacks.references(backend, "blog") == [others[0]]


def test_a_summary_counts_resources(backend: Backend, ref: StackReference, secrets: SecretsManager) -> None:
    stacks.create(backend, ref)
    assert stacks.summary(backend, ref).resources == 0
    backend.write(layout.checkpoint(ref), b'{"version": 3, "checkpoint": {"stack": "dev"}}')
    assert stacks.summary(backend, ref) == stacks.Summary(ref, None, 0)
    Snapshots(backend, ref, secrets).save(Deployment([ROOT, PROVIDER]))
    summary = stacks.summary(backend, ref)
    assert summary.resources == 2
    assert summary.updated
    assert summary.updated.endswith("Z")


def test_a_stack_with_resources_is_removed_only_by_force(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([ROOT, PROVIDER]))
    stacks.write_tags(backend, ref, {"a": "b"})
    record(backend, ref)
    with pytest.raises(StateError, match="'dev' still has resources; removal rejected"):
        stacks.remove(backend, ref)
    stacks.remove(backend, ref, force=True)
    assert stacks.references(backend) == []
    assert history.updates(backend, ref) == []
    assert stacks.read_tags(backend, ref) == {}
    assert backend.exists(layout.backup(layout.checkpoint(ref)))


def test_a_stack_with_nothing_but_its_root_is_removed(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([ROOT]))
    stacks.remove(backend, ref)
    with pytest.raises(StackNotFound):
        stacks.remove(backend, ref)


def test_a_renamed_stack_keeps_everything_under_new_names(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(
        Deployment([ROOT, PROVIDER, WEB], [PendingOperation(replace(WEB, urn=f"{WEB.urn}2"), "creating")])
    )
    stacks.write_tags(backend, ref, {"a": "b"})
    record(backend, ref)
    new = replace(ref, name="prod")
    stacks.rename(backend, ref, new, secrets)
    deployment = Snapshots(backend, new, secrets).load()
    assert [resource.urn for resource in deployment.resources] == [
        "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod",
        "urn:pulumi:prod::shop::pulumi:providers:k::k",
        "urn:pulumi:prod::shop::k:a/v1:D::web",
    ]
    assert "dev" not in json.dumps([vars(resource) for resource in deployment.resources])
    assert deployment.pending_operations[0].resource.urn.startswith("urn:pulumi:prod::")
    assert stacks.read_tags(backend, new) == {"a": "b"}
    assert len(history.updates(backend, new)) == 1
    assert stacks.references(backend) == [new]


def test_a_stack_is_not_renamed_onto_another(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    stacks.create(backend, ref)
    stacks.create(backend, replace(ref, name="prod"))
    with pytest.raises(StackExists):
        stacks.rename(backend, ref, replace(ref, name="prod"), secrets)


def test_everything_that_speaks_against_a_state_is_told(ref: StackReference) -> None:
    assert stacks.objections(Deployment([ROOT]), ref, {}) == []

    orphan = replace(ROOT, parent="urn:gone")
    foreign, broken = stacks.objections(Deployment([orphan]), replace(ref, name="prod"), {})

    assert foreign == f"resource '{ROOT.urn}' is from a different stack (dev != prod)"
    assert broken.startswith("state file contains errors: ")


def test_tags_are_kept_in_the_official_form(backend: Backend, ref: StackReference) -> None:
    stacks.write_tags(backend, ref, {"b": "2", "a": "1"})
    assert backend.read(layout.tags(ref)) == b'{"version":1,"tags":{"a":"1","b":"2"}}'
    stacks.write_tags(backend, ref, {})
    assert not backend.exists(layout.tags(ref))


def record(backend: Backend, ref: StackReference, **changes: Any) -> None:
    update = replace(Update("update", 1_700_000_000, 1_700_000_004, "succeeded"), **changes)
    if not backend.exists(layout.checkpoint(ref)):
        stacks.create(backend, ref)
    history.record(backend, ref, update, layout.checkpoint(ref))


def test_history_comes_newest_first_and_by_pages(backend: Backend, ref: StackReference) -> None:
    for message in ("first", "second", "third"):
        record(backend, ref, message=message)

    def messages(*page: int) -> list[str]:
        return [update.message for update in history.updates(backend, ref, *page)]

    assert messages() == ["third", "second", "first"]
    assert messages(2) == ["third", "second"]
    assert messages(2, 2) == ["first"]
    assert messages(1, 1) == ["third"]


def test_an_update_is_listed_in_the_official_form(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    config = {ConfigKey("shop", "name"): "web", ConfigKey("shop", "token"): {"secure": secrets.encrypt("x")}}
    record(
        backend,
        ref,
        message="podinfo: weight 10 -> 20",
        config=config,
        changes={"update": 1, "same": 2},
        environment={"b": "1"},
    )
    (update,) = history.updates(backend, ref)
    hidden = update.listed(None)
    assert hidden == {
        "kind": "update",
        "startTime": "2023-11-14T22:13:20.000Z",
        "message": "podinfo: weight 10 -> 20",
        "environment": {"b": "1"},
        "config": {"shop:name": {"value": "web", "secret": False}, "shop:token": {"secret": True}},
        "result": "succeeded",
        "version": 0,
        "endTime": "2023-11-14T22:13:24.000Z",
        "resourceChanges": {"same": 2, "update": 1},
    }
    assert update.listed(secrets)["config"]["shop:token"] == {"value": "x", "secret": True}


def test_each_update_keeps_the_state_as_it_left_it(backend: Backend, ref: StackReference) -> None:
    record(backend, ref)
    names = [key.rpartition("/")[2] for key in backend.files(layout.history(ref))]
    assert [name.split(".", 1)[1] for name in names] == ["checkpoint.json", "history.json"]
    assert len({name.split(".", 1)[0] for name in names}) == 1
    history.back_up(backend, ref, layout.checkpoint(ref))
    (copy,) = backend.files(layout.backups(ref))
    assert backend.read(copy) == backend.read(layout.checkpoint(ref))


def test_a_damaged_history_file_is_named(backend: Backend, ref: StackReference) -> None:
    backend.write(f"{layout.history(ref)}/dev-1.history.json", b'{"kind":')
    with pytest.raises(StateError, match=r"dev-1\.history\.json"):
        history.updates(backend, ref)
