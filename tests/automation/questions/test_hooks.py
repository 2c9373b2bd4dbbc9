"""Hooks against a loopback server: the request asserted whole, and what counts as success."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
import requests

from automation.core.decision import CallHook
from automation.core.observation import HookAnswer
from automation.core.spec import Webhook
from automation.questions.hooks import LONGEST_ANSWER, Hooks
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
    answer = Hooks(requests.Session()).call(question(address))
    assert not answer.passed
    assert "refused" in answer.detail


def test_megabytes_are_cut() -> None:
    with loopback(lambda asked: Answer(200, "x" * 3_000_000)) as server:
        assert len(Hooks(requests.Session()).call(question(server.url)).detail) == LONGEST_ANSWER


def test_an_answer_that_trickles_is_cut_at_its_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not done.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()
        try:
            answer = Hooks(requests.Session()).call(
                question(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.5)
            )
        finally:
            done.set()
            thread.join()
    assert answer.passed
    assert time.monotonic() - began < 3
