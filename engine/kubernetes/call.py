"""What every operation on an object is given, and the patience that it has with a cluster that is not there yet."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from engine.kubernetes.client import ApiError
from engine.kubernetes.cluster import CREATE_MANAGER, Cluster, Collection, Write
from engine.kubernetes.kinds import UnknownKind
from engine.kubernetes.objects import PATCH_FIELD_MANAGER, PATCH_FORCE, TIMEOUT_SECONDS, annotation, flagged
from engine.kubernetes.outputs import FIELD_MANAGER
from engine.kubernetes.settings import Settings
from engine.provider import Operation, ProviderError

T = TypeVar("T")

# About a minute in all, for a namespace or a definition that is created at the same time.
DELAYS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 31.25)


@dataclass(frozen=True)
class Call:
    """One operation on one cluster."""

    cluster: Cluster
    settings: Settings
    operation: Operation

    def collection_of(self, document: Mapping[str, Any], namespace: str = "") -> Collection:
        return self.cluster.collection_of(document, namespace)

    def default_namespace(self) -> str:
        """The namespace of objects that name none. Raises `Unreachable` where the kubeconfig can't be read."""
        return self.settings.namespace or self.cluster.namespace or "default"

    def write(self, manager: str, *documents: Mapping[str, Any]) -> Write:
        """How to write on behalf of `manager`; the annotations of any of the documents may force conflicts."""
        force = self.settings.patch_force or any(flagged(document, PATCH_FORCE) for document in documents)
        return Write(manager, dry_run=self.operation.preview, force=force, warn=self._warn)

    def timeout_of(self, document: Mapping[str, Any], default: float) -> float:
        """Seconds: the resource's custom timeout, else its annotation if that is a whole number, else the default."""
        if self.operation.timeout is not None:
            return self.operation.timeout
        told = re.fullmatch(r"[+-]?\d+", annotation(document, TIMEOUT_SECONDS))
        return float(told[0]) if told else default

    def manager_of(self, body: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> str:
        """On whose behalf fields are applied: the annotation's word, the manager of the object so far, or a new one."""
        if not self.settings.server_side_apply:
            return CREATE_MANAGER
        chosen = annotation(body, PATCH_FIELD_MANAGER) or str((before or {}).get(FIELD_MANAGER) or "")
        return chosen or f"{CREATE_MANAGER}-{secrets.token_hex(4)}"

    def patiently(self, attempt: Callable[[], T]) -> T:
        """The result of an attempt, repeated while its namespace or kind is missing or others write as well."""
        for delay in DELAYS:
            try:
                return attempt()
            except ProviderError as error:
                if not is_temporary(error):
                    raise
                self.operation.log("info", f"Retry: {error}", True)
                self._sleep(delay, error)
        return attempt()

    def _sleep(self, seconds: float, error: ProviderError) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.operation.cancelled():
                raise error
            time.sleep(min(left, 0.1))

    def _warn(self, text: str) -> None:
        if not (self.settings.suppress_deprecation_warnings and "deprecated" in text):
            self.operation.log("warning", text, False)


def is_temporary(error: ProviderError) -> bool:
    """Whether to try again: what is missing may be there by then, what goes be gone, and who writes as well be done."""
    if not isinstance(error, ApiError):
        return isinstance(error, UnknownKind) and error.may_come
    if error.status == HTTPStatus.NOT_FOUND:
        # Without a name it is the path that is missing: a definition is served a moment after it is established.
        return error.details.get("kind") == "namespaces" or not error.details.get("name")
    going = error.reason == "AlreadyExists" and "object is being deleted" in str(error)
    return going or (error.status == HTTPStatus.CONFLICT and error.reason == "Conflict")
