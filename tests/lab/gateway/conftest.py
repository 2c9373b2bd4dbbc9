"""One gateway with two revisions of podinfo, for all stories about it, in a lab of their own.

The gateway takes the routes of all namespaces: those of a release with a higher priority would shadow these.
"""

import os
from collections.abc import Iterator

import pytest

from bench.site import Site
from lab import Lab


@pytest.fixture(scope="package")
def lab() -> Iterator[Lab]:
    running = Lab.up(f"tests-gateway-{os.getpid()}")
    yield running
    running.down()


@pytest.fixture(scope="package")
def site(lab: Lab) -> Site:
    return Site.build(lab, "gateway-stories")
