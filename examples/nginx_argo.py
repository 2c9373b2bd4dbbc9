"""The example `nginx-argo`: a Rollout of Argo behind nginx, released from its own documents."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trustme import CA

from examples.adopted import apply, driver
from examples.story import PROJECT, Story, Unexpected, laboratory
from lab.traffic import Traffic

LAB = "example-nginx-argo"
DEMO = "nginx-argo/canary-demo"
HOST = "progressive-auto-in-k8s.cheverjohn.me"
SETTINGS = {
    "releases": [],
    "platform": {
        "namespaces": ["default"],
        "rollouts": True,
        "gateway": None,
        "prometheus": {
            "name": "kps-prometheus",
            "namespace": "default",
            "scrape_interval": "1s",
            "service_monitors": [str(PROJECT / "examples/nginx-argo/servicemonitor.yaml")],
        },
    },
}


def tell() -> None:
    story = Story()
    with laboratory(story, LAB):
        platform(story)
        authority = demo(story)
        with driver(story):
            wait_for(story, "Healthy")
            with users(story, authority) as traffic:
                story.heading("Green")
                set_colour(story, "green")
                wait_for(story, "Paused")
                wait_for(story, "Healthy")
                unharmed(story, traffic)
                story.heading("Yellow, which answers with errors")
                fault = ("rollouts-demo:yellow", "--error-rate", "1.0")
                story.run("sluice", "lab", "fault", "--name", LAB, *fault)
                set_colour(story, "yellow")
                wait_for(story, "Degraded")
        story.run("kubectl", "get", "rollout,replicaset,ingress", "-o", "wide")
        story.say(
            f"  {traffic.total.sent} requests of users, {traffic.total.failed} failed, all of them yellow's"
        )


def unharmed(story: Story, traffic: Traffic) -> None:
    """No request of the users has failed so far."""
    story.say(f"  {traffic.total.sent} requests of users, {traffic.total.failed} failed")
    if traffic.total.failed:
        raise Unexpected("users lost requests to a version that works")


def platform(story: Story) -> None:
    """Rollouts have no stack of their own to be selected first: the driver makes it."""
    story.heading("What releases stand on: Argo's kinds, Prometheus with the ServiceMonitor, and nginx")
    story.run("sluice", "pulumi", "stack", "select", "--create", "dev")
    story.run("sluice", "pulumi", "config", "set", "sluice:settings", json.dumps(SETTINGS), "--stack", "dev")
    story.run("sluice", "pulumi", "up", "--yes", "--skip-preview", "--stack", "dev")
    apply(story, "nginx-argo/ingress-nginx.yaml")
    deployment = "deployment/ingress-nginx-controller"
    story.run("kubectl", "-n", "ingress-nginx", "rollout", "status", deployment, "--timeout=120s")


def demo(story: Story) -> CA:
    """The article's documents, at a quicker pace, with a certificate whose authority is returned."""
    story.heading("The Rollout, its template, Services, certificate and Ingress, with kubectl")
    authority = CA()
    secret(story, authority)
    apply(story, f"{DEMO}-services.yaml", f"{DEMO}-ingress.yaml")
    quicker(story)
    return authority


def secret(story: Story, authority: CA) -> None:
    issued = authority.issue_cert(HOST)
    chain, key = story.folder / "tls.crt", story.folder / "tls.key"
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    named = "progressive-auto-in-k8s-tls"
    story.run("kubectl", "create", "secret", "tls", named, f"--cert={chain}", f"--key={key}")


def quicker(story: Story) -> None:
    """Pauses of 6 s for the article's 2 minutes, and measurements each 2 s over 10 s for its 10 s over 60 s."""
    for name, words in {
        f"{DEMO}-rollout.yaml": {"duration: 2m": "duration: 6s"},
        "nginx-argo/success-rate.yaml": {"interval: 10s": "interval: 2s", "[60s]": "[10s]"},
    }.items():
        text = (PROJECT / "examples" / name).read_text()
        for word, other in words.items():
            text = text.replace(word, other)
        path = story.folder / Path(name).name
        path.write_text(text)
        story.run("kubectl", "apply", "-f", str(path), shown=f"kubectl apply -f examples/{name}  # quicker")


def set_colour(story: Story, colour: str) -> None:
    image = f"canary-demo=argoproj/rollouts-demo:{colour}"
    story.run("sluice", "set", "image", "canary-demo", image)


def wait_for(story: Story, phase: str) -> None:
    wanted = f"--for=jsonpath={{.status.phase}}={phase}"
    story.run("kubectl", "wait", "rollout/canary-demo", wanted, "--timeout=180s")


@contextmanager
def users(story: Story, authority: CA) -> Iterator[Traffic]:
    """Somebody asks for the page's squares over TLS all the while."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    address = story.ask(
        "sluice", "lab", "forward", "ingress-nginx-controller.ingress-nginx", "--port", "443", "--name", LAB
    ).strip()
    with Traffic(f"https://{address}/color", HOST, rate=20, trust=trust) as traffic:
        yield traffic
