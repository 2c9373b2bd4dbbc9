"""`sluice rights`: what a driver may do in a cluster, as manifests."""

from __future__ import annotations

from typing import Any

import click
import yaml

from automation.driver.rights import rights

API = "rbac.authorization.k8s.io"


@click.command(short_help="The rights of a driver as manifests, for kubectl apply -f -.")
@click.option("-n", "--namespace", default="sluice", show_default=True, help="Of the ServiceAccount.")
@click.option("--name", default="sluice", show_default=True, help="Of all that is written.")
def rights_of_a_driver(namespace: str, name: str) -> None:
    """The rights that a driver needs, as a ServiceAccount with a ClusterRole: sluice rights | kubectl apply -f -."""
    click.echo(yaml.safe_dump_all(manifests(namespace, name), sort_keys=False), nl=False)


def manifests(namespace: str, name: str) -> list[dict[str, Any]]:
    """A ServiceAccount with all of a driver's rights in the whole cluster."""
    version, metadata = f"{API}/v1", {"name": name}
    account = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata | {"namespace": namespace}},
        {
            "apiVersion": version,
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [right.rule() for right in rights()],
        },
        {
            "apiVersion": version,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "subjects": [account],
            "roleRef": {"apiGroup": API, "kind": "ClusterRole", "name": name},
        },
    ]
