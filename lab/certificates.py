"""The lab's own certificates, keys and tokens. They live in the lab's folder and die with it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.config import Config

USERS = {
    "admin": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:metrics-server": "",
}
"""User -> group of everybody who has a token from the start."""

VALID = timedelta(days=30)
SLACK = timedelta(days=1)  # the clock may be set back while a lab runs


@dataclass(frozen=True)
class Authority:
    """A certificate authority that signs for one purpose."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def write_certificates(config: Config) -> dict[str, str]:
    """Fill the folder `config.ca`; returns the token of each user of `USERS`."""
    folder = config.ca
    folder.mkdir(mode=0o700)
    authority = _authority(folder, "ca", "sluice-lab")
    front = _authority(folder, "front-proxy-ca", "sluice-lab-front-proxy")
    service_range = ip_network(config.service_cidr)
    api_names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    api_names += [
        "kubernetes.default.svc.cluster.local",
        "127.0.0.1",
        config.bridge_address,
        str(service_range[1]),
    ]
    _issue(folder, "apiserver", authority, "kube-apiserver", names=api_names)
    _issue(
        folder,
        "kubelet",
        authority,
        f"system:node:{config.node_name}",
        names=[config.node_name, config.node_address],
    )
    _issue(folder, "metrics-server", authority, "metrics-server", names=["metrics-server.kube-system.svc"])
    _issue(
        folder, "apiserver-kubelet-client", authority, "kube-apiserver-kubelet-client", group="system:masters"
    )
    _issue(folder, "front-proxy-client", front, "front-proxy-client")
    _write_key(folder / "service-account.key", ec.generate_private_key(ec.SECP256R1()))
    tokens = {user: secrets.token_urlsafe(24) for user in USERS}
    lines = (f'{token},{user},{user},"{USERS[user]}"\n' for user, token in tokens.items())
    (folder / "tokens.csv").write_text("".join(lines))
    return tokens


def _authority(folder: Path, stem: str, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    builder = (
        _builder(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    _write(folder, stem, certificate, key)
    return Authority(certificate, key)


def _issue(
    folder: Path, stem: str, authority: Authority, name: str, group: str = "", names: list[str] | None = None
) -> None:
    """A server's certificate where there are `names` (host names and addresses), a client's otherwise."""
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(_name(name, group), authority.certificate.subject, key.public_key()).add_extension(
        x509.ExtendedKeyUsage([purpose]), critical=False
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(n) for n in names]), critical=False
        )
    _write(folder, stem, builder.sign(authority.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + VALID)
    )


def _name(name: str, group: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, group), *parts] if group else parts)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(folder: Path, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(folder / f"{stem}.key", key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
