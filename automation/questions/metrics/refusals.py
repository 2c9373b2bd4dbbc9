"""What an API server says, as a provider's failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from automation.errors import ClusterAway, ClusterRefused, SluiceError
from automation.questions.metrics.exchange import unanswered


@contextmanager
def told() -> Iterator[None]:
    """Raises Unanswered for a cluster that refuses, or that can't be reached."""
    try:
        yield
    except ClusterAway as away:
        raise unanswered(_said(away), away=True) from away
    except ClusterRefused as refused:
        raise unanswered(_said(refused)) from refused


def _said(error: SluiceError) -> str:
    return f"request failed: {'; '.join(filter(None, (error.problem, error.remedy)))}"
