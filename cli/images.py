"""Setting the image of a target: through the stack's config where the stack declares the target, live otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automation.cluster.ports import Copies
from automation.core.kinds import CANARY, Kind, Manifest
from automation.core.spec import Canary
from automation.core.texts import released_no_more
from automation.core.transitions import LEAVING
from automation.errors import CanaryMissing, DocumentRefused, ImageRefused, NothingToDo
from cli.environment import Environment
from cli.found import standing_of
from documents.front import outline_of
from stacks import files
from workloads.registry import WORKLOADS, workload_of

CONFIG = "sluice:images"


@dataclass(frozen=True)
class Image:
    """An image for one container."""

    container: str
    image: str

    def __str__(self) -> str:
        return f"{self.container}={self.image}"


def parse_image(text: str) -> Image:
    """`CONTAINER=IMAGE`. Raises ImageRefused."""
    container, _, image = text.partition("=")
    if not container or not image or any(character.isspace() for character in text):
        raise ImageRefused(
            f"--image {text!r} doesn't say which container gets which image",
            "write CONTAINER=IMAGE, such as podinfod=stefanprodan/podinfo:6.0.1",
        )
    return Image(container, image)


def set_image(opened: Environment, key: tuple[str, str], wanted: Image, request: str) -> str:
    """Sets the image and says what was done. `request` is an id that tells this request from earlier ones.

    Raises NothingToDo for a retired Canary, whose target serves everybody; ImageRefused, listing the containers there
    are, and the errors of cluster and stack.
    """
    refuse_retired(opened, key)
    kind, target = target_of(opened, key)
    name = target["metadata"]["name"]
    refuse_unknown_container(kind, target, wanted)
    if opened.settings.release(*key).mode == "adopted":
        containers = [{"name": wanted.container, "image": wanted.image}]
        body = {"spec": {"template": {"spec": {"containers": containers}}}}
        opened.cluster.strategic_patch(kind, key[0], name, body)
        return f"{kind.kind.lower()} {name}.{key[0]}: {wanted}"
    stack = opened.stack_of(*key)
    program = opened.program(stack)
    images = json.loads(opened.stacks.config(stack, program).get(CONFIG) or "{}")
    images[f"{name}/{wanted.container}"] = {"image": wanted.image, "request": request}
    opened.stacks.set_config(stack, program, CONFIG, json.dumps(images))
    opened.stacks.update(stack, program, f"{key[1]}.{key[0]}: image {wanted}", opened.gate)
    return f"stack {stack}: {wanted}"


def refuse_retired(opened: Environment, key: tuple[str, str]) -> None:
    """Raises NothingToDo where a Canary releases nothing any more, and DocumentRefused as a driver does."""
    live = opened.cluster.get(CANARY, *key)
    if live is None or standing_of(live).phase not in LEAVING:
        return
    raise NothingToDo(released_no_more(opened.canary(live)))


def write_back(opened: Environment, canary: Canary, copies: Copies) -> str:
    """Copies images that somebody else set on a declared target into the stack's config.

    Otherwise the config would still ask for the old image. Returns what was written, "" for nothing.
    """
    release = opened.settings.release(canary.namespace, canary.name)
    if release.mode == "adopted":
        return ""
    target = copies.get(workload_of(canary).kind, canary.namespace, canary.target.name)
    if target is None:
        return ""
    stack = opened.stack_of(canary.namespace, canary.name)
    program = opened.program(stack)
    images = json.loads(opened.stacks.config(stack, program).get(CONFIG) or "{}")
    declared = images_of(files.read(release, files.PROJECT).target)
    changed = changed_images(canary.target.name, images_of(target), images, declared)
    if not changed:
        return ""
    opened.stacks.set_config(stack, program, CONFIG, json.dumps(images | changed))
    told = ", ".join(f"{key.partition('/')[2]}={entry['image']}" for key, entry in changed.items())
    return f"{told} was set outside of stack {stack}: written back to its config"


def changed_images(
    target: str, live: Mapping[str, str], configured: Mapping[str, Any], declared: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Config entries ("target/container") for live images that neither config nor document asks for.

    An entry keeps the id of its request: it is not a new request, but how the old one ended.
    """
    changed = {}
    for container, image in live.items():
        entry = configured.get(f"{target}/{container}")
        known = entry if isinstance(entry, dict) else {"image": entry or declared.get(container, "")}
        if known.get("image") != image:
            changed[f"{target}/{container}"] = {**known, "image": image}
    return changed


def images_of(deployment: Manifest) -> dict[str, str]:
    """Container -> image."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    return {container["name"]: container.get("image", "") for container in containers}


def target_of(opened: Environment, key: tuple[str, str]) -> tuple[Kind, Manifest]:
    """The live workload that a Canary is about, and its kind. Raises CanaryMissing, DocumentRefused or ImageRefused."""
    canary = opened.cluster.get(CANARY, *key)
    if canary is None:
        raise CanaryMissing(f"Canary {key[1]}.{key[0]} is not in the cluster")
    named = outline_of(canary, opened.settings.driver.provider).target
    if named is None or named.kind not in WORKLOADS:
        raise DocumentRefused(f"Canary {key[1]}.{key[0]} names no target that can be released")
    kind = WORKLOADS[named.kind].kind
    target = opened.cluster.get(kind, key[0], named.name)
    if target is None:
        raise ImageRefused(f"{kind.kind} {named.name}.{key[0]} is not in the cluster", "apply it first")
    return kind, target


def refuse_unknown_container(kind: Kind, target: Manifest, wanted: Image) -> None:
    known = [container["name"] for container in target["spec"]["template"]["spec"]["containers"]]
    if wanted.container not in known:
        raise ImageRefused(
            f"{kind.kind} {target['metadata']['name']} has no container {wanted.container!r}",
            f"its containers: {', '.join(known)}",
        )
