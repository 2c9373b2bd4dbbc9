"""The built-in checks where answers are counted: the share of good ones, and how many there were."""

from __future__ import annotations

from collections.abc import Mapping

from automation.core.analysis import REQUESTS, SUCCESS_RATE


def counted(answers: str, good: str) -> Mapping[str, str]:
    """The queries over a counter. GOOD stands in its selector for what selects the `good` answers, or for nothing.

    A canary that fails every request has no series of good ones: that is a success rate of 0, not a missing one.
    """
    whole, share = answers.replace("GOOD", ""), answers.replace("GOOD", good)
    return {
        SUCCESS_RATE: f"({over(share)} or vector(0)) / {over(whole)} * 100",
        REQUESTS: over(whole, "increase"),
    }


def over(series: str, function: str = "rate") -> str:
    """The sum of what a function makes of each series of a check's window."""
    return f"sum({function}({series}[{{{{ interval }}}}]))"
