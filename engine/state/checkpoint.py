"""Checkpoints: a deployment as Pulumi's JSON (version 3, or 4 with named features), and back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.resource import Deployment, PendingOperation, Resource
from engine.state.errors import BrokenCheckpoint
from engine.state.fields import decode_resource, encode_resource
from engine.state.integrity import magic
from engine.state.vault import Vault

VERSION = "v3.260.0"
"""Of the CLI whose behaviour is implemented; goes into the manifest."""

FEATURES = frozenset({"refreshBeforeUpdate", "hooks", "taint", "replaceWith"})
"""What a version 4 checkpoint may use and this engine understands."""

_KNOWN = frozenset({"manifest", "secrets_providers", "resources", "pending_operations", "metadata"})


@dataclass(frozen=True)
class Checkpoint:
    """A state file as it was read: which stack it belongs to, and its deployment still as JSON.

    `stack` is the full name. `deployment` is None for a stack that was never updated.
    """

    stack: str
    deployment: dict[str, Any] | None

    @property
    def provider(self) -> str:
        """The kind of secrets provider that it is encrypted with; empty if with none."""
        provider = secrets_provider(self.deployment or {})
        return str(provider["type"]) if provider else ""

    @property
    def salt(self) -> str | None:
        """The salt of the passphrase provider that its secrets are encrypted with."""
        provider = secrets_provider(self.deployment or {})
        state = provider.get("state") if provider else None
        return state.get("salt") if isinstance(state, dict) else None


def secrets_provider(deployment: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `secrets_providers` entry, or None if there is none."""
    provider = deployment.get("secrets_providers")
    return provider if isinstance(provider, dict) and provider.get("type") else None


def parse(data: bytes, origin: str) -> Checkpoint:
    """The checkpoint in the bytes of a state file. Raises `BrokenCheckpoint`, naming `origin`, the file's URL."""
    document = _load(data, origin)
    _accept(document, origin)
    body = document.get("checkpoint")
    if not isinstance(body, dict):
        raise _foreign(origin)
    latest = body.get("latest") or None
    if latest is not None and not isinstance(latest, dict):
        raise _foreign(origin)
    return Checkpoint(str(body.get("stack", "")), latest)


def parse_export(data: bytes, origin: str) -> dict[str, Any]:
    """The deployment in the bytes of a `stack export`, still as JSON. Raises `BrokenCheckpoint`."""
    document = _load(data, origin)
    _accept(document, origin)
    deployment = document.get("deployment")
    if not isinstance(deployment, dict):
        raise BrokenCheckpoint(
            f"'{origin}' is not an exported stack (no 'deployment' in it); give a file that `pulumi stack export` wrote"
        )
    return deployment


def decode_deployment(document: Mapping[str, Any], vault: Vault, origin: str) -> Deployment:
    """The deployment that JSON stands for. Raises `BrokenCheckpoint`, naming `origin`."""
    try:
        resources = [_resource(item, vault) for item in document.get("resources") or []]
        pending = [
            PendingOperation(_resource(item["resource"], vault), item["type"])
            for item in document.get("pending_operations") or []
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenCheckpoint(
            f"the state in '{origin}' is damaged ({error!r}); restore it from its .bak file or the backups folder"
        ) from error
    return Deployment(
        resources,
        pending,
        secrets_provider(document),
        dict(document.get("metadata") or {}),
        {key: value for key, value in document.items() if key not in _KNOWN},
    )


def _resource(document: Mapping[str, Any], vault: Vault) -> Resource:
    return decode_resource(document, vault.unseal_for(document["urn"]))


def manifest(now: datetime | None = None) -> dict[str, str]:
    """When and by what a deployment was written; the magic is derived from the version."""
    moment = (now or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    return {"time": moment, "magic": magic(VERSION), "version": VERSION}


def encode_header(deployment: Deployment, provider: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stands before the resources of a deployment that is written now."""
    return {"manifest": manifest(), **({"secrets_providers": provider} if provider else {})}


def encode_export(deployment: Deployment, provider: Mapping[str, Any]) -> dict[str, Any]:
    """The document of `stack export --show-secrets`: every secret as plain text."""
    used = features(deployment)
    body = encode_header(deployment, provider)
    if deployment.resources:
        body["resources"] = [encode_resource(resource, None) for resource in deployment.resources]
    if deployment.pending_operations:
        body["pending_operations"] = [
            {"resource": encode_resource(item.resource, None), "type": item.type}
            for item in deployment.pending_operations
        ]
    body |= {"metadata": deployment.metadata, **deployment.extra}
    return export_document(body, used)


def export_document(deployment: Mapping[str, Any] | None, used: Iterable[str] = ()) -> dict[str, Any]:
    """The document of `stack export` around a deployment that is JSON already; secrets stay as they are in it."""
    body = deployment or {
        "manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""},
        "metadata": {},
    }
    names = list(used)
    return {"version": 4 if names else 3, **({"features": names} if names else {}), "deployment": body}


def features(deployment: Deployment) -> list[str]:
    """What of the deployment needs a version 4 checkpoint."""
    resources = [*deployment.resources, *(operation.resource for operation in deployment.pending_operations)]
    return sorted(name for name, uses in _USES.items() if any(uses(resource) for resource in resources))


_USES: dict[str, Callable[[Resource], bool]] = {
    "hooks": lambda resource: bool(resource.resource_hooks),
    "refreshBeforeUpdate": lambda resource: resource.refresh_before_update,
    "replaceWith": lambda resource: bool(resource.replace_with),
    "taint": lambda resource: resource.taint,
}


def _load(data: bytes, origin: str) -> dict[str, Any]:
    try:
        document = json.loads(_unpack(data))
    except (ValueError, OSError, EOFError) as error:
        detail = "it is empty" if not data.strip() else f"it is no complete JSON document: {error}"
        raise BrokenCheckpoint(
            f"could not read the state in '{origin}': {detail}; restore it from its .bak file or the backups folder"
        ) from error
    if not isinstance(document, dict):
        raise _foreign(origin)
    return document


def _unpack(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        raise ValueError(
            "it is packed with zstd, which this engine cannot read; write it plain with the official CLI"
        )
    return data


def _accept(document: Mapping[str, Any], origin: str) -> None:
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise _foreign(origin)
    if not 1 <= version <= 4:
        raise BrokenCheckpoint(
            f"the state in '{origin}' has version {version}; this engine reads 1 to 4: use a newer engine or CLI"
        )
    unknown = sorted(set(document.get("features") or ()) - FEATURES)
    if unknown:
        raise BrokenCheckpoint(
            f"the state in '{origin}' uses features that this engine does not support: {', '.join(unknown)}; "
            "use the official Pulumi CLI for this stack"
        )


def _foreign(origin: str) -> BrokenCheckpoint:
    return BrokenCheckpoint(
        f"'{origin}' is not a Pulumi state file; check the backend URL, or restore the file from a backup"
    )
