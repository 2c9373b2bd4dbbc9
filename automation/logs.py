"""Log lines of a driver: JSON with `msg`, `level`, `ts` and the Canary they are about, one line each.

kubectl -n apisix logs deploy/sluice -f | jq .msg
"""

from __future__ import annotations

import sys
from typing import Any, TextIO

import structlog


def json_logger(stream: TextIO | None = None) -> Any:
    """A logger that writes JSON lines to `stream` (standard output where none is given)."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stdout),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.EventRenamer("msg"),
            structlog.processors.JSONRenderer(),
        ],
    )
