"""The example `apisix-ab`: chosen users meet a new version, and nobody else does."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from examples.adopted import driver, initialise, platform, reject, set_image, wait_for, wait_until
from examples.story import Story, Unexpected, laboratory

LAB = "example-apisix-ab"
DOCUMENTS = ("apisix/podinfo.yaml", "apisix/podinfo-apisixroute.yaml", "apisix-ab/podinfo-canary.yaml")
HEARD_SECONDS = 10
INSIDER = ("-H", "x-canary: insider")


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story)
        with driver(story):
            initialise(story, *DOCUMENTS)
            story.heading("A new version, for chosen users first")
            set_image(story, "6.0.1")
            wait_until(story, "iterations", 3)
            answered(story, "6.0.1", INSIDER)
            answered(story, "6.0.0")
            wait_for(story, "Succeeded")
            answered(story, "6.0.1")
            reject(story, LAB)
            answered(story, "6.0.1", INSIDER)
        story.run("sluice", "events", "podinfo", "-n", "test")


def answered(story: Story, version: str, options: Sequence[str] = ()) -> None:
    """Shows who answers a request, once the gateway has heard of the last change. Raises Unexpected where it is not
    this version."""
    shown = " ".join(f"'{option}'" if " " in option else option for option in options)
    story.say(f"$ curl -H 'Host: app.example.com' {shown} $SLUICE_GATEWAY/api/info | jq .version")
    deadline = time.monotonic() + HEARD_SECONDS
    while (found := _version(story, options)) != version and time.monotonic() < deadline:
        time.sleep(0.2)
    story.say(json.dumps(found))
    if found != version:
        raise Unexpected(f"{found} answered where the story says {version}")


def _version(story: Story, options: Sequence[str]) -> str:
    """Empty for an answer without one, such as that of a version which fails."""
    url = f"{story.environment['SLUICE_GATEWAY']}/api/info"
    body = story.ask("curl", "-s", "-H", "Host: app.example.com", *options, url)
    return str(json.loads(body).get("version", ""))
