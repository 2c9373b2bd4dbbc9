"""Tokens by OAuth's grant for clients (RFC 6749, section 4.4): fetched for each measurement, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from automation.core.observation import QueryFailed

TIMEOUT = 10.0


def token(session: requests.Session, settings: Mapping[str, Any], *, verify: bool) -> str | QueryFailed:
    """The token for `tokenUrl`, `clientId`, `clientSecret` and `scopes`."""
    form = {"grant_type": "client_credentials", "scope": " ".join(settings.get("scopes") or ())}
    try:
        answer = session.post(
            settings["tokenUrl"],
            data={name: text for name, text in form.items() if text},
            auth=(str(settings["clientId"]), str(settings["clientSecret"])),
            timeout=TIMEOUT,
            verify=verify,
        )
    except (requests.ConnectionError, requests.Timeout) as error:
        return QueryFailed(f"no token was given: {error}", away=True)
    except requests.RequestException as error:
        return QueryFailed(f"no token was given: {error}")
    if not answer.ok:
        return QueryFailed(f"no token was given: {settings['tokenUrl']} answered {answer.status_code}")
    try:
        return str(answer.json()["access_token"])
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError):
        return QueryFailed(f"no token was given: {settings['tokenUrl']} answered without access_token")
