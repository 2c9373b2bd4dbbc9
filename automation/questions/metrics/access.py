"""How a provider is reached: address, headers, credentials and whether its certificate is checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from automation.cluster.ports import Objects


@dataclass(frozen=True)
class Access:
    """`secret` holds the decoded keys of the provider's Secret, such as `token`, or `username` and `password`.
    `cluster` is the one that the driver works in."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    verify: bool = True
    region: str = ""
    cluster: Objects | None = field(default=None, repr=False)

    @property
    def bearer(self) -> dict[str, str]:
        """The headers of every request, the token among them."""
        token = {"Authorization": f"Bearer {self.secret['token']}"} if self.secret.get("token") else {}
        return {**self.headers, **token}

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password, where the Secret has no token."""
        if self.secret.get("token") or "username" not in self.secret:
            return None
        return self.secret["username"], self.secret.get("password", "")
