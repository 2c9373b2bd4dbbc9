"""A document at another pace: the interval between steps, and with it the windows that checks look back over."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from automation.core.durations import seconds_of

SCRAPES_IN_A_WINDOW = 4
"""A rate needs two samples; with four, one missed scrape does not leave a check without an answer."""


def paced(document: Mapping[str, Any], interval: str | None, scrape_interval: str | None) -> dict[str, Any]:
    """The Canary document with `interval` between steps, the windows of its checks scaled by the same factor.

    None, or a document whose own interval can't be read, leaves it as it is. Windows stay whole seconds.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    analysis = _analysis(changed)
    own = _seconds(analysis.get("interval"))
    if interval is None or own is None:
        return changed
    factor = seconds_of(interval) / own
    analysis["interval"] = interval
    shortest = SCRAPES_IN_A_WINDOW * seconds_of(scrape_interval or "1s")
    metrics = analysis.get("metrics")
    for check in metrics if isinstance(metrics, list) else []:
        if not isinstance(check, dict):
            continue
        window = _seconds(check.get("interval", "1m"))
        if factor < 1 and window is not None:
            check["interval"] = f"{math.ceil(max(window * factor, min(window, shortest)))}s"
    return changed


def _analysis(document: dict[str, Any]) -> dict[str, Any]:
    """How the Canary is judged, under the field's present name or its old one; nothing where that is no object."""
    spec = document.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    found = spec.get("analysis", spec.get("canaryAnalysis"))
    return found if isinstance(found, dict) else {}


def _seconds(text: Any) -> float | None:
    try:
        return seconds_of(text) or None if isinstance(text, str) else None
    except ValueError:
        return None
