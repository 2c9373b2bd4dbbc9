"""The stacks of a backend: made, listed, renamed, tagged and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.resource import Deployment, PendingOperation, Resource
from engine.state import layout
from engine.state.checkpoint import encode_header
from engine.state.errors import StackExists, StackNotFound, StateError
from engine.state.files import Backend
from engine.state.integrity import problem, tampering
from engine.state.properties import compact
from engine.state.reference import StackReference
from engine.state.secrets import SecretsManager
from engine.state.snapshots import Snapshots, find_checkpoint, read_checkpoint
from engine.urn import ROOT_TYPE, Urn


@dataclass(frozen=True)
class Summary:
    """One line of a list of stacks. `updated` is an RFC 3339 text; None for a stack without a state."""

    ref: StackReference
    updated: str | None
    resources: int


def create(backend: Backend, ref: StackReference, secrets: Mapping[str, Any] | None = None) -> None:
    """A stack without resources, and by whom its secrets are kept. Raises `StackExists`."""
    if find_checkpoint(backend, ref):
        raise StackExists(f"stack '{ref.full_name}' already exists")
    document = {
        "version": 3,
        "checkpoint": {
            "stack": ref.full_name,
            "latest": {**encode_header(Deployment(), secrets), "metadata": {}},
        },
    }
    backend.write(layout.checkpoint(ref), compact(document).encode())


def require(backend: Backend, ref: StackReference) -> str:
    """The key of the stack's checkpoint. Raises `StackNotFound`."""
    key = find_checkpoint(backend, ref)
    if key is None:
        raise StackNotFound.named(ref.name)
    return key


def references(backend: Backend, project: str | None = None) -> list[StackReference]:
    """Every stack, or those of one project, sorted."""
    projects = [project] if project else backend.folders(layout.STACKS)
    found = {
        StackReference(owner, name)
        for owner in projects
        for key in backend.files(f"{layout.STACKS}/{owner}")
        if (name := _stack_name(key))
    }
    return sorted(found, key=lambda ref: (ref.project, ref.name))


def summary(backend: Backend, ref: StackReference) -> Summary:
    """What a list of stacks says about one of them. Needs no passphrase."""
    latest = read_checkpoint(backend, ref).deployment or {}
    resources = latest.get("resources") or []
    return Summary(ref, (latest.get("manifest") or {}).get("time"), len(resources))


def remove(backend: Backend, ref: StackReference, force: bool = False) -> None:
    """Removes state, history and tags; the last state stays as `.bak`. Raises `StateError` while it has resources."""
    key = require(backend, ref)
    if not force and _has_resources(read_checkpoint(backend, ref).deployment or {}):
        raise StateError(
            f"'{ref.name}' still has resources; removal rejected. Possible actions:\n"
            f"- Make sure that '{ref.name}' is the stack that you want to destroy\n"
            "- Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`\n"
            "- Run `pulumi stack rm --force` to override this error"
        )
    backend.copy(key, layout.backup(key))
    _forget(backend, ref, key)


def remove_backups(backend: Backend, ref: StackReference) -> None:
    """Removes the copies of a stack's state, the last one that is left of a removed stack among them."""
    for suffix in layout.SUFFIXES:
        backend.delete(layout.backup(layout.checkpoint(ref, suffix)))
    for key in backend.files(layout.backups(ref)):
        backend.delete(key)


def rename(backend: Backend, old: StackReference, new: StackReference, secrets: SecretsManager) -> None:
    """Moves state, history and tags, and rewrites every URN. Raises `StackExists`."""
    key = require(backend, old)
    if find_checkpoint(backend, new):
        raise StackExists(f"a stack named {new.name} already exists")
    deployment = Snapshots(backend, old, secrets).load()
    Snapshots(backend, new, secrets).save(_renamed(deployment, old, new))
    for recorded in backend.files(layout.history(old)):
        moved = recorded.rpartition("/")[2].replace(old.name, new.name, 1)
        backend.copy(recorded, f"{layout.history(new)}/{moved}")
    write_tags(backend, new, read_tags(backend, old))
    _forget(backend, old, key)


def read_tags(backend: Backend, ref: StackReference) -> dict[str, str]:
    """The stack's tags, sorted by name."""
    try:
        document = json.loads(backend.read(layout.tags(ref)))
        return dict(sorted((str(name), str(value)) for name, value in document["tags"].items()))
    except FileNotFoundError:
        return {}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StateError(
            f"could not read the tags in '{backend.locate(layout.tags(ref))}'; remove the file"
        ) from error


def write_tags(backend: Backend, ref: StackReference, tags: dict[str, str]) -> None:
    """Replaces all tags; without any there is no file."""
    if tags:
        backend.write(layout.tags(ref), compact({"version": 1, "tags": dict(sorted(tags.items()))}).encode())
    else:
        backend.delete(layout.tags(ref))


def objections(deployment: Deployment, ref: StackReference, document: Mapping[str, Any]) -> list[str]:
    """What speaks against a state as that of a stack: resources of other stacks, and contradictions.

    `document` is its JSON.
    """
    stacks = ((resource.urn, Urn.parse(resource.urn).stack) for resource in deployment.resources)
    found = [
        f"resource '{urn}' is from a different stack ({stack} != {ref.name})"
        for urn, stack in stacks
        if stack != ref.name
    ]
    broken = tampering(document) or problem(deployment)
    return [*found, *([f"state file contains errors: {broken}"] if broken else [])]


def _stack_name(key: str) -> str | None:
    name = key.rpartition("/")[2]
    return next((name.removesuffix(suffix) for suffix in layout.SUFFIXES if name.endswith(suffix)), None)


def _has_resources(latest: dict[str, Any]) -> bool:
    resources = latest.get("resources") or []
    return any(resource.get("type") != ROOT_TYPE for resource in resources)


def _forget(backend: Backend, ref: StackReference, key: str) -> None:
    backend.delete(key)
    backend.delete(layout.tags(ref))
    for recorded in backend.files(layout.history(ref)):
        backend.delete(recorded)


def _renamed(deployment: Deployment, old: StackReference, new: StackReference) -> Deployment:
    def urn(text: str) -> str:
        head, tail = f"urn:pulumi:{old.name}::{old.project}::", f"urn:pulumi:{new.name}::{new.project}::"
        moved = tail + text.removeprefix(head) if text.startswith(head) else text
        # The root's own name holds project and stack, too.
        root = f"::{ROOT_TYPE}::{old.project}-{old.name}"
        return (
            moved.removesuffix(root) + f"::{ROOT_TYPE}::{new.project}-{new.name}"
            if moved.endswith(root)
            else moved
        )

    def move(resource: Resource) -> Resource:
        return replace(
            resource,
            urn=urn(resource.urn),
            parent=urn(resource.parent),
            provider=urn(resource.provider),
            deleted_with=urn(resource.deleted_with),
            dependencies=[urn(item) for item in resource.dependencies],
            replace_with=[urn(item) for item in resource.replace_with],
            property_dependencies={
                name: [urn(item) for item in urns] for name, urns in resource.property_dependencies.items()
            },
        )

    return replace(
        deployment,
        resources=[move(resource) for resource in deployment.resources],
        pending_operations=[
            PendingOperation(move(item.resource), item.type) for item in deployment.pending_operations
        ],
    )
