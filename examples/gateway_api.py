"""The example `gateway-api`: a release over an HTTPRoute that Traefik serves."""

from __future__ import annotations

import json

from examples.adopted import apply, driver, initialise, platform, reject, set_image, wait_for
from examples.story import Story, laboratory

LAB = "example-gateway-api"
SETTINGS = {
    "releases": [],
    "platform": {
        "namespaces": ["test", "traefik"],
        "gateway": None,
        "prometheus": {"namespace": "monitoring", "scrape_interval": "1s"},
    },
}


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story, json.dumps(SETTINGS))
        gateway(story)
        with driver(story):
            initialise(story, "apisix/podinfo.yaml", "gateway-api/podinfo-canary.yaml")
            story.heading("A new version")
            set_image(story, "6.0.1")
            wait_for(story, "Succeeded")
            reject(story, LAB)
        story.run("sluice", "events", "podinfo", "-n", "test")
        story.run("kubectl", "-n", "test", "get", "httproute", "podinfo", "-o", "jsonpath={.spec.rules}")


def gateway(story: Story) -> None:
    story.heading("Gateway API and Traefik")
    kinds = story.folder / "gateway-api.yaml"
    kinds.write_text(story.ask("sluice", "lab", "crds", "gateway-api"))
    # Definitions are larger than the annotation that a plain apply would keep them in.
    applied = ("kubectl", "apply", "--server-side", "-f")
    story.run(*applied, str(kinds), shown="sluice lab crds gateway-api | kubectl apply --server-side -f -")
    apply(story, "gateway-api/gateway.yaml")
    ready = ("wait", "gateway/public", "--for=condition=Programmed", "--timeout=120s")
    story.run("kubectl", "-n", "traefik", *ready)
