"""kubectl as a person uses it, in one namespace of one lab."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Kubectl:
    """Calls return what kubectl prints; a failing call raises `AssertionError` with what it said."""

    kubeconfig: Path
    namespace: str

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            self.command(*arguments), input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def command(self, *arguments: str) -> list[str]:
        """The command line, for callers that start it themselves."""
        return ["kubectl", f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}", *arguments]

    def apply(self, *documents: dict[str, Any]) -> None:
        """Applies documents."""
        listed = {"apiVersion": "v1", "kind": "List", "items": documents}
        self("apply", "-f", "-", stdin=json.dumps(listed))

    def get(self, *arguments: str) -> Any:
        """What `kubectl get … -o json` says."""
        return json.loads(self("get", *arguments, "-o", "json"))

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reason and message of every event about the object `name`."""
        found = self.get("events", f"--field-selector=involvedObject.name={name}")["items"]
        return [(event["reason"], event["message"]) for event in found]


def in_namespace(kubeconfig: Path, test: str) -> Kubectl:
    """A kubectl for a namespace of the test's own, which is made."""
    name = f"{test.removeprefix('test_').replace('_', '-')[:50]}-{os.urandom(2).hex()}"
    kubectl = Kubectl(kubeconfig, name)
    kubectl("create", "namespace", name)
    return kubectl
