"""The configuration in force: a real Traefik on free ports, two real backends, and what is answered and measured."""

import http.client
import http.server
import itertools
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from lab.binaries import ensure
from lab.gateway.apisix.dialect import Apisix
from lab.gateway.ledger import Ledger
from lab.gateway.model import Backend, Condition, Cors, Filters, Labels, Mirror, Node, Rewrite, Route, Timeout
from lab.gateway.proxy import Ports, Traefik, settings
from lab.gateway.traefik import REQUEST_ID, configuration
from tests.lab.backends import Server, free_ports
from tests.lab.deadline import eventually

NAMED: Labels = (("route", "test_podinfo_method"), ("service", "test_podinfo_0"), ("consumer", ""))


@dataclass
class Plane:
    """A running Traefik and the nodes behind it."""

    traefik: Traefik
    servers: dict[str, Server]
    generations: Iterator[int] = field(default_factory=itertools.count)
    names: dict[str, Labels] = field(default_factory=dict)

    def node(self, name: str) -> Node:
        return Node("127.0.0.1", self.servers[name].server_port)

    def route(self, key: str = "podinfo", canary: int = 0, **changes: Any) -> Route:
        backends = (
            Backend("primary", 100 - canary, (self.node("primary"),)),
            Backend("canary", canary, (self.node("canary"),)),
        )
        return replace(Route(key, backends, hosts=("app.example.com",), labels=NAMED), **changes)

    def publish(self, *routes: Route) -> None:
        """Put the routes in force, and return when they are: one more route tells."""
        mark = f"generation-{next(self.generations)}"
        made = configuration(
            [*routes, self.route(mark, hosts=(mark,), labels=())],
            Apisix().labels,
            "http://127.0.0.1:1",
            f"http://127.0.0.1:{self.servers['ids'].server_port}",
        )
        self.names.update(made.names)
        self.traefik.publish(made.text())
        eventually(lambda: self.ask(host=mark)[0] == 200, every=0.01)

    def ask(
        self, path: str = "/", host: str = "app.example.com", method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
        """Status, what the node says (empty where none does) and headers of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.traefik.ports.requests, timeout=5)
        connection.request(method, path, headers={"Host": host, **headers})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if body.startswith(b"{") else {}, answer.headers

    def by(self, **asked: str) -> str:
        """Who answers, or the status if nobody does."""
        status, said, _ = self.ask(**asked)
        return str(said.get("by", status))


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    folder = tmp_path_factory.mktemp("traefik")
    traefik = Traefik(ensure(["traefik"])["traefik"], folder, Ports(*free_ports(5)))
    servers = {name: Server(name) for name in ("primary", "canary", "mirror", "ids")}
    traefik.dynamic.write_text("{}")
    static = folder / "static.yaml"
    static.write_text(yaml.safe_dump(settings(traefik.ports, traefik.dynamic)))
    process = subprocess.Popen([traefik.program, f"--configFile={static}"], stdout=subprocess.DEVNULL)
    yield Plane(traefik, servers)
    process.terminate()
    process.wait()
    for server in servers.values():
        server.end()


@pytest.mark.parametrize("canary", [0, 1, 20, 50, 100])
def test_a_split_is_exact(plane: Plane, canary: int) -> None:
    plane.publish(plane.route(canary=canary))
    answers = Counter(plane.by() for _ in range(200))
    assert answers == Counter({"primary": 2 * (100 - canary), "canary": 2 * canary})


def test_measurements_tell_the_nodes_apart(plane: Plane) -> None:
    ledger = Ledger()
    hosts = ("measured.example.com",)
    one = plane.route("measured", hosts=hosts, backends=(Backend("primary", 1, (plane.node("primary"),)),))
    two = replace(
        one, key="other", paths=("/other",), backends=(Backend("canary", 1, (plane.node("canary"),)),)
    )
    plane.publish(one, two)
    for path in ("/", "/", "/other"):
        assert plane.ask(path, host=hosts[0])[0] == 200
    with urlopen(f"http://127.0.0.1:{plane.traefik.ports.internal}/metrics") as answer:
        ledger.enter(answer.read().decode(), plane.names)
    counts = {
        dict(one.labels)["matched_uri"]: one.requests
        for one in ledger.totals
        if ("matched_host", *hosts) in one.labels
    }
    assert counts == {"/*": 2, "/other": 1}


@pytest.mark.parametrize(
    ("condition", "meets", "misses"),
    [
        pytest.param(
            Condition("header", "X-Canary", ("insider",)),
            {"X-Canary": "insider"},
            {"X-Canary": "out"},
            id="header",
        ),
        pytest.param(
            Condition("header", "X-Canary", ("^in",), patterns=True),
            {"X-Canary": "insider"},
            {},
            id="header by pattern",
        ),
        pytest.param(
            Condition("header", "X-Canary", ("^IN",), patterns=True, any_case=True),
            {"X-Canary": "insider"},
            {},
            id="header by pattern in any case",
        ),
        pytest.param(
            Condition("header", "X-Canary", ("no",), negated=True),
            {},
            {"X-Canary": "no"},
            id="header not equal",
        ),
        pytest.param(
            Condition("cookie", "beta", ("always",)),
            {"Cookie": "a=1; beta=always; b=2"},
            {"Cookie": "alphabeta=always; beta=alwaysnot"},
            id="cookie",
        ),
        pytest.param(
            Condition("cookie", "beta", ("^al.*s$",), patterns=True),
            {"Cookie": "beta=always"},
            {"Cookie": "beta=never"},
            id="cookie by pattern",
        ),
        pytest.param(
            Condition("query", "v", ("1", "2")), {"path": "/?v=2"}, {"path": "/?v=3"}, id="query in a set"
        ),
        pytest.param(
            Condition("path", "", ("^/v[12]/",), patterns=True),
            {"path": "/v1/x"},
            {"path": "/v3/x"},
            id="path",
        ),
        pytest.param(Condition("method", "", ("POST",)), {"method": "POST"}, {"method": "GET"}, id="method"),
    ],
)
def test_conditions_choose_who_answers(
    plane: Plane, condition: Condition, meets: dict[str, str], misses: dict[str, str]
) -> None:
    plane.publish(plane.route("all"), plane.route("some", canary=100, priority=1, conditions=(condition,)))
    assert (plane.by(**meets), plane.by(**misses)) == ("canary", "primary")


def test_requests_are_drawn_by_their_ids(plane: Plane) -> None:
    drawn = Condition("request_id", "", ("^[0-3]",), patterns=True)
    cookie = Filters(answer_headers=(("Set-Cookie", "side=canary; Max-Age=60; Path=/"),))
    draw = plane.route("some", canary=100, priority=1, conditions=(drawn,), filters=cookie)
    plane.publish(plane.route("all"), draw)
    answers = [plane.ask(**{REQUEST_ID: "0"}) for _ in range(400)]  # nobody can say what is drawn for him
    cookies = {said["by"]: headers["Set-Cookie"] for _, said, headers in answers}
    assert cookies == {"primary": None, "canary": "side=canary; Max-Age=60; Path=/"}
    assert 60 < sum(said["by"] == "canary" for _, said, _ in answers) < 140
    plane.publish(plane.route("all"))
    assert plane.by() == "primary"


def test_methods_hosts_and_paths_that_no_route_has_are_nobodys(plane: Plane) -> None:
    plane.publish(plane.route(hosts=("*.example.com",), paths=("/api/*", "/exact"), methods=("GET",)))
    asked = {
        "prefix": plane.by(path="/api/info", host="a.b.example.com"),
        "exact": plane.by(path="/exact", host="a.example.com"),
        "other path": plane.by(path="/exact/below", host="a.example.com"),
        "other method": plane.by(path="/exact", host="a.example.com", method="POST"),
        "other host": plane.by(path="/exact", host="example.com"),
    }
    # 502: in this test nobody listens where requests without a route are sent.
    assert asked == {"prefix": "primary", "exact": "primary"} | dict.fromkeys(
        ("other path", "other method", "other host"), "502"
    )


def test_a_request_is_rewritten(plane: Plane) -> None:
    rewrite = Rewrite(
        pattern=("^/old/(.*)", "/new/$1"), headers=(("X-A", "1"), ("X-B", ""), ("Host", "inner.example"))
    )
    plane.publish(plane.route(filters=Filters(rewrite=rewrite)))
    _, said, _ = plane.ask("/old/page", **{"X-B": "2"})
    assert said["path"] == "/new/page"
    assert said["headers"]["X-A"] == "1"
    assert "X-B" not in said["headers"]
    assert said["headers"]["Host"] == "inner.example"


def test_headers_of_answers_are_set_and_removed(plane: Plane) -> None:
    plane.publish(plane.route(filters=Filters(answer_headers=(("X-Served-By", "lab"), ("X-Inner", "")))))
    _, _, headers = plane.ask()
    assert headers["X-Served-By"] == "lab"
    assert "X-Inner" not in headers


def test_browsers_of_another_origin_are_answered(plane: Plane) -> None:
    cors = Cors(("https://a.example",), ("GET", "PUT"), ("X-A",), ("X-Inner",), 60, True)
    plane.publish(plane.route(filters=Filters(cors=cors)))
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    _, said, headers = plane.ask(method="OPTIONS", **asks)
    assert said == {}
    assert headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert headers["Access-Control-Allow-Methods"] == "GET,PUT"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert plane.ask(Origin="https://b.example")[2]["Access-Control-Allow-Origin"] is None


def test_a_mirror_gets_copies_and_the_users_the_answers(plane: Plane) -> None:
    mirror = Mirror(f"http://127.0.0.1:{plane.servers['mirror'].server_port}", 100)
    plane.publish(plane.route(filters=Filters(mirror=mirror)))
    assert {plane.by(path="/mirrored") for _ in range(10)} == {"primary"}
    eventually(lambda: plane.servers["mirror"].seen.count("/mirrored") == 10)


def test_an_answer_that_takes_longer_than_the_route_allows_is_given_up(plane: Plane) -> None:
    plane.publish(plane.route(timeout=Timeout(connect=1, read=0.1)))
    assert plane.ask("/slow")[0] == 504
    plane.servers["primary"].pause.set()
