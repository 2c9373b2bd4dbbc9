"""Calls webhooks: a POST with the revision under test, answered by any 2xx."""

import json
import time
from collections.abc import Callable
from contextlib import closing

import requests

from automation.cluster.reach import failure, sentence
from automation.core.decision import CallHook
from automation.core.observation import HookAnswer
from automation.questions.deadline import Overdue, within
from automation.questions.envelope import headers
from automation.questions.secrets import ReadSecret, Unreadable, nobody

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
_LONGER = 2
"""How much longer than a hook's timeout its connection lives: the former decides, and is told."""
LONGEST_ANSWER = 2000
"""Characters of an answer that are kept: it becomes the text of an event."""


class Hooks:
    """Calls hooks over a session, which decides how their addresses are reached.

    A connection error, a 429 or a 5xx other than 501 is tried again, as often as the hook's `retries` says, with
    pauses that double from 1 s to 30 s. A redirect is no success and is not followed: it would become a GET.
    """

    def __init__(
        self,
        session: requests.Session,
        pause: Callable[[float], None] = time.sleep,
        secret: ReadSecret = nobody,
    ) -> None:
        self._session, self._pause, self._secret = session, pause, secret

    def call(self, question: CallHook) -> HookAnswer:
        """Ask one hook. Never raises for what the other side does."""
        answer, final = self._attempt(question)
        for attempt in range(question.webhook.retries):
            if final:
                return answer
            self._pause(min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
            answer, final = self._attempt(question)
        if final or not question.webhook.retries:
            return answer
        attempts = question.webhook.retries + 1
        return HookAnswer(False, f"{answer.detail}; giving up after {attempts} attempt(s)")

    def _attempt(self, question: CallHook) -> tuple[HookAnswer, bool]:
        """One call: its answer, and whether that is final, so that trying again is of no use."""
        timeout = question.webhook.timeout
        try:
            with closing(self._post(question)) as response:
                return _read(response, timeout)
        except Unreadable as unreadable:
            return HookAnswer(False, str(unreadable)), True
        except Overdue as overdue:
            return HookAnswer(False, str(overdue)), False
        except requests.RequestException as error:
            return HookAnswer(False, failure(question.webhook.url, error)), False

    def _post(self, question: CallHook) -> requests.Response:
        """The beginning of an answer. Raises Unreadable, Overdue, or what requests does."""
        hook, body = question.webhook, json.dumps(dict(question.payload)).encode()
        told = headers(question, body, self._secret)
        response = within(
            hook.timeout,
            lambda: self._session.post(
                hook.url,
                data=body,
                headers=told,
                timeout=_LONGER * hook.timeout,
                verify=not hook.disable_tls,
                allow_redirects=False,
                stream=True,
            ),
        )
        if response.status_code < 200:
            # What follows on its connection must not be taken for the answer to another call.
            self._session.close()
        return response


def _read(response: requests.Response, timeout: float) -> tuple[HookAnswer, bool]:
    status = response.status_code
    again = status == 429 or (status >= 500 and status != 501)
    said = sentence(_beginning(response, time.monotonic() + timeout))
    return HookAnswer(200 <= status < 300, said or f"{status} {response.reason}"), not again


def _beginning(response: requests.Response, deadline: float) -> str:
    """The first characters of the body, read byte by byte: an endless or trickling answer is cut in time."""
    body = b""
    for chunk in response.iter_content(1):
        body += chunk
        if len(body) >= LONGEST_ANSWER or time.monotonic() > deadline:
            break
    return body.decode(errors="replace")[:LONGEST_ANSWER].strip()
