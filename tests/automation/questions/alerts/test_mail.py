"""Alerts by mail, to a server that takes it."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from automation.questions.alerts.mail import letter, send
from automation.questions.alerts.message import Recipient
from automation.questions.metrics.exchange import Unanswered
from tests.automation.questions.alerts.messages import message, recipient


@dataclass
class Mailbox:
    """A mail server without TLS: what it was told line by line, and the letters. It has no user `nobody`."""

    address: str = ""
    said: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    def answer(self, line: str) -> str:
        self.said.append(line)
        verb = line.split(" ")[0].upper()
        if verb == "RCPT" and "nobody" in line:
            return "550 no such user"
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            while line := self.rfile.readline().decode().strip():
                self._say(box.answer(line))
                if line.upper() == "DATA":
                    box.letters.append(self._letter())
                    self._say("250 taken")

        def _letter(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    box.address = f"smtp://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
