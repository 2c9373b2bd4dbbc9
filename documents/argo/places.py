"""Where a release stands in the steps of a Rollout as people wrote them: one of theirs may be several of ours."""

from __future__ import annotations

from automation.core.rollout import CanarySteps, Rollout


def written_index(rollout: Rollout, index: int) -> int:
    """The index of the written step that ours of this index is part of; how many were written, once all are done."""
    places = rollout.strategy.places if isinstance(rollout.strategy, CanarySteps) else ()
    return places[index] if index < len(places) else written(rollout)


def written(rollout: Rollout) -> int:
    """How many steps were written."""
    places = rollout.strategy.places if isinstance(rollout.strategy, CanarySteps) else ()
    return places[-1] + 1 if places else 0
