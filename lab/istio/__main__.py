"""`python -m lab.istio`: the program behind the image of Istio's proxy.

The Envoy is real and takes its settings from a real istiod. The agent beside it is a stand-in for Istio's pilot-agent:
no certificates, and measurements that it makes of Envoy's own counts, because a plain Envoy lacks Istio's filters.
"""

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path

from lab.istio.agent import Agent
from lab.istio.proxy import proxy

PROGRAM = Path("/usr/local/bin/envoy")  # where the table of images puts it
LABELS = Path("/etc/istio/pod/labels")


def main() -> int:
    """Run until told to stop; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    if sys.argv[1:2] != ["proxy"] or sys.argv[2:3] not in (["sidecar"], ["router"]):
        print(
            "usage: pilot-agent proxy sidecar|router; the lab plays no other command of it", file=sys.stderr
        )
        return 2
    logging.info("This agent is the lab's stand-in for pilot-agent; Envoy itself carries the requests")
    labels = LABELS.read_text() if LABELS.exists() else ""
    with tempfile.TemporaryDirectory(prefix="istio-") as folder:
        return asyncio.run(Agent(proxy(sys.argv[1:], os.environ, labels), PROGRAM, Path(folder)).run())


if __name__ == "__main__":
    sys.exit(main())
