"""Which provider a template's type stands for: the one place where they are chosen."""

from collections.abc import Callable, Mapping

import requests

from automation.questions.metrics.access import Access
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.provider import Provider

PROVIDERS: Mapping[str, Callable[[requests.Session, Access], Provider]] = {"prometheus": Prometheus}


class UnknownProvider(ValueError):
    """There is no provider of this type. The text lists those that exist."""


def provider(kind: str, session: requests.Session, access: Access) -> Provider:
    """The provider of a type. The session decides how addresses are reached. Raises UnknownProvider."""
    if kind not in PROVIDERS:
        raise UnknownProvider(f"provider {kind!r} is not known; known are {', '.join(sorted(PROVIDERS))}")
    return PROVIDERS[kind](session, access)
