"""Hooks that hear of events: in order, each Canary by itself, and in nobody's way."""

from __future__ import annotations

import json
import threading

import pytest
import requests

from automation.cluster.events import Announcement
from automation.core.decision import CallHook
from automation.core.kinds import Manifest
from automation.core.observation import HookAnswer
from automation.core.revision_hash import run_checksum
from automation.core.spec import Webhook
from automation.errors import ClusterAway
from automation.questions import event_hooks
from automation.questions.event_hooks import EventHooks
from automation.questions.hooks import Hooks
from cli.assembly import teller
from tests.automation.loopback import Answer, loopback
from tests.core.documents import document

LONG = 30.0


def call(name: str) -> CallHook:
    return CallHook(Webhook(name, "http://x/", "event"), {}, name)


def test_calls_of_one_canary_keep_their_order_and_a_slow_one_holds_up_no_other() -> None:
    told: list[str] = []
    held, other = threading.Event(), threading.Event()

    def answer(question: CallHook) -> HookAnswer:
        if question.key == "slow":
            held.wait(LONG)
        told.append(question.key)
        if question.key == "other":
            other.set()
        return HookAnswer(True)

    events = EventHooks(answer, lambda canary, why: None)
    events.tell("a.test", [call("slow"), call("then")])
    events.tell("b.test", [call("other")])
    assert other.wait(LONG)
    assert told == ["other"]
    held.set()
    events.close(LONG)
    assert told == ["other", "slow", "then"]


def failing(question: CallHook) -> HookAnswer:
    if question.key == "away":
        raise ClusterAway("the API server is away")
    return HookAnswer(question.key != "closed", "said")


@pytest.mark.parametrize(
    ("key", "why"), [("closed", "said"), ("away", "the API server is away")], ids=["a refusal", "no cluster"]
)
def test_what_was_not_told_is_said_and_those_after_it_are_told(key: str, why: str) -> None:
    lost: list[tuple[str, str]] = []
    events = EventHooks(failing, lambda canary, text: lost.append((canary, text)))
    events.tell("a.test", [call(key), call("then")])
    events.close(LONG)
    assert lost == [("a.test", f"event hook {key} was not told: {why}")]


def test_what_waits_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_hooks, "ROOM", 2)
    held, lost = threading.Event(), list[str]()

    def answer(question: CallHook) -> HookAnswer:
        held.wait(LONG)
        return HookAnswer(True)

    events = EventHooks(answer, lambda canary, text: lost.append(text))
    events.tell("a.test", [call("x")] * 5)
    assert set(lost) == {"event hook x is too slow: an event was not told"}
    held.set()
    events.close(LONG)
    assert len(lost) in (2, 3)  # one may be under way already


@pytest.mark.parametrize(
    ("kind", "listeners"),
    [("event", ["/own"]), ("rollout", ["/everywhere"])],
    ids=["one with hooks of events", "one without"],
)
def test_who_listens_everywhere_hears_of_canaries_without_such_hooks(kind: str, listeners: list[str]) -> None:
    with loopback(lambda asked: Answer(200)) as server:
        events = EventHooks(Hooks(requests.Session()).call, lambda canary, why: None)
        said = Announcement("test", "podinfo", "Warning", "Canary failed!", 1.5)
        live = described(f"{server.url}/own", **{"spec.analysis.webhooks.0.type": kind})
        teller(events, "apisix", f"{server.url}/everywhere")(said, live)
        events.close(LONG)
    assert [asked.path for asked in server.asked] == listeners
    assert json.loads(server.asked[0].body) == {
        "name": "podinfo",
        "namespace": "test",
        "phase": "Progressing",
        "checksum": run_checksum("", {}),
        "metadata": {"eventMessage": "Canary failed!", "eventType": "Warning", "timestamp": "1500"},
    }


def described(url: str, **changes: object) -> Manifest:
    hooks = [{"name": "feed", "type": "event", "url": url}]
    return document({"spec.analysis.webhooks": hooks, "status": {"phase": "Progressing"}, **changes})


@pytest.mark.parametrize(
    ("changes", "calls"), [({}, 1), ({"spec.service.port": "x"}, 0)], ids=["a Canary", "one that is refused"]
)
def test_an_announcement_reaches_the_hooks_of_its_canary(changes: dict[str, object], calls: int) -> None:
    with loopback(lambda asked: Answer(200)) as server:
        events = EventHooks(Hooks(requests.Session()).call, lambda canary, why: None)
        said = Announcement("test", "podinfo", "Normal", "Initialization done! podinfo.test", 1.5)
        teller(events, "apisix")(said, described(server.url, **changes))
        events.close(LONG)
        assert len(server.asked) == calls
    if calls:
        assert '"eventMessage": "Initialization done! podinfo.test"' in server.asked[0].body
