"""What a Secret says."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from automation.core.kinds import Manifest


def decoded(secret: Manifest) -> Mapping[str, str]:
    """Its keys as texts, without the end of a line that editors leave behind."""
    data = secret.get("data") or {}
    return {
        key: base64.b64decode(value).decode(errors="replace").strip("\r\n") for key, value in data.items()
    }


def keys(secret: Manifest) -> list[str]:
    """The keys of a Secret as it is applied, where they may be plain, too."""
    return [key for field in ("data", "stringData") for key in secret.get(field) or ()]


def lacking(wanted: Iterable[str], keys: Iterable[str]) -> str:
    """Which keys are wanted and not there, as a sentence about their Secret; "" for none."""
    there = {*keys}
    absent = [key for key in wanted if key not in there]
    return f"has no key {' and '.join(absent)}" if absent else ""
