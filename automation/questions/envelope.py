"""The headers of a call of a hook: its key, those of a Secret, and a signature of its body."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from urllib.parse import quote

from requests.structures import CaseInsensitiveDict

from automation.core.analysis import SecretRef
from automation.core.decision import CallHook
from automation.questions.secrets import ReadSecret, Unreadable

KEY_HEADER = "Idempotency-Key"
SIGNATURE_HEADER = "X-Signature"
"""The name and the form of Flux's notification-controller (generic-hmac)."""
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})
_PRINTABLE = re.compile(r"[\t -~\xa0-\xff]*")


def headers(question: CallHook, body: bytes, secret: ReadSecret) -> CaseInsensitiveDict[str]:
    """By name. Raises Unreadable for a Secret that isn't there, or holds what no header may say."""
    hook = question.webhook
    found = CaseInsensitiveDict(_of_secret(hook.headers, secret) if hook.headers else ())
    found["Content-Type"] = "application/json"
    found[KEY_HEADER] = quote(question.key)
    if hook.signature is not None:
        (key,) = secret(hook.signature).values()
        found[SIGNATURE_HEADER] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    return found


def _of_secret(wanted: SecretRef, secret: ReadSecret) -> Iterator[tuple[str, str]]:
    """A line break at the end is that of the file which the Secret was made from."""
    for name, value in secret(wanted).items():
        text = value.decode("latin-1").strip("\r\n")
        where = f"key {name} of Secret {wanted.name}.{wanted.namespace}"
        if name.lower() in _OURS:
            raise Unreadable(f"{where} names a header that is the call's own")
        if not _PRINTABLE.fullmatch(text):
            raise Unreadable(f"{where} holds more than one line, or what no header may say")
        yield name, text.strip()
