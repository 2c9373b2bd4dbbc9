"""The example `traefik`: a release over a TraefikService."""

from __future__ import annotations

from examples.adopted import BESIDE_TRAEFIK, apply, define, platform, two_versions
from examples.story import Story, laboratory

LAB = "example-traefik"


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story, BESIDE_TRAEFIK)
        story.heading("Traefik")
        define(story, "traefik")
        apply(story, "traefik/traefik.yaml")
        story.run("kubectl", "-n", "traefik", "rollout", "status", "deployment/traefik", "--timeout=120s")
        two_versions(story, LAB, "apisix/podinfo.yaml", "traefik/podinfo-canary.yaml")
        story.run("kubectl", "-n", "test", "get", "traefikservice", "podinfo", "-o", "jsonpath={.spec}")
