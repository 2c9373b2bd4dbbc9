"""The apex Service, by which users reach the application: made here, or somebody else's that is taken over."""

from __future__ import annotations

from automation.core.kinds import Manifest
from automation.core.marks import MADE_FOR
from automation.core.spec import Canary
from components import services
from components.inputs import Inputs
from workloads.apex import is_taken
from workloads.selector import selector_of


def taken_over(canary: Canary, inputs: Inputs, apex: Manifest) -> Manifest | None:
    """Somebody else's Service is left alone until it is to select primary: it leads users to the application.

    Once it was ours to change it stays so: an engine that forgets a patch takes its fields away.
    """
    if inputs.apex is None:
        return None
    untouched = not is_taken(inputs.apex) and not _selects_primary(inputs.apex, inputs.target)
    if inputs.placement.apex == "target" and untouched:
        return None
    return services.takeover(canary, apex, inputs.apex)


def _selects_primary(service: Manifest, target: Manifest) -> bool:
    chosen = selector_of(target)
    selected = (service.get("spec") or {}).get("selector") or {}
    return bool(chosen.told_apart.items() <= selected.items())


def marked(canary: Canary, apex: Manifest, stays: bool) -> Manifest:
    """The apex that is made here. Once users are back on the target it has no owner: it would go with the Canary, and
    they with it."""
    metadata = apex["metadata"]
    annotations = {**metadata["annotations"], MADE_FOR: canary.name}
    kept = {field: value for field, value in metadata.items() if not (stays and field == "ownerReferences")}
    return {**apex, "metadata": {**kept, "annotations": annotations}}


def is_foreign(canary: Canary, inputs: Inputs) -> bool:
    """Whether there is a Service of that name that somebody else made."""
    if inputs.apex is None:
        return False
    if (inputs.apex["metadata"].get("annotations") or {}).get(MADE_FOR) == canary.name:
        return False
    owners = inputs.apex["metadata"].get("ownerReferences") or []
    own = (canary.origin.kind, inputs.uid)
    return not any((owner.get("kind"), owner.get("uid")) == own for owner in owners)
