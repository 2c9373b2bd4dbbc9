"""Waiting until an object is ready, or gone."""

from __future__ import annotations

import queue
import time
from contextlib import suppress

from engine.kubernetes.call import Call
from engine.kubernetes.cluster import Collection
from engine.kubernetes.objects import SKIP_AWAIT, TIMEOUT_SECONDS, Object, annotation, at, flagged, title
from engine.kubernetes.waits.following import RESTARTED, Change, Following
from engine.kubernetes.waits.rule import Related, Rule, Verdict, View
from engine.kubernetes.waits.rules import rule_for
from engine.provider import Operation, ProviderError

# How often a wait looks up from its queue, to see whether the user has interrupted it.
GLANCE_SECONDS = 0.2
DELETE_SECONDS = 600.0
# Deleting these can be left to the cluster (`pulumi.com/skipAwait`); of others the name may be needed again.
LEAVABLE = frozenset(
    {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
)
_OBJECT = "object"


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
    rule = rule_for(live)
    if rule is None or (rule.judge(View(live)).ready and not rule.related(live)):
        return live
    return _Wait(call, rule, live).run()


def unready_reasons(call: Call, live: Object) -> list[str]:
    """Why an object that was read is not ready now; empty when it is."""
    rule = None if flagged(live, SKIP_AWAIT) else rule_for(live)
    if rule is None:
        return []
    related: dict[str, list[Object]] = {}
    for wanted in rule.related(live):
        related.setdefault(wanted.name, []).extend(_collection(call, wanted, live).select(wanted.query()))
    verdict = rule.judge(View(live, related))
    return [] if verdict.ready else list(verdict.problems)


def until_gone(call: Call, collection: Collection, deleted: Object) -> None:
    """Returns once the object is not there any more. Raises `ProviderError` when that takes too long."""
    if flagged(deleted, SKIP_AWAIT) and deleted.get("kind") in LEAVABLE:
        return
    name = deleted["metadata"]["name"]
    live = collection.get(name)
    if live is None or _uid(live) != _uid(deleted):
        return
    with Following() as following:
        version = at(live, "metadata", "resourceVersion", default="")
        following.follow(_OBJECT, collection, {"fieldSelector": f"metadata.name={name}"}, version)
        _until_deleted(call.operation, following, live)


def _until_deleted(operation: Operation, following: Following, live: Object) -> None:
    seconds = timeout_of(operation, live, DELETE_SECONDS)
    deadline = time.monotonic() + seconds
    doubtful = False
    while True:
        change = _next_change(following, deadline)
        if change and change.error:
            raise change.error
        # After a restart, what is still there is announced first: silence means that nothing is.
        doubtful = change.type == RESTARTED if change else doubtful
        if (change and _says_gone(change, live)) or (change is None and doubtful):
            return
        if operation.cancelled():
            raise ProviderError(f'Resource operation was cancelled for "{live["metadata"]["name"]}"')
        if time.monotonic() >= deadline:
            raise ProviderError(_stuck(change.document if change and change.document else live, seconds))


def _says_gone(change: Change, live: Object) -> bool:
    """Whether the object was deleted, or has given way to another of its name."""
    return change.type == "DELETED" or _uid(change.document) not in (None, _uid(live))


def _stuck(live: Object, seconds: float) -> str:
    finalizers = ", ".join(at(live, "metadata", "finalizers", default=[]))
    blame = f"; it waits for the finalizers {finalizers}" if finalizers else ""
    return f"{title(live)} is still there {seconds:.0f} s after it was deleted{blame}"


class _Wait:
    """One wait: what has been seen so far, judged again after each change."""

    def __init__(self, call: Call, rule: Rule, live: Object):
        self._call, self._rule, self._live = call, rule, live
        self._related: dict[str, dict[str, Object]] = {}
        self._quiet_since = time.monotonic()
        self._told = ""

    def run(self) -> Object:
        seconds = timeout_of(self._call.operation, self._live, self._rule.timeout)
        deadline = time.monotonic() + seconds
        with Following() as following:
            self._follow(following)
            while True:
                verdict = self._judge()
                if self._is_over(verdict):
                    return self._live
                if verdict.failed:
                    raise self._failure("Resource {name} was created but failed to initialize", verdict)
                if self._call.operation.cancelled():
                    raise self._failure("Resource operation was cancelled for {name}", verdict)
                if time.monotonic() >= deadline:
                    raise self._failure("{name} timed out waiting to be Ready", verdict)
                self._tell(verdict)
                self._see(_next_change(following, min(deadline, self._settled_at(verdict))))

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

    def _is_over(self, verdict: Verdict) -> bool:
        return verdict.ready and time.monotonic() >= self._quiet_since + self._rule.settle

    def _settled_at(self, verdict: Verdict) -> float:
        return self._quiet_since + self._rule.settle if verdict.ready else float("inf")

    def _tell(self, verdict: Verdict) -> None:
        if verdict.progress and verdict.progress != self._told:
            self._told = verdict.progress
            self._call.operation.log("info", verdict.progress, True)

    def _see(self, change: Change | ProviderError | None) -> None:
        if change is None:
            return
        if isinstance(change, ProviderError):
            # What is related only explains; a missing permission to see it must not fail the object.
            self._call.operation.log(
                "warning", f"{title(self._live)}: can't be watched fully: {change}", False
            )
            return
        self._quiet_since = time.monotonic()
        if change.name == _OBJECT:
            self._live = change.document if change.type in ("ADDED", "MODIFIED") else self._live
        elif change.type == "RESTARTED":
            self._related[change.name] = {}
        elif change.type == "DELETED":
            self._related.get(change.name, {}).pop(_uid(change.document) or "", None)
        else:
            self._related.setdefault(change.name, {})[_uid(change.document) or ""] = change.document

    def _failure(self, text: str, verdict: Verdict) -> NotReady:
        name = self._live["metadata"]["name"]
        quoted = f'"{name}"' if text.startswith("Resource operation") else f"'{name}'"
        return NotReady(text.format(name=quoted), self._live, verdict.problems)


def timeout_of(operation: Operation, document: Object, default: float) -> float:
    """Seconds: the resource's custom timeout, else its annotation, else the default."""
    if operation.timeout is not None:
        return operation.timeout
    with suppress(ValueError):
        return float(annotation(document, TIMEOUT_SECONDS))
    return default


def _next_change(following: Following, deadline: float) -> Change | None:
    """The next change, None if none comes in a glance."""
    patience = max(0.0, min(GLANCE_SECONDS, deadline - time.monotonic()))
    try:
        return following.changes.get(timeout=patience) if patience else following.changes.get_nowait()
    except queue.Empty:
        return None


def _collection(call: Call, related: Related, live: Object) -> Collection:
    namespace = at(live, "metadata", "namespace", default="")
    return call.cluster.collection(related.api_version, related.kind, namespace)


def _uid(document: Object) -> str | None:
    uid: str | None = at(document, "metadata", "uid")
    return uid
