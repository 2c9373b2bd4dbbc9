"""`make demo`: from nothing to a promotion and a rollback, on a real API server with real traffic.

Everything that happens is a command that anybody may type; each is shown before it runs. KEEP=1 leaves the lab up.
INTERVAL=10s takes the article's pace instead of the dev environment's.
"""

from __future__ import annotations

import os
import sys
import time

from examples.story import Story, Unexpected, laboratory
from lab.traffic import Count, Traffic

LAB = "demo"
HOST = "app.example.com"
RATE = 20.0
"""Requests a second of the users outside."""

PROMOTED, ROLLED_BACK = 0, 20


def main() -> int:
    story = Story()
    begun = time.monotonic()
    try:
        with laboratory(story, LAB):
            outcome = tell(story)
            story.heading("Look around")
            look_around(story, kept=bool(os.environ.get("KEEP")))
    except Unexpected as unexpected:
        print(f"\nThe demo did not end as it should: {unexpected}", file=sys.stderr)
        return 1
    print(f"\n{outcome} in {time.monotonic() - begun:.0f} s.")
    return 0


def tell(story: Story) -> str:
    bring_up(story)
    promoted = release(story, "6.0.1", PROMOTED)
    story.heading("6.0.2 answers every request with an error")
    story.run("sluice", "lab", "fault", "--name", LAB, "podinfo:6.0.2", "--error-rate", "1.0")
    rolled_back = release(story, "6.0.2", ROLLED_BACK)
    report(story, promoted, rolled_back)
    return "One release promoted, one rolled back"


def bring_up(story: Story) -> None:
    story.heading("Both stacks, with podinfo 6.0.0")
    for stack in ("dev", "dev.test.podinfo"):
        story.run("sluice", "pulumi", "stack", "select", "--create", stack)
        story.run(
            "sluice",
            "pulumi",
            "config",
            "set",
            "--path",
            "sluice:settings.driver.policies",
            "true",
            "--stack",
            stack,
        )
        if interval := os.environ.get("INTERVAL"):
            story.run("sluice", "pulumi", "config", "set", "sluice:interval", interval, "--stack", stack)
        story.run("sluice", "pulumi", "up", "--yes", "--skip-preview", "--stack", stack)
    story.run("sluice", "release", "podinfo", "--env", "dev")


def release(story: Story, version: str, expected: int) -> Count:
    """Releases a version under the users' traffic and returns what became of their requests."""
    story.heading(f"Release {version}")
    gateway = story.environment["SLUICE_GATEWAY"]
    with Traffic(f"{gateway}/api/info", HOST, RATE, seconds=600) as users:
        image = f"podinfod=stefanprodan/podinfo:{version}"
        story.run("sluice", "release", "podinfo", "--env", "dev", "--image", image, expect=(expected,))
    return users.total


def report(story: Story, promoted: Count, rolled_back: Count) -> None:
    story.heading("The table")
    story.run("sluice", "status")
    story.run("kubectl", "get", "canaries", "--all-namespaces")
    story.heading("The history")
    story.run("sluice", "history", "podinfo", "--env", "dev")
    story.heading("The users outside the cluster")
    for name, count in (("6.0.1, promoted", promoted), ("6.0.2, rolled back", rolled_back)):
        share = 100 * count.failed / count.sent if count.sent else 0.0
        story.say(f"  {name:<20} {count.sent:>6} requests, {count.failed:>5} failed ({share:.1f} %)")


def look_around(story: Story, *, kept: bool) -> None:
    if not kept:
        story.say("  make demo KEEP=1 leaves the lab up.")
        return
    for name in ("KUBECONFIG", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_HOME"):
        story.say(f"  export {name}='{story.environment[name]}'")
    story.say(f"  cd {story.folder}")
    story.say("  kubectl -n test describe canary podinfo")
    story.say("  kubectl -n test get apisixroute podinfo-podinfo-canary -o yaml")
    story.say(
        "  .venv/bin/sluice events podinfo; .venv/bin/sluice pulumi stack output --stack dev.test.podinfo"
    )
    story.say(f"  curl -H 'Host: {HOST}' {story.environment['SLUICE_GATEWAY']}/")
    story.say(f"  clean up: .venv/bin/sluice lab down --name {LAB}")


if __name__ == "__main__":
    sys.exit(main())
