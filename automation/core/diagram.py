"""The state machine as a page for people: `docs/state-machine.md`, made from the table of transitions."""

from automation.core.status import Phase
from automation.core.transitions import IDLE, TRANSITIONS

_HEAD = """# Phases of a Canary

Made from `automation/core/transitions.py` by `make docs`. The same table is what `decide` may do: a move that is not
in it is refused in code.
"""
_TAIL = """
In `Waiting` nothing has begun: primary serves everybody. In `WaitingPromotion` the canary keeps its share, its checks
go on, and whatever ends a run ends it there, too. [webhooks.md](webhooks.md) says when which hook is called.
"""


def page() -> str:
    """The whole page as Markdown, with a Mermaid diagram and a table."""
    moves = "\n".join(f"    {_state(move.source)} --> {_state(move.to)}: {move.when}" for move in TRANSITIONS)
    rows = "\n".join(f"| {_name(move.source)} | {_name(move.to)} | {move.when} |" for move in TRANSITIONS)
    idle = ", ".join(f"`{phase}`" for phase in IDLE)
    return (
        f"{_HEAD}\n```mermaid\nstateDiagram-v2\n{moves}\n```\n\n"
        f"Between runs a Canary is in one of {idle}.\n\n| from | to | when |\n| --- | --- | --- |\n{rows}\n{_TAIL}"
    )


def _state(phase: Phase) -> str:
    return "[*]" if phase is Phase.NONE else str(phase)


def _name(phase: Phase) -> str:
    return "(none)" if phase is Phase.NONE else f"`{phase}`"
