"""What makes a revision: the pod template as the API server returns it, and the configuration that it refers to."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import CONTENT

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # no vowels: no words by accident, and safe in object names
_TRACKED_SECRETS = ("Opaque", "kubernetes.io/basic-auth", "kubernetes.io/ssh-auth", "kubernetes.io/tls")


@dataclass(frozen=True, order=True)
class ConfigRef:
    """A ConfigMap or Secret that a pod template refers to. `kind` is "configmap" or "secret"."""

    kind: str
    name: str
    optional: bool = False

    @property
    def key(self) -> str:
        """The key in `.status.trackedConfigs`: "configmap/podinfo"."""
        return f"{self.kind}/{self.name}"


def pod_template_hash(template: Mapping[str, Any]) -> str:
    """A short name-safe hash, the same for any order of keys."""
    return _encoded(_digest(template))


def revision_hash(template: Mapping[str, Any], configs: Mapping[str, str]) -> str:
    """The id of a revision: template and checksums of its tracked configuration (key to checksum)."""
    return _encoded(_digest([template, configs])) if configs else pod_template_hash(template)


def config_checksum(content: Mapping[str, Any]) -> str:
    """16 hex digits over `data` and `binaryData` of a ConfigMap or Secret."""
    kept = {name: content[name] for name in CONTENT if content.get(name)}
    return _digest(kept).hex()[:16]


def run_checksum(revision: str, configs: Mapping[str, str]) -> str:
    """What hooks are told of the revision under test."""
    return _encoded(_digest([revision, configs]))


def is_tracked(config: Mapping[str, Any]) -> bool:
    """Whether a ConfigMap or Secret takes part in revisions; annotation and type may exempt it."""
    annotations = (config.get("metadata") or {}).get("annotations") or {}
    if str(annotations.get("flagger.app/config-tracking", "")).startswith("disable"):
        return False
    return config.get("kind") != "Secret" or config.get("type", "Opaque") in _TRACKED_SECRETS


def tracked_references(template: Mapping[str, Any]) -> tuple[ConfigRef, ...]:
    """The ConfigMaps and Secrets of a pod template, each once, sorted; required if anything requires it."""
    spec = template.get("spec") or {}
    found: dict[str, ConfigRef] = {}
    for ref in (*_in_volumes(spec), *_in_containers(spec)):
        earlier = found.get(ref.key, ref)
        found[ref.key] = ref if earlier.optional else earlier
    return tuple(sorted(found.values()))


def _in_volumes(spec: Mapping[str, Any]) -> Iterator[ConfigRef]:
    for volume in spec.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            yield from _ref("configmap", source.get("configMap"), "name")
            yield from _ref("secret", source.get("secret"), "secretName" if source is volume else "name")


def _in_containers(spec: Mapping[str, Any]) -> Iterator[ConfigRef]:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for variable in container.get("env") or ():
            origin = variable.get("valueFrom") or {}
            yield from _ref("configmap", origin.get("configMapKeyRef"), "name")
            yield from _ref("secret", origin.get("secretKeyRef"), "name")
        for source in container.get("envFrom") or ():
            yield from _ref("configmap", source.get("configMapRef"), "name")
            yield from _ref("secret", source.get("secretRef"), "name")


def _ref(kind: str, source: Mapping[str, Any] | None, field: str) -> Iterator[ConfigRef]:
    if source and source.get(field):
        yield ConfigRef(kind, str(source[field]), bool(source.get("optional")))


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def _encoded(digest: bytes) -> str:
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(10):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return "".join(letters)
