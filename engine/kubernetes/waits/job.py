"""Jobs: started and complete. A failed job fails at once."""

from __future__ import annotations

from engine.kubernetes.objects import Object, at, condition, is_true
from engine.kubernetes.waits import pod
from engine.kubernetes.waits.rule import READY, Related, Rule, Verdict, View


def judge(view: View) -> Verdict:
    live = view.live
    if is_true(live, "Failed"):
        failure = condition(live, "Failed")
        text = f"[{failure.get('reason', 'Failed')}] {failure.get('message', 'the job has failed')}"
        return Verdict(problems=(text, *pod.complaints(view, live)), failed=True)
    if at(live, "spec", "suspend"):
        return READY
    if at(live, "status", "startTime") and is_true(live, "Complete"):
        return READY
    done, wanted = at(live, "status", "succeeded", default=0), at(live, "spec", "completions", default=1)
    progress = f"Waiting for Job to complete ({done}/{wanted} succeeded)"
    return Verdict(problems=tuple(pod.complaints(view, live)), progress=progress)


def related(live: Object) -> tuple[Related, ...]:
    return (pod.of_template(live),)


RULE = Rule(judge, related)
