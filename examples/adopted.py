"""The pieces of examples in adopted mode: kubectl brings the documents, Sluice only drives what it finds."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from examples.story import PROJECT, SLUICE, Story

NOTHING_DECLARED = '{"releases": [], "platform": {"prometheus": {"scrape_interval": "1s"}}}'

BESIDE_TRAEFIK = json.dumps(
    {
        "releases": [],
        "platform": {
            "namespaces": ["test", "traefik"],
            "gateway": None,
            "prometheus": {"namespace": "monitoring", "scrape_interval": "1s"},
        },
    }
)
"""Settings of a platform whose gateway is somebody else's Traefik."""

BROKEN = "6.0.2"
"""The version that is made to fail, unless a story says another."""


def platform(story: Story, settings: str = NOTHING_DECLARED) -> None:
    story.heading("What releases stand on; no release is declared")
    for stack in ("dev", "dev.test.podinfo"):
        story.run("sluice", "pulumi", "stack", "select", "--create", stack)
        story.run("sluice", "pulumi", "config", "set", "sluice:settings", settings, "--stack", stack)
    story.run("sluice", "pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")


def apply(story: Story, *documents: str) -> None:
    """Applies files of the folder `examples`."""
    for document in documents:
        path = f"examples/{document}"
        story.run("kubectl", "apply", "-f", str(PROJECT / path), shown=f"kubectl apply -f {path}")


def define(story: Story, name: str) -> None:
    """Applies the definitions of a gateway's kinds."""
    kinds = story.folder / f"{name}.yaml"
    kinds.write_text(story.ask("sluice", "lab", "crds", name))
    # Definitions are larger than the annotation that a plain apply would keep them in.
    applied = ("kubectl", "apply", "--server-side", "-f")
    story.run(*applied, str(kinds), shown=f"sluice lab crds {name} | kubectl apply --server-side -f -")


def initialise(story: Story, *documents: str) -> None:
    """Applies an application and its Canary, at a quicker pace than the document's, and waits until it is driven."""
    story.heading("The application and its Canary, with kubectl")
    apply(story, *documents)
    shorter = '{"spec": {"analysis": {"interval": "2s"}}}'
    story.run("kubectl", "-n", "test", "patch", "canary", "podinfo", "--type=merge", "-p", shorter)
    wait_for(story, "Initialized")


def two_versions(
    story: Story, lab: str, *documents: str, versions: tuple[str, str] = ("6.0.1", BROKEN)
) -> None:
    """Applies an application and its Canary, and releases a version that is promoted and one that is rolled back."""
    good, broken = versions
    with driver(story):
        initialise(story, *documents)
        story.heading("A new version")
        set_image(story, good)
        wait_for(story, "Succeeded")
        reject(story, lab, broken)
    story.run("sluice", "events", "podinfo", "-n", "test")


def reject(story: Story, lab: str, version: str = BROKEN) -> None:
    """Releases a version whose pods answer with errors, until it is rolled back."""
    story.heading("A version that answers with errors")
    story.run("sluice", "lab", "fault", "--name", lab, f"podinfo:{version}", "--error-rate", "1.0")
    set_image(story, version)
    wait_for(story, "Failed")


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
