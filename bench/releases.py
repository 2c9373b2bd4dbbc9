"""What is measured of steps and releases, on ground that is prepared."""

import os
import statistics
import time
import uuid

from automation.errors import RolledBack
from bench.diary import Diary
from bench.ground import KEY, Ground
from bench.report import OFFICIAL, official
from bench.rest import CANARIES, at_rest
from bench.steps import step_ms
from cli.images import parse_image, set_image

CLIMBS, CLIMBS_OF_OFFICIAL = 8, 2


def figures(site: Ground) -> dict[str, float]:
    """One part after the other, about three minutes in all, twice that with the official engine."""
    site.drive(Diary())
    found = _steps(site, CLIMBS) | _releases(site, "6.0.1", "6.0.2")
    if (engine := official()) is not None:
        handed = site.on(engine)
        theirs = _steps(handed, CLIMBS_OF_OFFICIAL) | _releases(handed, "6.0.3", "6.0.4")
        found |= {f"{OFFICIAL}{name}": figure for name, figure in theirs.items()}
    return found | at_rest(site, int(os.environ.get("CANARIES", CANARIES)))


def _steps(site: Ground, climbs: int) -> dict[str, float]:
    plain = step_ms(site.opened, climbs)
    gated = step_ms(site.gated(), climbs // 2)
    return {
        "step_ms_p50": statistics.median(plain),
        "step_ms_p95": statistics.quantiles(plain, n=20)[-1],
        "step_with_pack_ms_p50": statistics.median(gated),
    }


def _releases(site: Ground, good: str, bad: str) -> dict[str, float]:
    """A release that is promoted, then one whose pods answer every request with an error."""
    promoted = Diary()
    begun = time.monotonic()
    _release(site, good, promoted)
    promotion = time.monotonic() - begun
    site.lab.fault(f"podinfo:{bad}", error_rate=1.0)
    failed = Diary()
    try:
        _release(site, bad, failed)
    except RolledBack:
        rollback = time.monotonic() - failed.first_failure
    else:
        raise RuntimeError("a release whose every request fails was promoted")
    return {
        "promotion_s": promotion,
        "rollback_s": rollback,
        "tick_api_calls": max(promoted.still + failed.still),
    }


def _release(site: Ground, version: str, diary: Diary) -> None:
    site.opened.cluster.session.mount("https://", diary.counter)
    image = parse_image(f"podinfod=stefanprodan/podinfo:{version}")
    set_image(site.opened, KEY, image, request=uuid.uuid4().hex[:8])
    site.drive(diary)
