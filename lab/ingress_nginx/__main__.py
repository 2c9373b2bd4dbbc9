"""`python -m lab.ingress_nginx`: the program behind the image of ingress-nginx's controller.

The requests go through a real nginx. The controller is a stand-in: ingress-nginx's own needs nginx with Lua, and writes
the choice of a canary in that language. It finds the lab through LAB_CONFIG, and takes the image's flags.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from trustme import CA

from lab.config import Config
from lab.ingress_nginx.configuration import OWN
from lab.ingress_nginx.controller import Controller, Settings
from lab.ingress_nginx.model import Certificate
from lab.ingress_nginx.server import Nginx
from lab.node.kubernetes import Api

PROGRAM = Path("/usr/local/bin/nginx")  # where the table of images puts it


def settings(argv: Sequence[str]) -> Settings:
    """What the flags say that mean something here; the others are the controller's own affair."""
    parser = argparse.ArgumentParser("nginx-ingress-controller", allow_abbrev=False)
    parser.add_argument("--ingress-class", default="nginx")
    for flag, port in (("--http-port", 80), ("--https-port", 443), ("--healthz-port", 10254)):
        parser.add_argument(flag, type=int, default=port)
    said = parser.parse_known_args(argv)[0]
    return Settings(said.ingress_class, said.http_port, said.https_port, said.healthz_port)


def main() -> int:
    """Run until told to stop; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.info(
        "This controller is the lab's stand-in for ingress-nginx's; nginx itself carries the requests"
    )
    kubeconfig = Config.read(os.environ["LAB_CONFIG"]).kubeconfig
    labels = (
        ("controller_class", "k8s.io/ingress-nginx"),
        ("controller_namespace", os.environ.get("POD_NAMESPACE", "")),
        ("controller_pod", os.environ.get("POD_NAME", "")),
    )
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        nginx = Nginx(PROGRAM, Path(folder))
        nginx.keep({OWN: _own_certificate()})
        return asyncio.run(_run(Controller(settings(sys.argv[1:]), nginx, labels), kubeconfig))


def _own_certificate() -> Certificate:
    """What is shown where no Secret has a certificate; nobody trusts it."""
    issued = CA(organization_name="lab").issue_cert("ingress.local")
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    return Certificate(chain, issued.private_key_pem.bytes())


async def _run(controller: Controller, kubeconfig: Path) -> int:
    async with Api(kubeconfig) as api:
        return await controller.run(api)


if __name__ == "__main__":
    sys.exit(main())
