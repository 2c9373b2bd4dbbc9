"""Points in time as the API server writes them."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """Unix seconds as RFC 3339 with whole seconds: "2026-01-31T12:00:00Z"."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
