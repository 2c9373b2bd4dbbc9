"""What a provider needs to be told beside a query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from automation.core.refusal import Problem
from automation.questions.metrics.credentials import lacking
from documents.metric_template import MetricTemplate

NAMED = "has to be named"


@dataclass(frozen=True)
class Needs:
    """Of a template: `address` stands for one that it doesn't name, NAMED where it has to; `{region}` in it is the
    template's, which has to be there then. `implied` is who is asked without any. The Secret has all `keys`, and may
    have those of `also`. `secret`: there has to be one.
    """

    address: str = NAMED
    implied: str = ""
    keys: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    secret: bool = False

    @property
    def region(self) -> bool:
        return "{region}" in self.address

    def address_of(self, template: MetricTemplate) -> str:
        return template.address or self.address.format(region=template.region)

    def problems(self, template: MetricTemplate) -> Iterator[Problem]:
        """What a template lacks, whatever its Secret says."""
        if self.address == NAMED and not template.address:
            yield Problem("spec.provider.address", "is missing", f"name the server of {template.type}")
        if self.region and not template.region:
            yield Problem("spec.provider.region", "is missing", "name it, such as eu-central-1")
        if self.secret and not template.secret:
            keys = " and ".join(self.keys)
            yield Problem("spec.provider.secretRef", "is missing", f"name a Secret with {keys}")

    def missing(self, keys: Iterable[str]) -> str:
        """What a Secret with these keys lacks; "" for nothing."""
        return lacking(self.keys, keys)
