"""The gateway's figures: how soon a weight is in force, how true a split is, how much the gateway carries.

Each function wants a `Site` and gives one number; none takes longer than 20 seconds.
"""

import re
import statistics
import subprocess
import time
from collections import Counter

from bench.site import HOST, VERSIONS, Site, version
from lab.binaries import ensure

CHANGES = 40
REQUESTS = 5000
LOAD_SECONDS = 8
CONNECTIONS = 32


def weight_in_force_ms_p95(site: Site) -> float:
    """Milliseconds from the API server's answer to the first request that goes by the new weight, 95th percentile."""
    connection = site.connect()
    waits = []
    for number in range(CHANGES):
        name = "canary" if number % 2 == 0 else "primary"
        site.split(*((0, 100) if name == "canary" else (100, 0)))
        taken = time.perf_counter()
        while version(connection) != VERSIONS[name]:
            time.sleep(0.002)
        waits.append((time.perf_counter() - taken) * 1000)
    connection.close()
    return statistics.quantiles(waits, n=20)[-1]


def split_error_points(site: Site, canary: int = 20) -> float:
    """How far the measured share of the canary is from the declared one, in points, over 5,000 requests."""
    connection = site.connect()
    site.split(100 - canary, canary)
    while version(connection) != VERSIONS["canary"]:
        time.sleep(0.002)
    answers = Counter(version(connection) for _ in range(REQUESTS))
    connection.close()
    return abs(100 * answers[VERSIONS["canary"]] / REQUESTS - canary)


def gateway_rps(site: Site) -> float:
    """Requests a second that the gateway carries from inside the lab, all of them answered with success.

    Raises `RuntimeError` if some were not.
    """
    url = f"http://gateway.{site.namespace}/version"
    load = [str(ensure(["hey"])["hey"]), "-z", f"{LOAD_SECONDS}s", "-c", str(CONNECTIONS), "-host", HOST, url]
    report = site.lab.exec(load, stdout=subprocess.PIPE, text=True, check=True).stdout
    codes = re.findall(r"^\s+\[(\d+)\]\s+\d+ responses", report, re.MULTILINE)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if codes != ["200"] or "Error distribution" in report or rate is None:
        raise RuntimeError(f"some requests failed:\n{report}")
    return float(rate[1])
