"""Tokens of Google Cloud: for a service account's key, or from the metadata server of whatever this runs on.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from automation.questions.metrics.answers import Garbled, Part
from automation.questions.metrics.exchange import Call, Exchange, unanswered

SCOPE = "https://www.googleapis.com/auth/monitoring.read"
SECONDS = 600
"""How long what is signed is good for: the token is fetched at once, and for each question anew."""
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"


def token(key: str, exchange: Exchange, at: float, environment: Mapping[str, str] = os.environ) -> str:
    """The token for a service account's key, as Google writes it in JSON; without one ("") of whoever this runs as.
    `at` is unix seconds. Raises Unanswered."""
    if key:
        call = _with_key(key, at)
    else:
        host = environment.get("GCE_METADATA_HOST", "metadata.google.internal")
        call = Call(f"http://{host}{_METADATA}", {"scopes": SCOPE}, {"Metadata-Flavor": "Google"})
    given = Part.parse(exchange.ask(call))["access_token"].text
    if not given:
        raise Garbled("the answer has no access_token")
    return given


def _with_key(text: str, at: float) -> Call:
    try:
        account: dict[str, str] = json.loads(text)
        url = account.get("token_uri", "https://oauth2.googleapis.com/token")
        claims = {"iss": account["client_email"], "scope": SCOPE, "aud": url, "iat": int(at)}
        signed = _signed(claims | {"exp": int(at) + SECONDS}, account)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise unanswered(
            f"serviceAccountKey of its Secret is no key of a service account: {error!r}"
        ) from None
    form = {"grant_type": _GRANT, "assertion": signed}
    return Call(url, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=urlencode(form))


def _signed(claims: Mapping[str, Any], account: Mapping[str, str]) -> str:
    """A JSON Web Token (RFC 7519), signed with RS256."""
    head = {"alg": "RS256", "typ": "JWT", "kid": account.get("private_key_id", "")}
    told = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
    key = load_pem_private_key(account["private_key"].encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("private_key is not of RSA")
    return f"{told}.{_encoded(key.sign(told.encode(), PKCS1v15(), hashes.SHA256()))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
