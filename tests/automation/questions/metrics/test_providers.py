"""The choice of a provider by its type."""

from __future__ import annotations

import pytest
import requests

from automation.questions.metrics.access import Access
from automation.questions.metrics.prometheus import Prometheus
from automation.questions.metrics.providers import UnknownProvider, provider


def test_a_known_type_is_made() -> None:
    assert isinstance(provider("prometheus", requests.Session(), Access("http://x")), Prometheus)


def test_an_unknown_type_lists_the_known_ones() -> None:
    with pytest.raises(
        UnknownProvider, match=r"keptn is not supported yet; use one of cloudwatch, .*, prometheus"
    ):
        provider("keptn", requests.Session(), Access("http://x"))
