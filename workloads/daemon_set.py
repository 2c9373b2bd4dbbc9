"""DaemonSets: a pod on each node. They have no number of pods that could be zero, so an idle one asks for nodes that
there are none of, by Flagger's own label."""

from __future__ import annotations

import re
from dataclasses import replace

from automation.core.kinds import DAEMON_SET, Manifest
from automation.core.names import NAMED
from automation.core.observation import Workload
from automation.core.refusal import Problem
from automation.core.shape import TEXT, fields
from workloads.copied import Copied
from workloads.deployment import ROLLED_OUT
from workloads.pod_names import LETTER, LONGEST
from workloads.template import selecting
from workloads.templated import Templated
from workloads.update_strategy import at_once, unpromotable
from workloads.workload import Primary, Scaling, WorkloadKind

NOWHERE = "flagger.app/scale-to-zero"
"""A label that no node has. A target whose pods ask for it is idle, whichever driver made it so."""


class DaemonSets(Copied, Templated):
    """DaemonSets, whose pods are replaced by `RollingUpdate`."""

    kind = DAEMON_SET
    pods = DAEMON_SET
    shape = fields(
        "metadata",
        "spec",
        metadata=NAMED,
        spec=selecting("selector", "template", updateStrategy=fields(type=TEXT)),
    )
    rollout_fields = (*ROLLED_OUT, "updateStrategy")
    scalable = False

    def template(self, live: Manifest) -> Manifest:
        """As people wrote it: that the target is idle is no revision of it."""
        template = super().template(live)
        pod = template["spec"]
        if "nodeSelector" not in pod:
            return template
        kept = {label: value for label, value in (pod["nodeSelector"] or {}).items() if label != NOWHERE}
        bare = {field: value for field, value in pod.items() if field != "nodeSelector"}
        return {**template, "spec": {**bare, "nodeSelector": kept} if kept else bare}

    def resting(self, template: Manifest, theirs: Manifest) -> Manifest:
        """Server-side apply writes the nodes that are asked for whole."""
        asked, live = (pods["spec"].get("nodeSelector") or {} for pods in (template, theirs))
        if not asked or NOWHERE not in live:
            return template
        return {**template, "spec": {**template["spec"], "nodeSelector": {**asked, NOWHERE: live[NOWHERE]}}}

    def made(self, name: str, pod: str) -> bool:
        return re.fullmatch(rf"{re.escape(f'{name}-'[:LONGEST])}{LETTER}{{5}}", pod) is not None

    def problems(self, live: Manifest) -> tuple[Problem, ...]:
        return tuple(unpromotable(live, "daemonset"))

    def gap(self, live: Manifest) -> str:
        """The pods of several nodes are replaced at once, without others beside them as long as `maxSurge` is 0."""
        rolling = (live["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        if rolling.get("maxSurge", 0) not in (0, "0%") or at_once(live, self.replicas(live)) < self.replicas(
            live
        ):
            return ""
        return "set maxSurge to 1 and maxUnavailable to 0 in spec.updateStrategy.rollingUpdate"

    def observed(self, live: Manifest) -> Workload:
        status, idle = live.get("status") or {}, self.replicas(live) == 0
        counts = {field: int(number) for field, number in status.items() if type(number) is int}
        leaving = counts.get("numberMisscheduled", 0) if idle else 0
        seen = replace(
            self.uncounted(live),
            replicas=self.replicas(live),
            running=counts.get("currentNumberScheduled", 0) + leaving,
            updated=counts.get("updatedNumberScheduled", 0),
            available=counts.get("numberAvailable", 0),
            noun="daemonset",
            unit="pods",
        )
        return self.timed(live, seen)

    def replicas(self, live: Manifest) -> int:
        """A pod for each node that fits. Until these are counted it is one at least."""
        selector = live["spec"]["template"]["spec"].get("nodeSelector") or {}
        counted = (live.get("status") or {}).get("desiredNumberScheduled") or 1
        return 0 if NOWHERE in selector else int(counted)

    def scaling(self, replicas: int) -> Scaling:
        """None, or one on each node, however many are asked for."""
        asked = None if replicas else "true"
        return Scaling({"spec": {"template": {"spec": {"nodeSelector": {NOWHERE: asked}}}}})

    def primary(self, parts: Primary) -> Manifest:
        return self.copy(parts)


DAEMON_SETS: WorkloadKind = DaemonSets()
