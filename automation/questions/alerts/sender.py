"""Sends one message to the AlertProvider that it is for, as that and its Secret are by then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

import requests

from automation.cluster.ports import Objects
from automation.core.analysis import SecretRef
from automation.core.kinds import ALERT_PROVIDER
from automation.core.refusal import Refused
from automation.errors import SluiceError
from automation.questions.alerts.channels import CHANNELS
from automation.questions.alerts.message import Message, Recipient
from automation.questions.deadline import Overdue, within
from automation.questions.metrics.exchange import Unanswered
from automation.questions.secrets import Unreadable, reader
from documents import alert_provider
from documents.alert_provider import AlertProvider

LONGEST = 15.0
"""Seconds for one message, whatever the other side sends meanwhile."""
_UNFIT = (400, 413, 422)
"""Statuses that are about the message itself: it would be refused again."""
_HIDDEN = "***"

Sessions = Callable[[str], requests.Session]
"""A session of one's own through a proxy, or through none ("")."""


class Undelivered(Exception):
    """A message has not been taken. `final`: it never will be. The text holds no credentials."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


class Sender:
    """Reads AlertProviders and Secrets of a cluster at each message: one that changes is followed."""

    def __init__(self, cluster: Objects, sessions: Sessions) -> None:
        self._cluster, self._sessions, self._secret = cluster, sessions, reader(cluster)

    def __call__(self, message: Message) -> None:
        """Raises Undelivered."""
        try:
            provider = self._provider(message.notice.to)
            channel = CHANNELS[provider.type]
            if channel.resolves or not message.notice.beneath:
                self._send(message, provider)
        except Unreadable as unreadable:
            raise Undelivered(str(unreadable)) from None
        except SluiceError as error:
            raise Undelivered(error.problem) from None

    def _send(self, message: Message, provider: AlertProvider) -> None:
        recipient = self._recipient(provider)
        try:
            within(LONGEST, lambda: CHANNELS[provider.type].send(message, recipient))
        except Unanswered as failed:
            final = failed.status in _UNFIT
            raise Undelivered(_hidden(failed.failed.detail, recipient), final=final) from None
        except Overdue as late:
            raise Undelivered(str(late)) from None
        except ValueError:
            # What an address or a header can't be: the text would quote it.
            raise Undelivered("its address or its token can't be used; check its Secret") from None
        finally:
            recipient.session.close()

    def _provider(self, place: str) -> AlertProvider:
        namespace, _, name = place.partition("/")
        document = self._cluster.get(ALERT_PROVIDER, namespace, name)
        if document is None:
            raise Undelivered("it is not there")
        try:
            return alert_provider.parse(document)
        except Refused as refused:
            raise Undelivered(str(refused)) from None

    def _recipient(self, provider: AlertProvider) -> Recipient:
        address, token = provider.address, ""
        if provider.secret:
            wanted = SecretRef(provider.secret, provider.namespace)
            held = {key: value.decode("latin-1").strip() for key, value in self._secret(wanted).items()}
            address, token = held.get("address", ""), held.get("token", "")
        if not alert_provider.is_address(provider.type, address):
            raise Undelivered(
                f"key address of its Secret {provider.secret}.{provider.namespace} holds no address for {provider.type}"
            )
        session = self._sessions(provider.proxy)
        return Recipient(address, session, token, provider.channel, provider.username)


def _hidden(text: str, recipient: Recipient) -> str:
    """A text without what may be a credential: of an address all but its server."""
    for part in sorted(_credentials(recipient), key=len, reverse=True):
        text = text.replace(part, _HIDDEN)
    return text


def _credentials(recipient: Recipient) -> Iterable[str]:
    parts = urlsplit(recipient.address)
    password = parts.password or ""
    found = (
        recipient.address,
        parts.path.strip("/"),
        parts.query,
        password,
        unquote(password),
        recipient.token,
    )
    return {part for part in found if len(part) > 1}
