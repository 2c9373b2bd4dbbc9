"""LoadTester: where hooks send their commands and from where test traffic comes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components import objects
from components.backend import Backend, Resources, port, probe


@dataclass(frozen=True)
class LoadTesterArgs:
    """`namespace` must exist. The image answers on 8080, the Service on 80."""

    namespace: str
    image: str
    resources: Resources
    name: str = "flagger-loadtester"


class LoadTester(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """The load tester under the name that Canary documents address: `http://flagger-loadtester.<namespace>/`."""

    url: pulumi.Output[str]
    """In-cluster address."""

    def __init__(self, name: str, args: LoadTesterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:LoadTester", name, None, opts)
        here = pulumi.ResourceOptions(parent=self)
        workload = _workload(args)
        objects.register(workload.deployment(), here)
        objects.register(
            workload.service(args.name, [{"name": "http", "port": 80, "targetPort": "http"}]), here
        )
        self.url = pulumi.Output.from_input(f"http://{args.name}.{args.namespace}/")
        self.register_outputs({"url": self.url})


def _workload(args: LoadTesterArgs) -> Backend:
    container = {
        "name": "loadtester",
        "image": args.image,
        "ports": [port("http", 8080)],
        "command": ["./loadtester", "-port=8080", "-log-level=info", "-timeout=1h"],
        "livenessProbe": probe("/healthz", "http"),
        "readinessProbe": probe("/healthz", "http"),
        "resources": args.resources.manifest(),
    }
    return Backend(args.name, args.namespace, [container])
