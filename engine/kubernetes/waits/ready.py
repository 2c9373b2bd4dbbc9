"""Waiting until an object is ready."""

from __future__ import annotations

import time

from engine.kubernetes.call import Call
from engine.kubernetes.client import ApiError
from engine.kubernetes.cluster import Collection
from engine.kubernetes.objects import SKIP_AWAIT, Object, at, flagged, title, uid_of
from engine.kubernetes.waits.following import RESTARTED, Change, Following
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View
from engine.kubernetes.waits.rules import rule_for, rule_for_reading
from engine.provider import ProviderError

_OBJECT = "object"
_UNREADY = "Resource {name} was created but failed to initialize"


class NotReady(Exception):
    """The object exists but did not become ready. `live` is how it was seen last."""

    def __init__(self, message: str, live: Object, problems: tuple[str, ...]):
        super().__init__(message)
        self.live = live
        self.reasons = [message, *problems]


def until_ready(call: Call, live: Object) -> Object:
    """The object as it is once it is ready. Raises `NotReady` on failure, time-out and interruption."""
    if flagged(live, SKIP_AWAIT):
        return live
    rule = rule_for(live, call.settings.await_all)
    if rule is None or rule.judge(View(live)) == READY:
        return live
    return _Wait(call, rule, live).run()


def unready_reasons(call: Call, live: Object) -> list[str]:
    """Why an object that was read is not ready now; empty when it is, or when that may not be seen."""
    rule = None if flagged(live, SKIP_AWAIT) else rule_for_reading(live)
    if rule is None:
        return []
    try:
        verdict = rule.judge(View(live, _related(call, rule, live)))
    except ApiError as error:
        call.operation.log("warning", f"{title(live)}: whether it is ready can't be told: {error}", False)
        return []
    if verdict.ready:
        return []
    return [_UNREADY.format(name=f"'{live['metadata']['name']}'"), *verdict.problems]


def _related(call: Call, rule: Rule, live: Object) -> dict[str, list[Object]]:
    found: dict[str, list[Object]] = {}
    for related in rule.related(live):
        found.setdefault(related.name, []).extend(_collection(call, related, live).select(related.query()))
    return found


class _Wait:
    """One wait: what has been seen so far, judged again after each change."""

    def __init__(self, call: Call, rule: Rule, live: Object):
        self._call, self._rule, self._live = call, rule, live
        self._related: dict[str, dict[str, Object]] = {}
        self._quiet_since = time.monotonic()
        self._told = ""

    def run(self) -> Object:
        seconds = self._call.timeout_of(self._live, self._rule.timeout)
        deadline = time.monotonic() + seconds
        with Following() as following:
            self._follow(following)
            while True:
                verdict = self._judge()
                over = time.monotonic() >= deadline
                if verdict.ready and (self._is_settled(verdict) or (over and not verdict.unsettled)):
                    return self._live
                if verdict.failed:
                    raise self._failure(_UNREADY, verdict)
                if self._call.operation.cancelled():
                    raise self._failure("Resource operation was cancelled for {name}", verdict)
                if over:
                    raise self._failure("{name} timed out waiting to be Ready", verdict)
                self._tell(verdict)
                self._see(following.next(min(deadline, self._settled_at(verdict))))

    def _follow(self, following: Following) -> None:
        metadata = self._live["metadata"]
        own = self._call.collection_of(self._live)
        name = {"fieldSelector": f"metadata.name={metadata['name']}"}
        following.follow(_OBJECT, own, name, str(metadata.get("resourceVersion") or ""))
        for related in self._rule.related(self._live):
            following.follow(related.name, _collection(self._call, related, self._live), related.query())

    def _judge(self) -> Verdict:
        related = {name: list(seen.values()) for name, seen in self._related.items()}
        return self._rule.judge(View(self._live, related))

    def _is_settled(self, verdict: Verdict) -> bool:
        return time.monotonic() >= self._quiet_since + verdict.settle

    def _settled_at(self, verdict: Verdict) -> float:
        return self._quiet_since + verdict.settle if verdict.ready else float("inf")

    def _tell(self, verdict: Verdict) -> None:
        if verdict.progress and verdict.progress != self._told:
            self._told = verdict.progress
            self._call.operation.log("info", verdict.progress, True)

    def _see(self, change: Change | None) -> None:
        if change is None:
            return
        self._quiet_since = time.monotonic()
        if change.error:
            self._miss(change.name, change.error)
        elif change.name == _OBJECT:
            self._live = change.document if change.type in ("ADDED", "MODIFIED") else self._live
        elif change.type == RESTARTED:
            self._related[change.name] = {}
        elif change.type == "DELETED":
            self._related.get(change.name, {}).pop(uid_of(change.document), None)
        else:
            self._related.setdefault(change.name, {})[uid_of(change.document)] = change.document

    def _miss(self, name: str, error: ProviderError) -> None:
        """Related objects may only explain, so a missing permission to see them is told and no more."""
        if name == _OBJECT:
            raise NotReady(f"{title(self._live)} can't be watched: {error}", self._live, ())
        text = f"{title(self._live)}: its {name} can't be watched, so it may seem not ready: {error}"
        self._call.operation.log("warning", text, False)

    def _failure(self, text: str, verdict: Verdict) -> NotReady:
        name = self._live["metadata"]["name"]
        quoted = f'"{name}"' if text.startswith("Resource operation") else f"'{name}'"
        unsettled = () if self._is_settled(verdict) else verdict.unsettled
        return NotReady(text.format(name=quoted), self._live, (*unsettled, *verdict.problems))


def _collection(call: Call, related: Related, live: Object) -> Collection:
    namespace = at(live, "metadata", "namespace", default="")
    return call.cluster.collection(related.api_version, related.kind, namespace)
