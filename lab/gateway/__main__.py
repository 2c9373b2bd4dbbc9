"""`python -m lab.gateway`: the program behind a gateway's image.

It stands in for the product that the image carries: the documents and the metrics are that product's, the requests go
through Traefik. It finds the lab through LAB_CONFIG and the product to speak like in LAB_DIALECT (default: apisix).
"""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

from lab.binaries import ensure
from lab.config import Config
from lab.gateway.apisix.dialect import Apisix
from lab.gateway.dialect import Dialect
from lab.gateway.gateway import Gateway
from lab.gateway.proxy import Ports, Traefik
from lab.node.kubernetes import Api

DIALECTS: dict[str, Dialect] = {"apisix": Apisix()}


def main() -> int:
    """Run until told to stop; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    spoken = os.environ.get("LAB_DIALECT", "apisix")
    if spoken not in DIALECTS:
        print(f"LAB_DIALECT is {spoken!r}; the gateway speaks {', '.join(DIALECTS)}", file=sys.stderr)
        return 2
    logging.info("This gateway is the lab's stand-in for %s; Traefik carries the requests", spoken)
    kubeconfig = Config.read(os.environ["LAB_CONFIG"]).kubeconfig
    program = shutil.which("traefik") or ensure(["traefik"])["traefik"]
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        traefik = Traefik(Path(program), Path(folder), Ports())
        return asyncio.run(_run(Gateway(DIALECTS[spoken], traefik), kubeconfig))


async def _run(gateway: Gateway, kubeconfig: Path) -> int:
    async with Api(kubeconfig) as api:
        return await gateway.run(api)


if __name__ == "__main__":
    sys.exit(main())
