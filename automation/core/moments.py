"""Points in time as the API server writes them."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """Unix seconds as RFC 3339 with whole seconds: "2026-01-31T12:00:00Z"."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def unix_seconds(moment: str) -> float:
    """Unix seconds of an RFC 3339 time; 0 for none."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() if moment else 0.0
