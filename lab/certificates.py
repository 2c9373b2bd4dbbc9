"""The lab's own certificates, keys and tokens. They live in the lab's folder and die with it."""

import secrets
from ipaddress import ip_network
from pathlib import Path

from trustme import CA, LeafCert

from lab.config import Config

USERS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:metrics-server": "",
}
"""User -> group of everybody who has a token from the start."""

NO_GROUP = "sluice-lab"
"""Organisation of a certificate whose user is in no group that anybody binds a role to."""


def write_certificates(config: Config) -> dict[str, str]:
    """Fill the folder `config.ca`; returns the token of each user of `USERS`."""
    folder = config.ca
    folder.mkdir(mode=0o700)
    authority, front = CA(organization_name="sluice-lab"), CA(organization_name="sluice-lab-front-proxy")
    authority.cert_pem.write_to_path(folder / "ca.crt")
    front.cert_pem.write_to_path(folder / "front-proxy-ca.crt")
    _write(folder, "apiserver", authority.issue_cert(*_api_names(config), common_name="kube-apiserver"))
    user = f"system:node:{config.node_name}"
    _write(folder, "kubelet", authority.issue_cert(config.node_name, config.node_address, common_name=user))
    service = "metrics-server.kube-system.svc"
    _write(folder, "metrics-server", authority.issue_cert(service, common_name="metrics-server"))
    _write(
        folder,
        "apiserver-kubelet-client",
        _client(authority, "kube-apiserver-kubelet-client", "system:masters"),
    )
    _write(folder, "front-proxy-client", _client(front, "front-proxy-client"))
    # Any key serves to sign the tokens of service accounts.
    authority.issue_cert("service-account").private_key_pem.write_to_path(folder / "service-account.key")
    tokens = {user: secrets.token_urlsafe(24) for user in USERS}
    lines = (f'{token},{user},{user},"{USERS[user]}"\n' for user, token in tokens.items())
    (folder / "tokens.csv").write_text("".join(lines))
    return tokens


def _api_names(config: Config) -> list[str]:
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    first = str(ip_network(config.service_cidr)[1])
    return [*names, "kubernetes.default.svc.cluster.local", "127.0.0.1", config.bridge_address, first]


def _client(authority: CA, user: str, group: str = NO_GROUP) -> LeafCert:
    """Kubernetes reads the user from the common name and the group from the organisation.

    The user is an alternative name as well: a certificate without any is refused by Go.
    """
    return authority.issue_cert(user, common_name=user, organization_name=group)


def _write(folder: Path, stem: str, certificate: LeafCert) -> None:
    certificate.cert_chain_pems[0].write_to_path(folder / f"{stem}.crt")
    certificate.private_key_pem.write_to_path(folder / f"{stem}.key")
