"""As whom a user of a kubeconfig acts (`as`, `as-uid`, `as-groups`, `as-user-extra`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def headers(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers that say so, none where the user acts for itself.

    https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
    """
    extra: Mapping[str, list[str]] = user.get("as-user-extra") or {}
    named = (
        ("Impersonate-User", user.get("as")),
        ("Impersonate-Uid", user.get("as-uid")),
        *(("Impersonate-Group", group) for group in user.get("as-groups") or ()),
        *((f"Impersonate-Extra-{quote(key, safe='')}", value) for key in extra for value in extra[key]),
    )
    return tuple((name, str(value)) for name, value in named if value)
