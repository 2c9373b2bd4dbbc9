"""One gateway with two revisions of podinfo, for all stories about it."""

import pytest

from bench.site import Site
from lab import Lab


@pytest.fixture(scope="session")
def site(lab: Lab) -> Site:
    return Site.build(lab, "gateway-stories")
