"""URNs: the names of resources, and references to providers made of them."""

from __future__ import annotations

from dataclasses import dataclass

ROOT_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True)
class Urn:
    """The parts of `urn:pulumi:<stack>::<project>::<qualified type>::<name>`.

    The qualified type is the chain of the parents' types and the own one, joined by `$`. The name may hold
    anything, `::` too.
    """

    stack: str
    project: str
    qualified_type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Raises `ValueError` if the text is not a URN."""
        parts = text.split("::", 3)
        if len(parts) != 4 or not parts[0].startswith("urn:pulumi:"):
            raise ValueError(
                f"'{text}' is not a URN; one looks like urn:pulumi:<stack>::<project>::<type>::<name>"
            )
        return cls(parts[0].removeprefix("urn:pulumi:"), parts[1], parts[2], parts[3])

    @property
    def type(self) -> str:
        """The resource's own type, without its parents'."""
        return self.qualified_type.rsplit("$", 1)[-1]

    def __str__(self) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def make(stack: str, project: str, type: str, name: str, parent: str = "") -> str:
    """The URN of a resource. The root stack as a parent leaves no trace in it."""
    chain = Urn.parse(parent).qualified_type if parent else ""
    qualified = type if chain in ("", ROOT_TYPE) else f"{chain}${type}"
    return str(Urn(stack, project, qualified, name))


def name_of(urn: str) -> str:
    """The last part of a URN."""
    return Urn.parse(urn).name


def provider_reference(urn: str, id: str) -> str:
    """How a resource names the provider instance that it belongs to."""
    return f"{urn}::{id}"


def split_reference(reference: str) -> tuple[str, str]:
    """(URN, id) of a provider reference. The id never holds `::`, the URN may."""
    urn, _, id = reference.rpartition("::")
    return urn, id


def is_provider(type: str) -> bool:
    """Whether a type is that of a provider resource."""
    return type.startswith(PROVIDER_PREFIX)


def package_of(type: str) -> str:
    """The package of a type token: `kubernetes` of `kubernetes:apps/v1:Deployment` and of its provider's type."""
    if is_provider(type):
        return type.removeprefix(PROVIDER_PREFIX)
    return type.split(":", 1)[0]
