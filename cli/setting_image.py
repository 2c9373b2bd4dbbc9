"""`sluice set image`: gives a container of a Rollout another image, which its driver releases."""

from __future__ import annotations

import click

from automation.cluster.ports import Objects
from automation.core.kinds import ROLLOUT, Manifest
from automation.errors import ImageRefused
from cli.found import full_name, rollout_of
from cli.images import Image, parse_image, refuse_unknown_container
from cli.options import Where, namespace, where


@click.group("set", short_help="Set an image of a Rollout.")
def setting() -> None:
    """Set something of a Rollout."""


@setting.command(short_help="Give a container of a Rollout another image.")
@click.argument("name")
@click.argument("images", nargs=-1, required=True, metavar="CONTAINER=IMAGE…")
@namespace
@where
def image(name: str, images: tuple[str, ...], namespace: str | None, where: Where) -> None:
    """Give containers of a Rollout other images. `*=IMAGE` is for all of them."""
    cluster = where.cluster()
    live = rollout_of(cluster, name, namespace)
    set_images(cluster, live, [parse_image(text) for text in images])
    click.echo(f'rollout "{full_name(live)}" image updated')


def set_images(cluster: Objects, live: Manifest, images: list[Image]) -> None:
    """Writes the images. Raises ImageRefused for a container that isn't there, and Conflict where the Rollout has
    changed meanwhile."""
    template = (live.get("spec") or {}).get("template")
    if not template:
        raise ImageRefused(
            f"Rollout {full_name(live)} has no pod template of its own",
            "set the image of what spec.workloadRef names",
        )
    for one in images:
        if one.container != "*":
            refuse_unknown_container(ROLLOUT, live, one)
    wanted = {one.container: one.image for one in images}
    containers = [
        {**container, "image": wanted.get(container["name"], wanted.get("*", container.get("image")))}
        for container in template["spec"]["containers"]
    ]
    body = {
        "metadata": {"resourceVersion": live["metadata"]["resourceVersion"]},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    cluster.patch(ROLLOUT, live["metadata"]["namespace"], live["metadata"]["name"], body)
