"""The example `gateway-api`: a release over an HTTPRoute that Traefik serves."""

from __future__ import annotations

from examples.adopted import BESIDE_TRAEFIK, apply, define, platform, two_versions
from examples.story import Story, laboratory

LAB = "example-gateway-api"


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story, BESIDE_TRAEFIK)
        gateway(story)
        two_versions(story, LAB, "apisix/podinfo.yaml", "gateway-api/podinfo-canary.yaml")
        story.run("kubectl", "-n", "test", "get", "httproute", "podinfo", "-o", "jsonpath={.spec.rules}")


def gateway(story: Story) -> None:
    story.heading("Gateway API and Traefik")
    define(story, "gateway-api")
    apply(story, "gateway-api/gateway.yaml")
    ready = ("wait", "gateway/public", "--for=condition=Programmed", "--timeout=120s")
    story.run("kubectl", "-n", "traefik", *ready)
