"""The example `apisix`: the documents are applied with kubectl, Sluice only drives what it finds (adopted mode)."""

from __future__ import annotations

from examples.adopted import driver, initialise, platform, reject, set_image, wait_for
from examples.story import Story, laboratory

LAB = "example-apisix"
DOCUMENTS = ("apisix/podinfo.yaml", "apisix/podinfo-apisixroute.yaml", "apisix/podinfo-canary.yaml")


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story)
        with driver(story):
            initialise(story, *DOCUMENTS)
            story.heading("A new version, the article's way")
            set_image(story, "6.0.1")
            wait_for(story, "Succeeded")
            reject(story, LAB)
        story.run("sluice", "events", "podinfo", "-n", "test")
        story.run("kubectl", "get", "canaries", "--all-namespaces")
