"""Reads `spec.analysis.gates`: what is asked of a gate beside its hooks, and for how long it may stay closed."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.analysis import GateRule
from automation.core.words import GATES
from documents.section import Section

ENDS = ("rollback", "open")
"""What may follow a deadline: the revision is given up, or let through."""


def read(section: Section) -> Mapping[str, GateRule]:
    """The rule of each gate that the document names."""
    found = {name: _rule(section.section(name)) for name in GATES if name in section}
    section.allow(*GATES)
    section.close()
    return found


def _rule(section: Section) -> GateRule:
    ends = section.text("onDeadline", ENDS[0], choices=ENDS)
    rule = GateRule(
        approvals=section.whole("approvals", 0),
        authorized=section.flag("authorized"),
        deadline=section.seconds("deadline", 0.0, least=1.0) or None,
        opens=ends == "open",
    )
    if rule.opens and rule.deadline is None:
        section.refuse("onDeadline", "follows no deadline", "set deadline, such as 1h")
    section.close()
    return rule
