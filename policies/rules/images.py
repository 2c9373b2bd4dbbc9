"""Images are pinned: what was tested is what runs, also when a pod starts a month later."""

from __future__ import annotations

from collections.abc import Iterator

from policies.pods import all_containers
from policies.rule import Finding, Rule, Subject
from policies.tokens import WORKLOADS


def _unpinned(subject: Subject) -> Iterator[Finding]:
    for container in all_containers(subject.type, subject.manifest):
        image = str(container.get("image") or "")
        if "@sha256:" in image:
            continue
        tag = image.rsplit("/", 1)[-1].partition(":")[2]
        if tag in ("", "latest"):
            shown = image or "none"
            yield Finding(
                f"container {container.get('name')} of {subject.name} runs image {shown}, which can change at any time",
                "name a version tag or a digest (image@sha256:…)",
            )


PINNED = Rule(
    name="images-pinned",
    description="Images carry a version tag or a digest.",
    types=WORKLOADS,
    check=_unpinned,
)
