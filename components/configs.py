"""ConfigMaps and Secrets of the primary: copies of what was recorded, under names of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automation.core.kinds import CONFIG_KINDS, CONTENT, Manifest
from automation.core.marks import RELEASE


def primary_name(name: str) -> str:
    """The name under which the primary's pods see a tracked object."""
    return f"{name}-primary"


def copies(configs: Mapping[str, Manifest], namespace: str, owner: Manifest) -> tuple[Manifest, ...]:
    """One `<name>-primary` for each recorded object, with its data, binary data and Secret type."""
    return tuple(
        _copy(reference, recorded, namespace, owner) for reference, recorded in sorted(configs.items())
    )


def _copy(reference: str, recorded: Manifest, namespace: str, owner: Manifest) -> Manifest:
    kind, _, name = reference.partition("/")
    content: Manifest = {key: recorded[key] for key in (*CONTENT, "type") if key in recorded}
    return {
        "apiVersion": "v1",
        "kind": CONFIG_KINDS[kind].kind,
        "metadata": {
            "name": primary_name(name),
            "namespace": namespace,
            "annotations": dict(RELEASE),
            "ownerReferences": [owner],
        },
        **content,
    }


def with_primary_references(pod: Manifest, tracked: frozenset[str]) -> Manifest:
    """The pod spec with every reference to a tracked object ("configmap/NAME", "secret/NAME") renamed."""
    renamed = dict(pod)
    for group in ("initContainers", "containers"):
        if group in pod:
            renamed[group] = [_container(container, tracked) for container in pod[group]]
    if "volumes" in pod:
        renamed["volumes"] = [_volume(volume, tracked) for volume in pod["volumes"]]
    return renamed


def _container(container: Manifest, tracked: frozenset[str]) -> Manifest:
    renamed = dict(container)
    if "env" in container:
        renamed["env"] = [_variable(variable, tracked) for variable in container["env"]]
    if "envFrom" in container:
        sources = {"configMapRef": ("configmap", "name"), "secretRef": ("secret", "name")}
        renamed["envFrom"] = [_rename(source, sources, tracked) for source in container["envFrom"]]
    return renamed


def _variable(variable: Manifest, tracked: frozenset[str]) -> Manifest:
    if not isinstance(variable.get("valueFrom"), dict):
        return variable
    sources = {"configMapKeyRef": ("configmap", "name"), "secretKeyRef": ("secret", "name")}
    return {**variable, "valueFrom": _rename(variable["valueFrom"], sources, tracked)}


def _volume(volume: Manifest, tracked: frozenset[str]) -> Manifest:
    renamed = _rename(
        volume, {"configMap": ("configmap", "name"), "secret": ("secret", "secretName")}, tracked
    )
    if "projected" in renamed:
        sources = {"configMap": ("configmap", "name"), "secret": ("secret", "name")}
        projected = renamed["projected"]
        mended = [_rename(source, sources, tracked) for source in projected.get("sources", [])]
        renamed["projected"] = {**projected, "sources": mended}
    return renamed


def _rename(holder: Manifest, fields: Mapping[str, tuple[str, str]], tracked: frozenset[str]) -> Manifest:
    """`holder` with the reference under each of `fields` (field -> kind, key of the name) renamed if tracked."""
    renamed = dict(holder)
    for field, kind, key, name in _references(holder, fields):
        if f"{kind}/{name}" in tracked:
            renamed[field] = {**holder[field], key: primary_name(name)}
    return renamed


def _references(
    holder: Manifest, fields: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, str, str, Any]]:
    for field, (kind, key) in fields.items():
        if isinstance(holder.get(field), dict) and key in holder[field]:
            yield field, kind, key, holder[field][key]
