"""The example `apisix`: the documents are applied with kubectl, Sluice only drives what it finds (adopted mode)."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from examples.story import PROJECT, SLUICE, Story, laboratory

LAB = "example-apisix"
NOTHING_DECLARED = '{"releases": [], "platform": {"prometheus": {"scrape_interval": "1s"}}}'


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story)
        with driver(story):
            apply(story)
            story.heading("A new version, the article's way")
            set_image(story, "6.0.1")
            wait_for(story, "Succeeded")
            story.heading("A version that answers with errors")
            story.run("sluice", "lab", "fault", "--name", LAB, "podinfo:6.0.2", "--error-rate", "1.0")
            set_image(story, "6.0.2")
            wait_for(story, "Failed")
        story.run("sluice", "events", "podinfo", "-n", "test")
        story.run("kubectl", "get", "canaries", "--all-namespaces")


def platform(story: Story, settings: str = NOTHING_DECLARED) -> None:
    story.heading("What releases stand on; no release is declared")
    for stack in ("dev", "dev.test.podinfo"):
        story.run("sluice", "pulumi", "stack", "select", "--create", stack)
        story.run("sluice", "pulumi", "config", "set", "sluice:settings", settings, "--stack", stack)
    story.run("sluice", "pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")


def apply(story: Story, canary: str = "apisix/podinfo-canary.yaml") -> None:
    story.heading("The application and its Canary, with kubectl")
    for document in ("apisix/podinfo.yaml", "apisix/podinfo-apisixroute.yaml", canary):
        path = f"examples/{document}"
        story.run("kubectl", "apply", "-f", str(PROJECT / path), shown=f"kubectl apply -f {path}")
    shorter = '{"spec": {"analysis": {"interval": "2s"}}}'
    story.run("kubectl", "-n", "test", "patch", "canary", "podinfo", "--type=merge", "-p", shorter)
    wait_for(story, "Initialized")


def set_image(story: Story, version: str) -> None:
    image = f"podinfod=stefanprodan/podinfo:{version}"
    story.run("kubectl", "-n", "test", "set", "image", "deployment/podinfo", image)


def wait_for(story: Story, phase: str) -> None:
    wait_until(story, "phase", phase)


def wait_until(story: Story, field: str, value: object) -> None:
    """Until a field of the Canary's status has this value."""
    story.run(
        "kubectl",
        "-n",
        "test",
        "wait",
        "canary/podinfo",
        f"--for=jsonpath={{.status.{field}}}={value}",
        "--timeout=180s",
    )


@contextmanager
def driver(story: Story) -> Iterator[None]:
    """`sluice run` beside the story, as a controller would run; it ends with the story."""
    story.say("$ sluice run --env dev &")
    process = subprocess.Popen(
        [str(SLUICE), "run", "--env", "dev", "-o", "text"], cwd=story.folder, env=story.environment
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
