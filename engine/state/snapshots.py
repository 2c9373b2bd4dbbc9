"""The checkpoint file of one stack: read, and written after each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.resource import Deployment, Resource
from engine.state import layout
from engine.state.checkpoint import Checkpoint, decode_deployment, encode_header, features, parse
from engine.state.errors import BrokenCheckpoint, PassphraseError, StackNotFound
from engine.state.fields import encode_resource
from engine.state.files import Backend
from engine.state.integrity import problem, tampering
from engine.state.properties import compact
from engine.state.reference import StackReference
from engine.state.roots import rooted
from engine.state.secrets import Blind, Decrypter, SecretsManager, require_passphrase_provider
from engine.state.vault import Vault
from engine.urn import ROOT_TYPE
from engine.values import PropertyMap
from engine.wire import SIGNATURE


def find_checkpoint(backend: Backend, ref: StackReference) -> str | None:
    """The key of the stack's checkpoint, the newest if it exists plain and packed; None without any."""
    plain = layout.checkpoint(ref)
    wanted = {layout.checkpoint(ref, suffix) for suffix in layout.SUFFIXES}
    found = [key for key in backend.files(plain.rpartition("/")[0]) if key in wanted]
    return max(found, key=backend.modified) if len(found) > 1 else next(iter(found), None)


def read_checkpoint(backend: Backend, ref: StackReference) -> Checkpoint:
    """Raises `StackNotFound` and `BrokenCheckpoint`. Needs no passphrase."""
    return parse(*_stored(backend, ref))


def _stored(backend: Backend, ref: StackReference) -> tuple[bytes, str]:
    """The checkpoint as it is stored, and where. Raises `StackNotFound`."""
    key = find_checkpoint(backend, ref)
    if key is None:
        raise StackNotFound.named(ref.name)
    return backend.read(key), backend.locate(key)


def read_deployment(backend: Backend, ref: StackReference, decrypter: Decrypter) -> Deployment:
    """The stack's deployment for looking at; with `secrets.Blind()` every secret reads `[secret]`."""
    return _decoded(read_checkpoint(backend, ref), ref, decrypter)


def read_root(backend: Backend, ref: StackReference, decrypter: Decrypter) -> Deployment:
    """As `read_deployment`, with the resource of the stack itself alone: nothing else is decoded."""
    return _decoded(rooted(*_stored(backend, ref)), ref, decrypter)


def _decoded(checkpoint: Checkpoint, ref: StackReference, decrypter: Decrypter) -> Deployment:
    if isinstance(decrypter, SecretsManager):
        decrypter = manager_of(checkpoint, decrypter)
    return decode_deployment(checkpoint.deployment or {}, Vault(decrypter), layout.checkpoint(ref))


def read_outputs(
    backend: Backend, ref: StackReference, secrets: SecretsManager, elided: Callable[[], None]
) -> PropertyMap:
    """What the stack exports; of its state nothing else is decoded. Raises `StackNotFound` and `BrokenCheckpoint`.

    Secrets under another passphrase are blinded, and `elided` is told.
    """
    checkpoint = rooted(*_stored(backend, ref))
    stored = {"resources": (checkpoint.deployment or {}).get("resources") or []}
    decrypter: Decrypter
    try:
        decrypter = manager_of(checkpoint, secrets)
    except PassphraseError:
        decrypter = Blind()
        elided()
    return outputs_of(decode_deployment(stored, Vault(decrypter), layout.checkpoint(ref)))


def outputs_of(deployment: Deployment) -> PropertyMap:
    """What the stack exports."""
    root = next((item for item in deployment.resources if item.type == ROOT_TYPE), None)
    return root.outputs if root else {}


def manager_of(checkpoint: Checkpoint, secrets: SecretsManager) -> SecretsManager:
    """Who decrypts the checkpoint: it may have another salt than the stack's configuration has now.

    Raises `StateError` for a provider that isn't a passphrase, `PassphraseError` for another passphrase.
    """
    require_passphrase_provider(checkpoint.provider)
    return secrets.for_salt(checkpoint.salt or secrets.salt)


class Snapshots:
    """Loads a stack's deployment and saves what becomes of it, as one update does.

    A save costs what has changed: the JSON of a resource is kept as long as the same object is handed in, so a
    changed resource has to be a new object. Not safe for use by several threads at once.
    """

    def __init__(self, backend: Backend, ref: StackReference, secrets: SecretsManager):
        self._backend, self._ref, self._secrets = backend, ref, secrets
        self._vault = Vault(secrets)
        self._found = find_checkpoint(backend, ref)
        self._encoded: dict[int, tuple[Resource, str]] = {}

    def load(self) -> Deployment:
        """Raises `StackNotFound` and `BrokenCheckpoint`, the latter also for a state that is inconsistent."""
        if self._found is None:
            raise StackNotFound.named(self._ref.name)
        origin = self._backend.locate(self._found)
        checkpoint = parse(self._backend.read(self._found), origin)
        manager = manager_of(checkpoint, self._secrets)
        # Cipher texts of another salt can't be kept.
        vault = self._vault if manager is self._secrets else Vault(manager)
        deployment = decode_deployment(checkpoint.deployment or {}, vault, origin)
        require_integrity(deployment, origin, checkpoint.deployment or {})
        if vault is self._vault:
            self._encoded = dict(_unsealed(deployment.resources, checkpoint.deployment or {}))
        return deployment

    def save(self, deployment: Deployment) -> None:
        """Writes the checkpoint, keeping the one before as `.bak`. Raises `StateError`; the old file then stays."""
        target = layout.checkpoint(self._ref)
        data = self.encode(deployment).encode()
        if self._found is not None:
            self._backend.copy(self._found, layout.backup(self._found))
        self._backend.write(target, data)
        if self._found not in (None, target):
            # The official CLI can be told to pack its files; two files of one stack would contradict each other.
            self._backend.delete(str(self._found))
        self._found = target

    def encode(self, deployment: Deployment) -> str:
        """The text of the checkpoint file."""
        resources = [self._text(resource) for resource in deployment.resources]
        pending = [
            f'{{"resource":{self._text(item.resource)},"type":{compact(item.type)}}}'
            for item in deployment.pending_operations
        ]
        current = {
            *map(id, deployment.resources),
            *(id(item.resource) for item in deployment.pending_operations),
        }
        self._encoded = {key: kept for key, kept in self._encoded.items() if key in current}
        return self._envelope(deployment, ",".join(resources), ",".join(pending))

    def _envelope(self, deployment: Deployment, resources: str, pending: str) -> str:
        used = features(deployment)
        version = f'"version":4,"features":{compact(used)}' if used else '"version":3'
        head = compact(encode_header(deployment, self._secrets.provider))[:-1]
        tail = compact({"metadata": deployment.metadata, **deployment.extra})[1:]
        listed = f',"resources":[{resources}]' if resources else ""
        begun = f',"pending_operations":[{pending}]' if pending else ""
        latest = f"{head}{listed}{begun},{tail}"
        return f'{{{version},"checkpoint":{{"stack":{compact(self._ref.full_name)},"latest":{latest}}}}}'

    def _text(self, resource: Resource) -> str:
        kept = self._encoded.get(id(resource))
        if kept is None or kept[0] is not resource:
            kept = resource, compact(encode_resource(resource, self._vault.seal_for(resource.urn)))
            self._encoded[id(resource)] = kept
        return kept[1]


def _unsealed(
    resources: Iterable[Resource], document: Mapping[str, Any]
) -> Iterator[tuple[int, tuple[Resource, str]]]:
    """The texts of what was read just now, of resources that hold nothing which is sealed or written in its own way."""
    for resource, read in zip(resources, document.get("resources") or (), strict=True):
        text = compact(read)
        if SIGNATURE not in text:
            yield id(resource), (resource, text)


def require_integrity(deployment: Deployment, origin: str, document: Mapping[str, Any]) -> None:
    """Raises `BrokenCheckpoint` if the deployment breaks a rule.

    `document` is its JSON; `origin` says where it comes from.
    """
    found = tampering(document) or problem(deployment)
    if found:
        raise BrokenCheckpoint(
            f"snapshot integrity failure; refusing to use it: {found} (in '{origin}'); "
            "restore it from its .bak file or the backups folder, or repair it with `pulumi stack export` and `import`"
        )
