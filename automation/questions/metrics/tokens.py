"""Tokens by OAuth's grant for clients (RFC 6749, section 4.4): fetched for each measurement, and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import requests

from automation.core.observation import QueryFailed
from automation.questions.metrics.exchange import Call, Exchange, Unanswered

TIMEOUT = 10.0


def token(session: requests.Session, settings: Mapping[str, Any], *, verify: bool) -> str | QueryFailed:
    """The token for `tokenUrl`, `clientId`, `clientSecret` and `scopes`."""
    form = {"grant_type": "client_credentials", "scope": " ".join(settings.get("scopes") or ())}
    call = Call(
        settings["tokenUrl"],
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({name: text for name, text in form.items() if text}),
        user=(str(settings["clientId"]), str(settings["clientSecret"])),
    )
    try:
        return str(json.loads(Exchange(session, verify, TIMEOUT).ask(call))["access_token"])
    except Unanswered as unanswered:
        return replace(unanswered.failed, detail=f"no token was given: {unanswered.failed.detail}")
    except (ValueError, RecursionError, KeyError, TypeError):
        return QueryFailed(f"no token was given: {settings['tokenUrl']} answered without access_token")
