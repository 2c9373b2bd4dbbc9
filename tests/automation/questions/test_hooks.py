"""Hooks against a loopback server: the request asserted whole, and what counts as success."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import trustme

from automation.core.analysis import SecretRef
from automation.core.decision import CallHook
from automation.core.observation import HookAnswer
from automation.core.spec import Webhook
from automation.questions.hooks import LONGEST_ANSWER, Hooks
from automation.questions.secrets import Unreadable
from tests.automation.loopback import NOBODY, Answer, Asked, loopback

PAYLOAD = {
    "name": "podinfo",
    "namespace": "test",
    "phase": "Progressing",
    "checksum": "x",
    "metadata": {"a": "b"},
}


def question(url: str, retries: int = 0, timeout: float = 5.0) -> CallHook:
    return CallHook(
        Webhook("load-test", url, retries=retries, timeout=timeout), PAYLOAD, "test/podinfo/v2/10-0"
    )


def test_the_payload_is_posted_with_its_key() -> None:
    with loopback(lambda asked: Answer(200, "fine")) as server:
        answer = Hooks(requests.Session()).call(question(f"{server.url}/gate"))
        (asked,) = server.asked
    assert answer == HookAnswer(True, "fine")
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/gate", PAYLOAD)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Idempotency-Key"] == "test/podinfo/v2/10-0"


def test_a_name_that_no_header_carries_is_encoded() -> None:
    with loopback(lambda asked: Answer(200, "fine")) as server:
        hook = CallHook(Webhook("пуск\n", server.url), PAYLOAD, "test/podinfo/пуск\n")
        assert Hooks(requests.Session()).call(hook).passed
        (asked,) = server.asked
    assert asked.headers["Idempotency-Key"] == "test/podinfo/%D0%BF%D1%83%D1%81%D0%BA%0A"


@pytest.mark.parametrize(
    ("status", "passed"),
    [(200, True), (202, True), (203, True), (206, True), (302, False), (403, False), (500, False)],
)
def test_any_2xx_is_success_and_nothing_else(status: int, passed: bool) -> None:
    with loopback(lambda asked: Answer(status, "said")) as server:
        assert Hooks(requests.Session()).call(question(server.url)) == HookAnswer(passed, "said")


def test_of_the_api_server_in_between_its_sentence_is_told_and_of_a_hook_its_whole_answer() -> None:
    for body, told in (
        (NOBODY, 'no endpoints available for service "prometheus"'),
        ({"message": "no"}, '{"message": "no"}'),
    ):
        with loopback(lambda asked, body=body: Answer(503, body)) as server:
            assert Hooks(requests.Session()).call(question(server.url)).detail == told


def test_an_empty_answer_is_told_by_its_status() -> None:
    with loopback(lambda asked: Answer(403, "")) as server:
        assert Hooks(requests.Session()).call(question(server.url)).detail == "403 Forbidden"


@pytest.mark.parametrize(
    ("status", "calls", "detail"),
    [
        (500, 3, "no; giving up after 3 attempt(s)"),
        (429, 3, "no; giving up after 3 attempt(s)"),
        (501, 1, "no"),
        (403, 1, "no"),
    ],
    ids=["a server error", "too many requests", "not implemented", "a refusal"],
)
def test_what_may_pass_is_tried_again(status: int, calls: int, detail: str) -> None:
    pauses: list[float] = []
    with loopback(lambda asked: Answer(status, "no")) as server:
        answer = Hooks(requests.Session(), pauses.append).call(question(server.url, retries=2))
        assert (len(server.asked), answer) == (calls, HookAnswer(False, detail))
    assert pauses == [1.0, 2.0][: calls - 1]


def test_a_success_after_a_failure_is_a_success() -> None:
    answers = iter([Answer(503, "wait"), Answer(200, "fine")])

    def respond(asked: Asked) -> Answer:
        return next(answers)

    with loopback(respond) as server:
        answer = Hooks(requests.Session(), lambda seconds: None).call(question(server.url, retries=1))
    assert answer == HookAnswer(True, "fine")


def test_nobody_listening_is_a_failure_with_its_reason() -> None:
    with loopback(lambda asked: Answer()) as server:
        address = server.url
    answer = Hooks(requests.Session()).call(question(f"{address}/services/s3cr3t"))
    assert not answer.passed
    assert answer.detail.startswith(f"request failed: {address}: ")
    assert "refused" in answer.detail
    assert "s3cr3t" not in answer.detail


def test_megabytes_are_cut() -> None:
    with loopback(lambda asked: Answer(200, "x" * 3_000_000)) as server:
        assert len(Hooks(requests.Session()).call(question(server.url)).detail) == LONGEST_ANSWER


@contextmanager
def saying(*pieces: bytes, then: bytes = b"", tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers each call with these bytes, and then says something again and again, or nothing, until it
    is over. Yields its address."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with (
            suppress(OSError),
            tls.wrap_socket(connection, server_side=True) if tls else connection as connection,
        ):
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
            while not over.wait(0.02):
                connection.sendall(then)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()


@pytest.mark.parametrize(
    ("pieces", "then", "told"),
    [
        ((), b"", "no answer within 0.3s"),
        ((b"HTTP/1.1 200 OK\r\n",), b"X-A: b\r\n", "no answer within 0.3s"),
        ((b"HTTP/1.1 200 OK\r\nX-A: ",), b"b", "no answer within 0.3s"),
        ((), b"HTTP/1.1 100 Continue\r\n\r\n", "no answer within 0.3s"),
        ((b"garbage\r\n\r\n",), b"", "garbage"),
        ((b"HTTP/1.1 103 Early Hints\r\n\r\n",), b"", "103 Early Hints"),
    ],
    ids=[
        "nothing",
        "headers without end",
        "a header without end",
        "continue",
        "garbage",
        "an interim answer",
    ],
)
def test_who_never_answers_has_failed(pieces: tuple[bytes, ...], then: bytes, told: str) -> None:
    with saying(*pieces, then=then) as url:
        answer = Hooks(requests.Session()).call(question(url, timeout=0.3))
    assert not answer.passed
    assert told in answer.detail


def test_what_follows_an_interim_answer_is_not_taken_for_that_of_the_next_call() -> None:
    with saying(
        b"HTTP/1.1 103 Early Hints\r\n\r\n", then=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ) as url:
        hooks = Hooks(requests.Session())
        assert [hooks.call(question(url)).passed for _ in range(5)] == [False] * 5


def test_an_answer_that_trickles_is_cut_at_its_timeout() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", then=b"x") as url:
        assert Hooks(requests.Session()).call(question(url, timeout=0.5)).passed


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize("unchecked", [False, True], ids=["checked", "disableTLS"])
def test_a_certificate_of_nobody_is_taken_where_the_document_says_so(unchecked: bool) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", tls=tls) as url:
        hook = Webhook("gate", url, disable_tls=unchecked)
        answer = Hooks(requests.Session()).call(CallHook(hook, PAYLOAD, "k"))
    assert answer.passed is unchecked
    assert ("fine" if unchecked else "CERTIFICATE_VERIFY_FAILED") in answer.detail


SECRETS = {
    "tokens": {"Authorization": b"Bearer t\n", "x-team": b"web"},
    "key": {"key": b"s3cret"},
    "broken": {"X-A": b"s3cret\nX-B: other"},
    "framing": {"Content-Length": b"s3cret"},
}


def secret(wanted: SecretRef) -> dict[str, bytes]:
    if wanted.name not in SECRETS:
        raise Unreadable("Secret gone.test is not there")
    return SECRETS[wanted.name]


def test_headers_of_a_secret_and_a_signature_go_along() -> None:
    with loopback(lambda asked: Answer(200, "fine")) as server:
        hook = Webhook(
            "gate",
            server.url,
            headers=SecretRef("tokens", "test"),
            signature=SecretRef("key", "test", "key"),
        )
        assert Hooks(requests.Session(), secret=secret).call(CallHook(hook, PAYLOAD, "k")).passed
        (asked,) = server.asked
    signed = hmac.new(b"s3cret", asked.body.encode(), hashlib.sha256).hexdigest()
    told = {
        name: asked.headers[name] for name in ("Authorization", "x-team", "X-Signature", "Idempotency-Key")
    }
    assert told == {
        "Authorization": "Bearer t",
        "x-team": "web",
        "X-Signature": f"sha256={signed}",
        "Idempotency-Key": "k",
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone", "Secret gone.test is not there"),
        ("broken", "key X-A of Secret broken.test holds more than one line, or what no header may say"),
        ("framing", "key Content-Length of Secret framing.test names a header that is the call's own"),
    ],
)
def test_nobody_is_called_without_what_a_secret_is_to_hold_and_it_is_never_told(name: str, told: str) -> None:
    with loopback(lambda asked: Answer(200, "fine")) as server:
        hook = Webhook("gate", server.url, retries=3, headers=SecretRef(name, "test"))
        answer = Hooks(requests.Session(), pause=lambda s: None, secret=secret).call(
            CallHook(hook, PAYLOAD, "k")
        )
        assert (answer, server.asked) == (HookAnswer(False, told), [])
