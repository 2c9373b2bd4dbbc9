"""As whom a user of a kubeconfig acts (`as`, `as-uid`, `as-groups`, `as-user-extra`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def headers(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers that say so, none where the user acts for itself. Raises ValueError for fields of another shape.

    https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
    """
    extra, groups = user.get("as-user-extra") or {}, user.get("as-groups") or []
    if not isinstance(groups, list):
        raise ValueError("as-groups of the kubeconfig's user is a list of names")
    if not isinstance(extra, Mapping) or not all(isinstance(values, list) for values in extra.values()):
        raise ValueError("as-user-extra of the kubeconfig's user has a list of texts for each key")
    named = (
        ("Impersonate-User", user.get("as")),
        ("Impersonate-Uid", user.get("as-uid")),
        *(("Impersonate-Group", group) for group in groups),
        *((f"Impersonate-Extra-{quote(key, safe='')}", value) for key in extra for value in extra[key]),
    )
    return tuple((name, str(value)) for name, value in named if value)
