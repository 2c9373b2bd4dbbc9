"""One request to a provider's HTTP API, and what came back for it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from automation.cluster.reach import failure
from automation.core.observation import QueryFailed

TIMEOUT = 5.0
"""Seconds for a whole exchange: the model's, for most providers."""
LARGEST = 4 * 2**20
"""Bytes of an answer. One number is wanted: what is longer is a query that aggregates nothing."""
_AWAY = (429, 502, 503, 504)
_XML = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_REMEDIES: Mapping[int, str] = {
    401: "check the credentials in its Secret",
    403: "check the credentials in its Secret, and what they may read",
    404: "check its address",
    429: "it is asked again",
}


class Unanswered(Exception):
    """A provider has not answered. `failed` says why; an HTTP error has its `status` and `body`, others 0 and ""."""

    def __init__(self, failed: QueryFailed, status: int = 0, body: str = "") -> None:
        super().__init__(failed.detail)
        self.failed, self.status, self.body = failed, status, body


def unanswered(detail: str, *, away: bool = False) -> Unanswered:
    return Unanswered(QueryFailed(detail, away))


@dataclass(frozen=True)
class Call:
    """One request: a GET, or a POST where it has a body, unless it names another `method`."""

    url: str
    parameters: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str | None = None
    user: tuple[str, str] | None = field(default=None, repr=False)
    method: str = ""

    @property
    def verb(self) -> str:
        return self.method or ("GET" if self.body is None else "POST")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters one after the other."""
        return list(self.parameters.items() if isinstance(self.parameters, Mapping) else self.parameters)

    @classmethod
    def of_json(
        cls, url: str, body: Any, headers: Mapping[str, str], parameters: Mapping[str, str] | None = None
    ) -> Call:
        told = {"Content-Type": "application/json", **headers}
        return cls(url, parameters or {}, told, json.dumps(body))


@dataclass(frozen=True)
class Exchange:
    """Makes calls over a session, which decides how addresses are reached.

    Redirects are not followed, because the credentials of a call would go along. An answer has to be there whole
    within `timeout` seconds, and to be no longer than LARGEST.
    """

    session: requests.Session
    verify: bool = True
    timeout: float = TIMEOUT

    def ask(self, call: Call) -> str:
        """The body of a good answer. Raises Unanswered."""
        deadline = time.monotonic() + self.timeout
        try:
            response = self.session.request(
                call.verb,
                call.url,
                params=call.pairs,
                headers=dict(call.headers),
                data=None if call.body is None else call.body.encode(),
                auth=call.user,
                timeout=self.timeout,
                verify=self.verify,
                allow_redirects=False,
                stream=True,
            )
            with closing(response):
                return _good(response, self._read(response, deadline))
        except requests.exceptions.SSLError as error:
            raise unanswered(failure(call.url, error)) from error
        except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
            raise unanswered(failure(call.url, error), away=True) from error
        except (requests.exceptions.InvalidHeader, UnicodeError):
            raise unanswered(
                "its headers can't be sent; check them, and its Secret, for breaks of lines"
            ) from None
        except requests.RequestException as error:
            raise unanswered(failure(call.url, error)) from error

    def _read(self, response: requests.Response, deadline: float) -> str:
        body = b""
        while part := response.raw.read1(2**16, decode_content=True):
            body += part
            if len(body) > LARGEST:
                raise unanswered(
                    f"its answer is longer than {LARGEST >> 20} MiB; aggregate the query to one value"
                )
            if time.monotonic() > deadline:
                raise unanswered(f"its answer was not there within {self.timeout:g}s", away=True)
        return body.decode(errors="replace")


def _good(response: requests.Response, body: str) -> str:
    status = response.status_code
    if 200 <= status < 300:
        return body
    if 300 <= status < 400:
        to = response.headers.get("Location", "").partition("?")[0]
        detail = f"it redirects to {to}, where no credentials are sent; give that as its address"
        raise Unanswered(QueryFailed(detail), status)
    told = f"error response: Status {status} {response.reason}: {said(body)}"
    remedy = _REMEDIES.get(status)
    failed = QueryFailed(f"{told}; {remedy}" if remedy else told, away=status in _AWAY)
    raise Unanswered(failed, status, body)


def said(body: str) -> str:
    """The sentence of an error, in the forms that providers give it, or else the beginning of the text."""
    try:
        told = _sentence(json.loads(body))
    except (ValueError, RecursionError):
        told = match[1].strip() if (match := _XML.search(body)) else ""
    return (told or body.strip())[:300]


def _sentence(answer: Any) -> str:
    match answer:
        case str():
            return answer
        case [first, *_] | {"errors": [first, *_]} | {"error": first}:
            return _sentence(first)
        case {"message": str(text)} | {"Message": str(text)} | {"detail": str(text)} | {"title": str(text)}:
            return text
        case _:
            return ""
