"""`make example NAME=…`: one example in the lab, from nothing to its end.

Ends with 0 when it ended as the example's README says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from examples import apisix_ab, apisix_by_kubectl, gateway_api, istio, nginx_argo, traefik
from examples.story import Unexpected

EXAMPLES: Mapping[str, Callable[[], None]] = {
    "apisix": apisix_by_kubectl.tell,
    "apisix-ab": apisix_ab.tell,
    "gateway-api": gateway_api.tell,
    "istio": istio.tell,
    "nginx-argo": nginx_argo.tell,
    "traefik": traefik.tell,
}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in EXAMPLES:
        print(
            f"there is no example {name!r}; known: {', '.join(EXAMPLES)} (make example NAME=apisix)",
            file=sys.stderr,
        )
        return 2
    try:
        EXAMPLES[name]()
    except Unexpected as unexpected:
        print(f"\nThe example did not end as its README says: {unexpected}", file=sys.stderr)
        return 1
    print(f"\nThe example {name} ended as its README says.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
