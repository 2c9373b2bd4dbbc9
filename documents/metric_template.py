"""MetricTemplate documents: a query and the provider that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.names import LABEL
from automation.core.refusal import Problem, Refused
from automation.core.shape import TEXT, Items, Named, flaws
from documents.section import Section

_HEADERS = Named(Items(TEXT))


@dataclass(frozen=True)
class MetricTemplate:
    """`secret` names the Secret with the provider's credentials, in the template's namespace; "" without one."""

    name: str
    namespace: str
    type: str
    address: str
    headers: Mapping[str, str]
    secret: str
    verify: bool
    query: str
    region: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}"


def parse(document: Mapping[str, Any]) -> MetricTemplate:
    """Read a MetricTemplate. Raises Refused with every problem at once."""
    template, problems = read(document)
    if problems:
        raise Refused(problems)
    return template


def read(document: Mapping[str, Any]) -> tuple[MetricTemplate, tuple[Problem, ...]]:
    """What can be read of a MetricTemplate, and what is wrong with the rest."""
    problems: list[Problem] = []
    root = Section(document, "", problems)
    metadata, spec = root.section("metadata"), root.section("spec")
    provider = spec.section("provider")
    template = MetricTemplate(
        name=metadata.named("name", required=True),
        namespace=metadata.named("namespace", LABEL) or "default",
        type=provider.text("type", required=True),
        address=provider.text("address"),
        headers=_headers(provider),
        secret=provider.section("secretRef").text("name"),
        verify=not provider.flag("insecureSkipVerify"),
        query=spec.text("query", required=True),
        region=provider.text("region"),
    )
    return template, tuple(problems)


def _headers(provider: Section) -> dict[str, str]:
    """Headers with several values are joined, which HTTP allows for all that may occur more than once."""
    given = provider.raw("headers")
    if given is None:
        return {}
    if isinstance(given, Mapping):
        given = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    if problems := tuple(flaws(given, _HEADERS, f"{provider.path}.headers")):
        provider.problems += problems
        return {}
    return {str(name): ", ".join(values) for name, values in given.items()}
