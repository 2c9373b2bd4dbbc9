"""Every weight that the canary's share of the live route has had, as a watch sees them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

from tests.lab.article.application import Application

SHARE = "{.spec.http[0].backends[1].weight}"


class Weights:
    """The canary's weights in percent, oldest first, each once until it changes."""

    def __init__(self, log: str) -> None:
        self._log = log

    @property
    def seen(self) -> list[int]:
        with open(self._log) as lines:
            return [weight for weight, _ in groupby(int(line) for line in lines if line.strip())]


@contextmanager
def watched(application: Application) -> Iterator[Weights]:
    """Records the weights for as long as the block lasts."""
    path = f"jsonpath={SHARE}{{'\\n'}}"
    arguments = ("get", "apisixroute", "podinfo-podinfo-canary", "--watch", "-o", path)
    with (
        tempfile.NamedTemporaryFile(suffix=".weights") as log,
        subprocess.Popen(application.kubectl.command(*arguments), stdout=log) as process,
    ):
        try:
            yield Weights(log.name)
        finally:
            process.kill()
