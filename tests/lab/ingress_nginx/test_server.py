"""The configuration in force: a real nginx on free ports, two real backends, and what is answered and measured."""

import asyncio
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from trustme import CA

from lab.binaries import ensure
from lab.gateway.model import Node
from lab.ingress_nginx.access_log import AccessLog
from lab.ingress_nginx.configuration import LOGGED, OWN, TAB, WORKERS, Places, configuration
from lab.ingress_nginx.measurements import Measurements
from lab.ingress_nginx.model import Alternative, Certificate, Chooser, Location, Plan, Pool, Site
from lab.ingress_nginx.server import Nginx
from tests.lab.backends import Server, free_ports
from tests.lab.deadline import eventually

HOST = "shop.example.com"
AUTHORITY = CA()
MARK = "generation-"


@dataclass
class Plane:
    """A running nginx and the nodes behind it."""

    nginx: Nginx
    process: subprocess.Popen[bytes]
    places: Places
    servers: dict[str, Server]
    log: AccessLog
    generation: int = 0

    def pool(self, name: str) -> Pool:
        return Pool(f"test-{name}-80", (Node("127.0.0.1", self.servers[name].server_port),))

    def location(self, path: str = "/", exact: bool = False, chooser: Chooser | None = None) -> Location:
        alternative = Alternative(self.pool("canary"), chooser) if chooser else None
        return Location(path, exact, "test", "shop", "shop", self.pool("stable"), alternative)

    def read(self) -> list[str]:
        """New lines of the log, but for those of `publish`: a line is written after its answer."""
        site = LOGGED.index("$site")
        return [line for line in self.log.read() if not line.split(TAB)[site].startswith(MARK)]

    def publish(self, *locations: Location, **site: Any) -> None:
        """Put one site in force, and return when it alone is: one more host tells that somebody goes by it, and the
        workers' titles that nobody takes connections who doesn't."""
        self.generation += 1
        mark = Site(f"{MARK}{self.generation}", (self.location(),))
        plan = Plan((Site(HOST, locations, **site), mark), {})
        assert asyncio.run(self.nginx.publish(configuration(plan, self.places)))
        self.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.ask(host=mark.host)[0] == 200, every=0.01)
        eventually(lambda: self.workers() == WORKERS, every=0.01)

    def workers(self) -> int:
        """How many take connections: those of before finish theirs, and say so in their titles."""
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        titles = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
        return sum(title.startswith(b"nginx: worker process\0") for title in titles)

    def ask(self, path: str = "/", host: str = HOST, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status of one answer, and what the node says (its headers where none does)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.places.plain, timeout=5)
        connection.request("GET", path, headers={"Host": host, **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if body.startswith(b"{") else dict(answer.headers)

    def by(self, **asked: str) -> str:
        """Who answers, or the status if nobody does."""
        status, said = self.ask(**asked)
        return str(said.get("by", status))


def certificate(name: str) -> Certificate:
    issued = AUTHORITY.issue_cert(name)
    return Certificate(issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes())


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    folder = tmp_path_factory.mktemp("nginx")
    program = ensure(["nginx"])["nginx"]
    nginx = Nginx(program, folder)
    nginx.keep({OWN: certificate("ingress.local"), "shop": certificate(HOST)})
    places = Places(nginx.certificates, nginx.log, *free_ports(2))
    assert asyncio.run(nginx.publish(configuration(Plan((), {}), places)))
    servers = {name: Server(name) for name in ("stable", "canary")}
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"])
    log = AccessLog(nginx.log, lambda: process.send_signal(signal.SIGUSR1), long=4096)
    made = Plane(nginx, process, places, servers, log)
    eventually(lambda: made.ask()[0] == 404)
    yield made
    process.send_signal(signal.SIGQUIT)
    process.wait()
    log.close()
    for server in servers.values():
        server.end()


@pytest.mark.parametrize("weight", [0, 1, 20, 50, 100])
def test_a_split_is_by_chance_and_near(plane: Plane, weight: int) -> None:
    plane.publish(plane.location(chooser=Chooser(weight=weight)))
    answers = Counter(plane.by() for _ in range(400))
    assert answers.keys() <= {"stable", "canary"}
    # Six standard deviations of 400 requests.
    assert abs(answers["canary"] / 400 - weight / 100) <= 6 * (weight / 100 * (1 - weight / 100) / 400) ** 0.5


@pytest.mark.parametrize(
    ("chooser", "headers", "answers"),
    [
        pytest.param(Chooser(header="X-Canary"), {"X-Canary": "always"}, "canary", id="header always"),
        pytest.param(
            Chooser(header="X-Canary", weight=100), {"X-Canary": "never"}, "stable", id="header never"
        ),
        pytest.param(
            Chooser(header="X-Canary", weight=100), {"X-Canary": "x"}, "canary", id="header says nothing"
        ),
        pytest.param(
            Chooser(header="X-Canary", value="in.der"), {"X-Canary": "in.der"}, "canary", id="header by value"
        ),
        pytest.param(
            Chooser(header="X-Canary", value="in.der"), {"X-Canary": "insder"}, "stable", id="not the value"
        ),
        pytest.param(
            Chooser(header="X-Canary", value="insider"), {"X-Canary": "always"}, "stable", id="a value alone"
        ),
        pytest.param(
            Chooser(header="X-Canary", pattern="^in"),
            {"X-Canary": "insider"},
            "canary",
            id="header by pattern",
        ),
        pytest.param(
            Chooser(cookie="my-beta"), {"Cookie": "a=1; my-beta=always; b=2"}, "canary", id="cookie always"
        ),
        pytest.param(
            Chooser(cookie="beta", weight=100), {"Cookie": "beta=never"}, "stable", id="cookie never"
        ),
        pytest.param(
            Chooser(cookie="beta"),
            {"Cookie": "alphabeta=always; beta=alwaysnot"},
            "stable",
            id="others' cookies",
        ),
        pytest.param(
            Chooser(header="X-Canary", cookie="beta"),
            {"X-Canary": "never", "Cookie": "beta=always"},
            "stable",
            id="the header decides before the cookie",
        ),
    ],
)
def test_who_is_chosen(plane: Plane, chooser: Chooser, headers: dict[str, str], answers: str) -> None:
    plane.publish(plane.location(chooser=chooser))
    assert plane.by(**headers) == answers
    everybody = "canary" if chooser.weight else "stable"
    assert plane.by() == everybody


def test_a_share_of_another_total(plane: Plane) -> None:
    plane.publish(plane.location(chooser=Chooser(weight=1000, total=1000)))
    assert plane.by() == "canary"


def test_the_longest_path_has_a_request_and_a_prefix_ends_at_a_slash(plane: Plane) -> None:
    api = replace(plane.location("/api"), pool=plane.pool("canary"))
    plane.publish(
        plane.location(), api, replace(plane.location("/exact", exact=True), pool=plane.pool("canary"))
    )
    found = {path: plane.by(path=path) for path in ("/", "/api", "/api/x", "/apis", "/exact", "/exact/x")}
    assert found == {
        "/": "stable",
        "/api": "canary",
        "/api/x": "canary",
        "/apis": "stable",
        "/exact": "canary",
        "/exact/x": "stable",
    }


def test_a_canary_without_nodes_gets_nobody(plane: Plane) -> None:
    nobody = Alternative(Pool("test-canary-80", ()), Chooser(weight=100))
    plane.publish(replace(plane.location(), alternative=nobody))
    assert plane.by() == "stable"


def test_where_nobody_is_the_answer_is_503(plane: Plane) -> None:
    plane.publish(replace(plane.location(), pool=Pool("test-gone-80", ())))
    assert plane.ask()[0] == 503
    plane.publish(replace(plane.location(chooser=Chooser()), pool=Pool("test-gone-80", ())))
    assert plane.ask()[0] == 503


def test_hosts_and_paths_of_nobody_are_404(plane: Plane) -> None:
    plane.publish(plane.location("/api"))
    assert plane.ask("/")[0] == 404
    assert plane.ask(host="other.example.com")[0] == 404


def test_tls_ends_here_and_plain_requests_are_sent_there(plane: Plane) -> None:
    plane.publish(plane.location(), certificate="shop", redirects=True)
    status, headers = plane.ask("/a?b=c")
    assert (status, headers["Location"]) == (308, f"https://{HOST}/a?b=c")
    trusting = ssl.create_default_context()
    AUTHORITY.configure_trust(trusting)
    connection = http.client.HTTPSConnection("127.0.0.1", plane.places.secure, context=trusting, timeout=5)
    plain = socket.create_connection(("127.0.0.1", plane.places.secure), timeout=5)
    connection.sock = trusting.wrap_socket(plain, server_hostname=HOST)
    connection.request("GET", "/a?b=c", headers={"Host": HOST})
    said = json.loads(connection.getresponse().read())
    connection.close()
    assert said["path"] == "/a?b=c"
    assert said["headers"]["X-Forwarded-Proto"] == "https"


def test_no_request_on_an_open_connection_is_lost_while_weights_change(plane: Plane) -> None:
    plane.publish(plane.location())
    answered = 0
    connection = http.client.HTTPConnection("127.0.0.1", plane.places.plain, timeout=5)
    for weight in range(0, 101, 10):
        plan = Plan((Site(HOST, (plane.location(chooser=Chooser(weight=weight)),)),), {})
        assert asyncio.run(plane.nginx.publish(configuration(plan, plane.places)))
        plane.process.send_signal(signal.SIGHUP)
        for _ in range(50):
            connection.request("GET", "/", headers={"Host": HOST})
            answer = connection.getresponse()
            answer.read()
            answered += answer.status == 200
    connection.close()
    assert answered == 11 * 50


def test_settings_that_nginx_refuses_leave_those_of_before(plane: Plane) -> None:
    plane.publish(plane.location())
    refused = Location("/${", False, "test", "shop", "shop", Pool("no name", plane.pool("canary").nodes))
    assert not asyncio.run(
        plane.nginx.publish(configuration(Plan((Site(HOST, (refused,)),), {}), plane.places))
    )
    plane.process.send_signal(signal.SIGHUP)
    assert plane.by() == "stable"


def test_measurements_tell_the_canarys_answers(plane: Plane) -> None:
    plane.publish(plane.location(chooser=Chooser(header="X-Canary")))
    measurements = Measurements((("controller_pod", "nginx-1"),))
    plane.read()
    for headers in ({}, {}, {"X-Canary": "always"}):
        plane.ask(**headers)
    plane.ask("/", host="other.example.com")

    def counted() -> dict[tuple[str, str], float]:
        measurements.enter(plane.read())
        pattern = (
            r'nginx_ingress_controller_requests\{canary="([^"]*)".*ingress="([^"]*)".*status="\d+"\} (\d+)'
        )
        return {
            (canary, ingress): float(n)
            for canary, ingress, n in re.findall(pattern, measurements.exposition())
        }

    wanted = {("", "shop"): 2.0, ("test-canary-80", "shop"): 1.0, ("", ""): 1.0}
    eventually(lambda: counted() == wanted)
    text = measurements.exposition()
    labels = (
        'canary="test-canary-80",controller_pod="nginx-1",host="shop.example.com",ingress="shop",method="GET",'
        'namespace="test",path="/",service="shop",status="200"'
    )
    assert f"nginx_ingress_controller_requests{{{labels}}} 1\n" in text
    assert f'nginx_ingress_controller_response_duration_seconds_bucket{{{labels},le="+Inf"}} 1\n' in text
    assert f"nginx_ingress_controller_request_duration_seconds_count{{{labels}}} 1\n" in text


def test_a_long_log_is_begun_anew_and_every_line_is_read_once(plane: Plane) -> None:
    plane.publish(plane.location())
    plane.read()
    read: list[str] = []
    for _ in range(200):
        plane.ask()
        read += plane.read()

    def all_read() -> bool:
        read.extend(plane.read())
        return len(read) == 200

    eventually(all_read)
    assert plane.nginx.log.stat().st_size < 200 * len(read[0])
