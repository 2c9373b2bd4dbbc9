"""E-mail, by SMTP: credentials go over TLS alone."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from automation.questions.alerts.message import Message, Recipient
from automation.questions.metrics.exchange import TIMEOUT, unanswered

_PORTS = {"smtp": 587, "smtps": 465}


def letter(message: Message, recipient: Recipient) -> EmailMessage:
    """One that is sent again has the same Message-ID, by which mailboxes know it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = recipient.username, recipient.channel
    mail["Subject"] = f"[{message.notice.severity}] {message.full_name}: {_line(message.text)}"
    mail["Date"] = format_datetime(message.time)
    digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@{recipient.username.rpartition('@')[2].strip('>')}>"
    lines = [message.text, *(f"{name}: {value}" for name, value in message.fields)]
    mail.set_content("\n".join(lines) + "\n")
    return mail


def send(message: Message, recipient: Recipient) -> None:
    parts = urlsplit(recipient.address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        with _connected(parts.scheme, host, port) as server:
            if parts.username:
                if not isinstance(server.sock, ssl.SSLSocket):
                    raise unanswered(f"{host} offers no TLS, without which no password is sent")
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter(message, recipient))
    except smtplib.SMTPRecipientsRefused as refused:
        # The server's sentences stand beside the addresses.
        told = "; ".join(
            f"{code} {said.decode(errors='replace')}" for code, said in refused.recipients.values()
        )
        raise unanswered(f"{host} refuses the recipients: {told}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise unanswered(f"{host} did not take the mail: {error}", away=True) from None


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    """A connection over TLS, where the server has that."""
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _line(text: str) -> str:
    return " ".join(text.split())
