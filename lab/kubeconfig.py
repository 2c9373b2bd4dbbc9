"""Kubeconfig files of a lab's users."""

import base64
import json
from pathlib import Path

from lab.config import Config


def write_kubeconfig(path: Path, config: Config, server: str, user: str, token: str) -> None:
    """Write a kubeconfig for `user`; JSON, which every reader of kubeconfigs takes for YAML."""
    authority = base64.b64encode((config.ca / "ca.crt").read_bytes()).decode()
    name = f"sluice-{config.name}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": f"{name}-{user}", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-{user}"}}],
        "current-context": name,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))


def write_kubeconfigs(config: Config, tokens: dict[str, str], outside: str) -> None:
    """One for the machine outside (through the address `outside`), one for inside, one for each component."""
    inside = f"https://{config.bridge_address}:{config.api_port}"
    write_kubeconfig(config.host_kubeconfig, config, f"https://{outside}", "admin", tokens["admin"])
    write_kubeconfig(config.kubeconfig, config, inside, "admin", tokens["admin"])
    for user, token in tokens.items():
        if user.startswith("system:"):
            write_kubeconfig(component_kubeconfig(config, user), config, inside, user, token)


def component_kubeconfig(config: Config, user: str) -> Path:
    """Where the kubeconfig of the component that logs in as `user` is."""
    return config.ca / f"{user.removeprefix('system:')}.kubeconfig"
