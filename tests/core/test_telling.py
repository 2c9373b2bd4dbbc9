"""Events as hooks of type event are told of them."""

from __future__ import annotations

from automation.core.decision import warning
from automation.core.revision_hash import run_checksum
from automation.core.status import Phase, Status
from automation.core.telling import event_calls
from tests.core.documents import canary

HOOKS = [
    {"name": "feed", "type": "event", "url": "http://x/", "metadata": {"env": "prod", "eventType": "mine"}},
    {"name": "gate", "type": "confirm-promotion", "url": "http://y/"},
]
STATUS = Status(Phase.PROGRESSING, last_applied_spec="v2", tracked_configs={"configmap/a": "1"})


def test_the_models_payload_with_metadata_that_can_not_hide_it() -> None:
    (call,) = event_calls(
        canary({"spec.analysis.webhooks": HOOKS}), STATUS, warning("Halt!"), 1_700_000_000.25
    )
    assert (call.webhook.name, call.payload) == (
        "feed",
        {
            "name": "podinfo",
            "namespace": "test",
            "phase": "Progressing",
            "checksum": run_checksum("v2", {"configmap/a": "1"}),
            "metadata": {
                "env": "prod",
                "eventMessage": "Halt!",
                "eventType": "Warning",
                "timestamp": "1700000000250",
            },
        },
    )


def test_two_events_are_two_calls_and_one_event_is_one() -> None:
    described = canary({"spec.analysis.webhooks": HOOKS})
    keys = [
        event_calls(described, STATUS, warning(text), at)[0].key
        for text, at in (("a", 1.0), ("b", 1.0), ("a", 2.0), ("a", 1.0))
    ]
    assert (len(set(keys)), keys[0]) == (3, keys[3])
