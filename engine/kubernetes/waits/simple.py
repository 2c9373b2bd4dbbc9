"""Kinds whose own status says it all: definitions, quotas, token secrets, replication controllers, anything."""

from __future__ import annotations

from engine.kubernetes.objects import at, condition, is_true
from engine.kubernetes.waits.rule import READY, Rule, Verdict, View, waiting

TOKEN_SECRET = "kubernetes.io/service-account-token"


def judge_definition(view: View) -> Verdict:
    if is_true(view.live, "Established"):
        return READY
    names = condition(view.live, "NamesAccepted")
    if names.get("status") == "False":
        text = f"[{names.get('reason')}] {names.get('message')}"
        return Verdict(problems=(text,), progress="Waiting for CRD names to be accepted")
    return waiting("Waiting for CRD to be established")


def judge_quota(view: View) -> Verdict:
    if at(view.live, "status", "hard", default={}) == at(view.live, "spec", "hard", default={}):
        return READY
    return waiting("Waiting for ResourceQuota controller to see the limits")


def judge_secret(view: View) -> Verdict:
    if view.live.get("type") != TOKEN_SECRET or view.live.get("data"):
        return READY
    return waiting("Waiting for the token of the service account")


def judge_replication_controller(view: View) -> Verdict:
    wanted = at(view.live, "spec", "replicas", default=1)
    available = at(view.live, "status", "availableReplicas", default=0)
    if wanted == available:
        return READY
    return waiting(f"Waiting for Pods of ReplicationController ({available}/{wanted} Pods available)")


def judge_anything(view: View) -> Verdict:
    """What most controllers agree on: generation observed, nothing stalled, `Ready` true if there is one."""
    live = view.live
    observed = at(live, "status", "observedGeneration")
    if observed is not None and observed < at(live, "metadata", "generation", default=0):
        return waiting("Waiting for the controller to see the change")
    if is_true(live, "Stalled"):
        stalled = condition(live, "Stalled")
        return Verdict(problems=(f"[{stalled.get('reason')}] {stalled.get('message')}",), failed=True)
    ready = condition(live, "Ready")
    if is_true(live, "Reconciling") or (ready and ready.get("status") != "True"):
        return waiting("Waiting for the object to be Ready", str(ready.get("message") or "Ready is not True"))
    return READY


DEFINITION = Rule(judge_definition, timeout=60.0)
QUOTA = Rule(judge_quota, timeout=60.0)
SECRET = Rule(judge_secret, timeout=5.0)
REPLICATION_CONTROLLER = Rule(judge_replication_controller)
ANYTHING = Rule(judge_anything)
