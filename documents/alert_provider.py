"""AlertProvider documents: who is told of alerts, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.core.kinds import ALERT_PROVIDER
from automation.core.names import LABEL
from automation.core.refusal import Problem, Refused
from documents.section import WEB, Section, is_reachable

EMAIL = "email"
TYPES = ("slack", "msteams", "discord", "rocket", "gchat", "alertmanager", "webhook", EMAIL)
"""Flagger's five, and ours."""
_MAIL = ("smtp", "smtps")


@dataclass(frozen=True)
class AlertProvider:
    """`address` is where it listens, unless the Secret `secret` of its namespace holds that. `channel` and `username`
    are for those that know them: whom it tells, and as who. `proxy` is the address of one that leads there."""

    name: str
    namespace: str
    type: str
    address: str = ""
    secret: str = ""
    channel: str = "general"
    username: str = "flagger"
    proxy: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.namespace}"


def parse(document: Mapping[str, Any]) -> AlertProvider:
    """Read an AlertProvider. Raises Refused with every problem at once."""
    provider, problems = read(document)
    if problems:
        raise Refused(problems)
    return provider


def read(document: Mapping[str, Any]) -> tuple[AlertProvider, tuple[Problem, ...]]:
    """What can be read of an AlertProvider, and what is wrong with the rest."""
    problems: list[Problem] = []
    root = Section(document, "", problems, ALERT_PROVIDER.kind)
    root.text("apiVersion", ALERT_PROVIDER.api_version, choices=(ALERT_PROVIDER.api_version,))
    root.text("kind")
    root.allow("status")
    metadata, spec = root.section("metadata"), root.section("spec")
    root.close()
    reference = spec.section("secretRef")
    kind = spec.text("type", required=True, choices=TYPES)
    provider = AlertProvider(
        name=metadata.named("name", required=True),
        namespace=metadata.named("namespace", LABEL) or "default",
        type=kind,
        address=_mailed(spec) if kind == EMAIL else spec.address("address"),
        secret=reference.named("name", required="secretRef" in spec),
        channel=spec.text("channel") or AlertProvider.channel,
        username=spec.text("username") or AlertProvider.username,
        proxy=spec.address("proxy"),
    )
    reference.close()
    spec.close()
    _refuse_unreachable(spec, provider)
    return provider, tuple(problems)


def _mailed(spec: Section) -> str:
    """The address of a server that takes mail."""
    address = spec.text("address")
    if address and not is_address(EMAIL, address):
        spec.refuse(
            "address",
            "is not that of a mail server",
            "write smtp://HOST:PORT, or smtps:// where TLS begins at once",
        )
    return address


def is_address(kind: str, address: str) -> bool:
    """Whether an AlertProvider of this type can be told there."""
    return is_reachable(address, _MAIL if kind == EMAIL else WEB)


def _refuse_unreachable(spec: Section, provider: AlertProvider) -> None:
    if provider.address and provider.secret:
        spec.refuse(
            "secretRef", "stands beside an address", "keep one of them: the Secret has its own address"
        )
    if "address" not in spec and "secretRef" not in spec:
        spec.refuse("address", "is missing", "set it, or name a Secret that has it under the key address")
    if provider.type == EMAIL and provider.proxy:
        spec.refuse("proxy", "leads no mail", "take it away")
    if provider.type != EMAIL:
        return
    for field in ("channel", "username"):
        if "@" not in spec.text(field):
            whom = "the recipients, separated by commas" if field == "channel" else "the sender"
            spec.refuse(field, "holds no address of mail", f"write {whom}, such as release@example.com")
