"""The configuration of a kubernetes provider: the inputs that are understood, typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.kubernetes.kubeconfig import Source
from engine.kubernetes.patience import Patience
from engine.provider import ProviderError
from engine.values import Unknown, reveal

REFUSED = (
    "renderYamlToDirectory",
    "alwaysRender",
    "helmReleaseSettings",
    "strictMode",
    "rejectUnknownResources",
)


@dataclass(frozen=True)
class Settings:
    """What a provider was configured with.

    Flags that are not given come from `PULUMI_K8S_*` variables, and the usual kubeconfig from `KUBECONFIG`.
    """

    source: Source = field(default_factory=Source)
    namespace: str = ""
    server_side_apply: bool = True
    patch_force: bool = False
    upsert: bool = False
    config_map_mutable: bool = False
    secret_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    suppress_deprecation_warnings: bool = False
    await_all: bool = False
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def parse(cls, inputs: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
        """The settings in the inputs of a provider resource (scalars arrive as texts)."""
        values = {key: reveal(value) for key, value in inputs.items()}

        def flag(name: str, variable: str, default: bool = False) -> bool:
            value = values.get(name)
            if value in (None, ""):
                value = environment.get(f"PULUMI_K8S_{variable}") or default
            return value if isinstance(value, bool) else value == "true"

        return cls(
            source=source(values, environment),
            namespace=_text(values, "namespace"),
            server_side_apply=flag("enableServerSideApply", "ENABLE_SERVER_SIDE_APPLY", default=True),
            patch_force=flag("enablePatchForce", "ENABLE_PATCH_FORCE"),
            upsert=flag("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS"),
            config_map_mutable=flag("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
            secret_mutable=flag("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
            delete_unreachable=flag("deleteUnreachable", "DELETE_UNREACHABLE"),
            skip_update_unreachable=flag("skipUpdateUnreachable", "SKIP_UPDATE_UNREACHABLE"),
            suppress_deprecation_warnings=flag(
                "suppressDeprecationWarnings", "SUPPRESS_DEPRECATION_WARNINGS"
            ),
            await_all=flag("", "AWAIT_ALL"),
            patience=_patience(values, environment),
        )


def source(values: Mapping[str, Any], environment: Mapping[str, str]) -> Source:
    """Where the inputs of a provider (already revealed) say that its cluster is."""
    usual = environment.get("KUBECONFIG") or Source.usual
    return Source(_text(values, "kubeconfig"), _text(values, "context"), _text(values, "cluster"), usual)


def refusals(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(input, reason) for everything in the inputs that this engine can't do."""
    reason = "the embedded engine does not support it; run the program with the official Pulumi CLI, or leave it out"
    refused = [
        (name, reason) for name in REFUSED if reveal(inputs.get(name)) not in (None, "", "false", False)
    ]
    try:
        _patience({key: reveal(value) for key, value in inputs.items()}, {})
    except ProviderError as wrong:
        refused.append(("kubeClientSettings", str(wrong)))
    return refused


def _patience(values: Mapping[str, Any], environment: Mapping[str, str]) -> Patience:
    """How long an answer is waited for: `kubeClientSettings.timeout` in seconds, or `PULUMI_K8S_CLIENT_TIMEOUT`."""
    given = values.get("kubeClientSettings")
    if isinstance(given, Unknown):
        return Patience()
    try:
        client = json.loads(given) if isinstance(given, str) and given else given or {}
        seconds = client.get("timeout") or environment.get("PULUMI_K8S_CLIENT_TIMEOUT") or 0
        timeout = int(seconds)
    except (ValueError, TypeError, AttributeError) as wrong:
        text = f"its timeout has to be whole seconds: {given!r} says something else; correct it"
        raise ProviderError(text) from wrong
    return Patience(answer=float(timeout)) if timeout > 0 else Patience()


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
