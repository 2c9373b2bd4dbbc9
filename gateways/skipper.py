"""Skipper: an Ingress beside the user's, in which each path leads to both Services and an annotation says the shares.

The user's Ingress is only read. It leads to the apex Service, and so to primary; Skipper prefers the generated one, by
the predicate `Weight(100)`, while the canary gets requests, and passes it by (`False()`) at all other times.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from automation.core.kinds import Manifest
from automation.core.refusal import Problem, Refused
from automation.core.spec import Canary, MetricCheck
from automation.core.traffic import Traffic
from gateways import ingress
from gateways.backends import weights_of
from gateways.counted import counted, over
from gateways.gateway import Carried, Gateway, Marks
from gateways.ingress_copy import IngressCopy, annotations_of, annotations_of_people

WEIGHTS = "zalando.org/backend-weights"
PREDICATE = "zalando.org/skipper-predicate"
PREFERRED, NEVER = "Weight(100)", "False()"
"""The predicates that stand before those that people have written."""
_OURS = re.compile(rf"^({re.escape(PREFERRED)}|{re.escape(NEVER)})( && )?")
_ANSWERS, _DURATION = "skipper_response_duration_seconds", "skipper_serve_route_duration_seconds"


class Skipper(IngressCopy):
    """Skipper by the annotations of a second Ingress."""

    provider = "skipper"
    ruled = ("f:metadata", "f:annotations", f"f:{WEIGHTS}")
    carries = frozenset({"weights"})

    def problems(self, canary: Canary, source: Manifest | None) -> tuple[Problem, ...]:
        found = ingress.problems(canary, source)
        if found or source is None or "rules" in ingress.to_both(canary, source):
            return found
        problem = f"ingress {source['metadata']['name']} leads to {canary.apex} by its default backend alone"
        return (
            Problem(
                "spec.defaultBackend", f"{problem}, which Skipper can't share", "write a rule with a path"
            ),
        )

    def left_alone(self, canary: Canary, source: Manifest | None) -> tuple[str, ...]:
        if source is None or self.problems(canary, source):
            return ()
        return (*_by_default(canary, source), *ingress.left_alone(canary, source))

    def render(self, canary: Canary, source: Manifest | None, traffic: Traffic, marks: Marks) -> Manifest:
        if problems := self.problems(canary, source):
            raise Refused(problems)
        assert source is not None
        theirs = annotations_of_people(source)
        shares = _shares(canary, theirs.get(PREDICATE, ""), traffic)
        return self.copied(canary, source, {**theirs, **shares}, ingress.to_both(canary, source), marks)

    def carried(self, canary: Canary, route: Manifest) -> Carried:
        """The share that Skipper makes of the weights, whatever they sum to."""
        said = annotations_of(route)
        predicate, weights = said.get(PREDICATE, ""), _weights(said.get(WEIGHTS, ""))
        share = 0 if predicate.startswith(NEVER) else weights.get(canary.canary_service, 0)
        traffic = Traffic(round(100 * share / sum(weights.values())) if share > 0 else 0)
        expected = _shares(canary, _OURS.sub("", predicate), traffic)
        return Carried(traffic, all(said.get(name) == text for name, text in expected.items()))

    def with_traffic(self, canary: Canary, route: Manifest, traffic: Traffic) -> Manifest:
        changed, said = copy.deepcopy(route), annotations_of(route)
        theirs = _OURS.sub("", said.get(PREDICATE, ""))
        changed["metadata"]["annotations"] = {**said, **_shares(canary, theirs, traffic)}
        return changed

    def query(self, canary: Canary, check: MetricCheck, addresses: Sequence[str]) -> str:
        """Skipper counts the answers of each backend of a path by itself, so the canary is judged by its own alone, its
        duration by the 99th percentile. Scope `route` takes primary's, too, and Flagger's mean."""
        series = f'route=~"{_route_ids(canary, check.scope)}"'
        answered = counted(f'{_ANSWERS}_bucket{{{series}GOOD,le="+Inf"}}', ',code!~"5.."')
        if check.name in answered:
            return answered[check.name]
        if check.scope == "route":
            total, count = (over(f"{_DURATION}_{part}{{{series}}}") for part in ("sum", "count"))
            return f"{total} / {count} * 1000"
        return f"histogram_quantile(0.99, {over(f'{_DURATION}_bucket{{{series}}}')} by (le)) * 1000"


SKIPPER: Gateway = Skipper()


def _by_default(canary: Canary, source: Manifest) -> Iterator[str]:
    if ((source["spec"].get("defaultBackend") or {}).get("service") or {}).get("name") == canary.apex:
        name = source["metadata"]["name"]
        yield f"spec.defaultBackend of ingress {name} is left alone and leads to primary only: Skipper can't share it"


def _shares(canary: Canary, theirs: str, traffic: Traffic) -> dict[str, str]:
    """The annotations that share requests out. `theirs` are the predicates that people have written."""
    ours = PREFERRED if traffic.canary else NEVER
    return {
        WEIGHTS: json.dumps(weights_of(canary, traffic), separators=(",", ":")),
        PREDICATE: " && ".join(filter(None, (ours, theirs))),
    }


def _weights(text: str) -> Mapping[str, int]:
    """By Service; nothing where somebody has made nonsense of it."""
    try:
        return {str(name): int(weight) for name, weight in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _route_ids(canary: Canary, scope: str) -> str:
    """Skipper's names of what leads to a Service, as a regular expression: no more than letters, digits and `_`."""
    namespace, route, apex = (
        re.sub(r"\W", "_", name) for name in (canary.namespace, canary.route_name, canary.apex)
    )
    side = "canary" if scope == "canary" else "(primary|canary)"
    return f"kube(ew)?_{namespace}__{route}__.*__{apex}_{side}(_[0-9]+)?"
