"""Questions to hooks: the payload of a call, and the key by which a repeat of it is recognised."""

from automation.core.analysis import Webhook
from automation.core.decision import CallHook, Decision
from automation.core.evidence import CheckResult
from automation.core.revision_hash import run_checksum
from automation.core.situation import Situation


def ask(at: Situation, webhook: Webhook) -> Decision:
    return Decision(f"ask {webhook.type} hook {webhook.name}", questions=(_call(at, webhook),))


def hook_result(webhook: Webhook, *, passed: bool, detail: str = "") -> CheckResult:
    return CheckResult(webhook.name, "hook", passed, detail=detail)


def _call(at: Situation, webhook: Webhook) -> CallHook:
    canary, status = at.canary, at.status
    payload = {
        "name": canary.name,
        "namespace": canary.namespace,
        "phase": str(status.phase),
        "checksum": run_checksum(status.last_applied_spec, status.tracked_configs),
        "metadata": dict(webhook.metadata),
    }
    step = f"{status.traffic.canary}-{status.failed_checks}"
    where = (canary.namespace, canary.name, status.last_applied_spec, str(status.phase), step)
    return CallHook(webhook, payload, "/".join((*where, webhook.type, webhook.name)))
