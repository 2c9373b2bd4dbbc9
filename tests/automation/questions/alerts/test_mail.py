"""Alerts by mail, to a server that takes it."""

from __future__ import annotations

import base64
import email
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trustme

from automation.questions.alerts.mail import letter, send
from automation.questions.alerts.message import Recipient
from automation.questions.metrics.exchange import Unanswered
from tests.answering import answering
from tests.automation.questions.alerts.messages import message, recipient


@dataclass
class Mailbox:
    """A mail server: what it was told line by line, and the letters. It has no user `nobody`, and TLS where it is given
    a context; then it takes every password."""

    tls: ssl.SSLContext | None = None
    address: str = ""
    said: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    def answer(self, line: str) -> str:
        self.said.append(line)
        verb = line.split(" ")[0].upper()
        if verb == "RCPT" and "nobody" in line:
            return "550 no such user"
        if verb == "EHLO" and self.tls:
            return "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN"
        answers = {"DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 go on", "AUTH": "235 fine"}
        return answers.get(verb, "250 fine")


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    box = Mailbox(tls)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            while line := self.rfile.readline().decode().strip():
                self._say(box.answer(line))
                if line.upper() == "DATA":
                    box.letters.append(self._letter())
                    self._say("250 taken")
                if line.upper() == "STARTTLS" and box.tls:
                    box.said.clear()
                    self.request = box.tls.wrap_socket(self.request, server_side=True)
                    self.setup()

        def _letter(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    box.address = f"smtp://127.0.0.1:{server.server_address[1]}"
    with answering(server):
        yield box


def mailed(address: str) -> Recipient:
    return replace(recipient(address), channel="ann@x.org, bob@x.org", username="Sluice <bot@x.org>")


def test_a_letter_is_taken() -> None:
    with mailbox() as box:
        send(message("error", "Failed\nchecks"), mailed(box.address))
    (taken,) = box.letters
    read = email.message_from_string(taken)
    assert (read["From"], read["To"]) == ("Sluice <bot@x.org>", "ann@x.org, bob@x.org")
    assert read["Subject"] == "[error] podinfo.test: Failed checks"
    assert read["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    assert read.get_payload().splitlines() == [
        "Failed",
        "checks",
        "Cluster: lab",
        "Target: Deployment/podinfo.test",
        "Progress deadline: 60s",
    ]
    assert [line.upper() for line in box.said if "@" in line] == [
        "MAIL FROM:<BOT@X.ORG>",
        "RCPT TO:<ANN@X.ORG>",
        "RCPT TO:<BOB@X.ORG>",
    ]


def test_one_that_is_sent_again_has_the_same_id() -> None:
    to = mailed("smtp://x")
    first, again, other = letter(message(), to), letter(message(), to), letter(message("warn"), to)
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert str(first["Message-ID"]).endswith("@x.org>")


def test_no_password_goes_over_a_line_that_others_can_read() -> None:
    with mailbox() as box:
        address = box.address.replace("//", "//me:pass%21word@")
        with pytest.raises(Unanswered, match="offers no TLS"):
            send(message(), mailed(address))
    assert not any("AUTH" in line for line in box.said)
    assert box.letters == []


def test_a_password_goes_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mailbox(tls) as box:
        send(message(), mailed(box.address.replace("//", "//me:pass%21word@")))
    (said,) = [line for line in box.said if line.startswith("AUTH")]
    assert base64.b64decode(said.split(" ")[2]) == b"\0me\0pass!word"
    assert len(box.letters) == 1


def test_what_a_server_says_of_recipients_is_told() -> None:
    with mailbox() as box:
        to = replace(mailed(box.address), channel="nobody@x.org")
        with pytest.raises(Unanswered, match="refuses the recipients: 550 no such user"):
            send(message(), to)


def test_a_server_that_is_away_is_told() -> None:
    with mailbox() as box:
        address = box.address
    with pytest.raises(Unanswered, match="did not take the mail"):
        send(message(), mailed(address))
