"""Times as the API writes them."""

from datetime import UTC, datetime


def now() -> str:
    """This second, as in `2026-01-31T12:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise() -> str:
    """This moment with microseconds, as in `2026-01-31T12:00:00.123456Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """The reverse of `now` and `precise`; nanoseconds are cut off."""
    base, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(base).replace(tzinfo=UTC)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0"))) if fraction else moment
