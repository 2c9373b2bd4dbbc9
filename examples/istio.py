"""The example `istio`: the second article's release, in a mesh."""

from __future__ import annotations

import json

from examples.adopted import apply, define, platform, two_versions
from examples.story import Story, laboratory

LAB = "example-istio"
SETTINGS = json.dumps(
    {
        "releases": [],
        "platform": {
            "namespaces": ["test", "istio-system"],
            "gateway": None,
            "prometheus": {"name": "prometheus", "namespace": "istio-system", "scrape_interval": "1s"},
        },
    }
)


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story, SETTINGS)
        mesh(story)
        two_versions(
            story, LAB, "istio/podinfo.yaml", "istio/podinfo-canary.yaml", versions=("3.1.1", "3.1.2")
        )
        story.run("kubectl", "-n", "test", "get", "virtualservice", "podinfo", "-o", "jsonpath={.spec.http}")


def mesh(story: Story) -> None:
    story.heading("Istio")
    define(story, "istio")
    apply(story, "istio/istio.yaml")
    for deployment in ("istiod", "istio-ingressgateway"):
        # istiod is built when it is first wanted.
        waiting = ("rollout", "status", f"deployment/{deployment}", "--timeout=1200s")
        story.run("kubectl", "-n", "istio-system", *waiting)
    story.run("kubectl", "label", "namespace", "test", "istio-injection=enabled")
