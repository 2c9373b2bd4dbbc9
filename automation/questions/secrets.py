"""What Secrets hold, read whenever it is needed: one that changes is followed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from automation.cluster.ports import Objects
from automation.core.analysis import SecretRef
from automation.core.kinds import SECRET


class Unreadable(Exception):
    """A Secret, or the key of it that is meant, can't be had; the text says which, and never what it holds."""


ReadSecret = Callable[[SecretRef], Mapping[str, bytes]]
"""What a Secret holds by key: the one key that is meant, or all. Raises Unreadable."""


def reader(cluster: Objects) -> ReadSecret:
    """Reads Secrets of a cluster."""

    def read(wanted: SecretRef) -> Mapping[str, bytes]:
        name = f"Secret {wanted.name}.{wanted.namespace}"
        found = cluster.get(SECRET, wanted.namespace, wanted.name)
        if found is None:
            raise Unreadable(f"{name} is not there")
        data = found.get("data") or {}
        if wanted.key and wanted.key not in data:
            raise Unreadable(f"{name} has no key {wanted.key}")
        keys = [wanted.key] if wanted.key else sorted(data)
        try:
            return {key: base64.b64decode(data[key], validate=True) for key in keys}
        except binascii.Error:
            raise Unreadable(f"{name} is not encoded as the API server does") from None

    return read


def nobody(wanted: SecretRef) -> Mapping[str, bytes]:
    """Where no Secrets can be read."""
    raise Unreadable(f"Secret {wanted.name}.{wanted.namespace} can't be read here")
