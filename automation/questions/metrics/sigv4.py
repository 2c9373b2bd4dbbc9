"""AWS' signatures of requests, version 4, and whose keys they are made with.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from automation.questions.metrics.answers import Part
from automation.questions.metrics.exchange import Call, Exchange, unanswered

_ALGORITHM = "AWS4-HMAC-SHA256"
_STS_VERSION = "2011-06-15"


@dataclass(frozen=True)
class Keys:
    """An access key. `token` belongs to one that is lent for a time."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Signer:
    """Signs for a service of a region."""

    keys: Keys
    region: str
    service: str

    def sign(self, call: Call, at: float) -> Call:
        """The call, signed at unix second `at`: its parameters become part of its URL, written as they are signed."""
        query = urlencode(sorted(call.pairs), quote_via=quote, safe="-_.~")
        call = replace(call, url=f"{call.url}?{query}" if query else call.url, parameters=())
        moment = f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"
        headers = {**call.headers, "Host": urlsplit(call.url).netloc, "X-Amz-Date": moment}
        if self.keys.token:
            headers["X-Amz-Security-Token"] = self.keys.token
        names = ";".join(sorted(name.lower() for name in headers))
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(_canonical(replace(call, headers=headers), names).encode()).hexdigest()
        signature = self._sign(scope, "\n".join((_ALGORITHM, moment, scope, digest)))
        told = f"{_ALGORITHM} Credential={self.keys.id}/{scope}, SignedHeaders={names}, Signature={signature}"
        return replace(call, headers={**headers, "Authorization": told})

    def _sign(self, scope: str, text: str) -> str:
        key = f"AWS4{self.keys.secret}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()


def _canonical(call: Call, names: str) -> str:
    headers = sorted((name.lower(), " ".join(value.split())) for name, value in call.headers.items())
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    body = hashlib.sha256((call.body or "").encode()).hexdigest()
    parts = urlsplit(call.url)
    return "\n".join((call.verb, quote(parts.path or "/"), parts.query, lines, names, body))


def keys_of(
    secret: Mapping[str, str], region: str, exchange: Exchange, environment: Mapping[str, str] = os.environ
) -> Keys:
    """Those of a Secret; else of the process: its environment, the role of its ServiceAccount, or what its node's agent
    lends it. Raises Unanswered where there are none, and Garbled."""
    if "aws_access_key_id" in secret:
        return Keys(
            secret["aws_access_key_id"],
            secret.get("aws_secret_access_key", ""),
            secret.get("aws_session_token", ""),
        )
    if "AWS_ACCESS_KEY_ID" in environment:
        return Keys(
            environment["AWS_ACCESS_KEY_ID"],
            environment.get("AWS_SECRET_ACCESS_KEY", ""),
            environment.get("AWS_SESSION_TOKEN", ""),
        )
    if "AWS_WEB_IDENTITY_TOKEN_FILE" in environment:
        return _of_role(environment, region, exchange)
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in environment:
        return _of_agent(environment, exchange)
    raise unanswered(
        "there are no keys of AWS; give aws_access_key_id and aws_secret_access_key in its Secret, "
        "or the driver's ServiceAccount a role"
    )


def _of_role(environment: Mapping[str, str], region: str, exchange: Exchange) -> Keys:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": _STS_VERSION,
        "RoleArn": environment.get("AWS_ROLE_ARN", ""),
        "RoleSessionName": environment.get("AWS_ROLE_SESSION_NAME", "sluice"),
        "WebIdentityToken": _content(environment["AWS_WEB_IDENTITY_TOKEN_FILE"]),
    }
    url = environment.get("AWS_ENDPOINT_URL_STS") or f"https://sts.{region}.amazonaws.com"
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    answer = Part.parse(exchange.ask(Call(url, headers=headers, body=urlencode(form))))
    lent = answer["AssumeRoleWithWebIdentityResponse"]["AssumeRoleWithWebIdentityResult"]["Credentials"]
    return Keys(lent["AccessKeyId"].text, lent["SecretAccessKey"].text, lent["SessionToken"].text)


def _of_agent(environment: Mapping[str, str], exchange: Exchange) -> Keys:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"""
    token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if path := environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        token = _content(path)
    headers = {"Authorization": token} if token else {}
    lent = Part.parse(exchange.ask(Call(environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers=headers)))
    return Keys(lent["AccessKeyId"].text, lent["SecretAccessKey"].text, lent["Token"].text)


def _content(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise unanswered(f"the token for AWS can't be read: {error}") from error
