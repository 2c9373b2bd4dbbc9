"""What hooks of type event are told: every event of their Canary."""

from __future__ import annotations

import hashlib

from automation.core.analysis import Webhook
from automation.core.decision import CallHook, Event
from automation.core.gates import body
from automation.core.spec import Canary
from automation.core.status import Status


def event_calls(
    canary: Canary, status: Status, event: Event, at: float, everywhere: str = ""
) -> tuple[CallHook, ...]:
    """The calls of an event that happened at `at` (unix seconds). Flagger's payload: what it adds to a hook's metadata
    goes before what stands there under the same name. `everywhere` is the address of who hears of Canaries
    without such hooks, "" for nobody."""
    millis, tested = str(int(at * 1000)), (status.last_applied_spec, status.tracked_configs)
    added = {"eventMessage": event.text, "eventType": event.type, "timestamp": millis}
    digest = hashlib.sha256(event.text.encode()).hexdigest()[:8]
    found = []
    for hook in canary.analysis.hooks("event") or _listener(everywhere):
        told = body(canary, hook, status.phase, tested)
        told["metadata"] |= added
        where = (canary.namespace, canary.name, millis, digest, hook.type, hook.name)
        found.append(CallHook(hook, told, "/".join(where)))
    return tuple(found)


def _listener(address: str) -> tuple[Webhook, ...]:
    return (Webhook("events", address, "event"),) if address else ()
