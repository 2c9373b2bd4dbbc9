"""The example `apisix`: the documents are applied with kubectl, Sluice only drives what it finds (adopted mode)."""

from __future__ import annotations

from examples.adopted import platform, two_versions
from examples.story import Story, laboratory

LAB = "example-apisix"
DOCUMENTS = ("apisix/podinfo.yaml", "apisix/podinfo-apisixroute.yaml", "apisix/podinfo-canary.yaml")


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story)
        two_versions(story, LAB, *DOCUMENTS)
        story.run("kubectl", "get", "canaries", "--all-namespaces")
