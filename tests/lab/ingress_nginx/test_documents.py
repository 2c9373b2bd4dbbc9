"""Ingresses as values: which are played, who has a place, and what a canary's annotations choose."""

import base64
from typing import Any

from lab.gateway.endpoints import Endpoints
from lab.gateway.model import Node
from lab.ingress_nginx.documents import PREFIX, plan
from lab.ingress_nginx.model import Alternative, Certificate, Chooser, Location, Plan, Pool, Site
from tests.lab.gateway.documents import a_service, a_slice

Document = dict[str, Any]

STABLE = Pool("test-shop-http", (Node("10.244.0.2", 9898, "shop-10.244.0.2"),))
CANARY = Pool("test-shop-canary-80", (Node("10.244.0.3", 9898, "shop-canary-10.244.0.3"),))
LOCATION = Location("/", False, "test", "shop", "shop", STABLE)
ENDPOINTS = Endpoints.of(
    [a_service("shop"), a_service("shop-canary")],
    [a_slice("shop", "10.244.0.2"), a_slice("shop-canary", "10.244.0.3")],
)


def an_ingress(name: str = "shop", service: str = "shop", port: int | str = "http", **said: str) -> Document:
    wanted = {"name": port} if isinstance(port, str) else {"number": port}
    backend = {"service": {"name": service, "port": wanted}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "metadata": {
            "namespace": "test",
            "name": name,
            "annotations": {PREFIX + key.replace("_", "-"): text for key, text in said.items()},
        },
        "spec": {
            "ingressClassName": "nginx",
            "rules": [{"host": "shop.example.com", "http": {"paths": [path]}}],
        },
    }


def a_canary(**said: str) -> Document:
    return an_ingress("shop-canary", "shop-canary", 80, canary="true", **said)


def planned(
    *ingresses: Document, secrets: tuple[Document, ...] = (), endpoints: Endpoints = ENDPOINTS
) -> Plan:
    return plan(ingresses, secrets, endpoints, "nginx")


def chosen(**said: str) -> tuple[Chooser, tuple[str, ...]]:
    made = planned(an_ingress(), a_canary(**said))
    (location,) = made.sites[0].locations
    assert location.alternative
    return location.alternative.chooser, made.problems


def test_an_ingress_is_a_site_with_its_pods() -> None:
    assert planned(an_ingress()) == Plan((Site("shop.example.com", (LOCATION,)),), {})


def test_a_class_is_named_by_the_field_or_by_the_old_annotation() -> None:
    other = an_ingress()
    other["spec"]["ingressClassName"] = "traefik"
    assert planned(other).sites == ()
    old = an_ingress()
    del old["spec"]["ingressClassName"]
    assert planned(old).sites == ()
    old["metadata"]["annotations"]["kubernetes.io/ingress.class"] = "nginx"
    assert planned(old).sites == planned(an_ingress()).sites


def test_a_canary_is_the_alternative_of_the_same_place() -> None:
    (site,) = planned(a_canary(canary_weight="20"), an_ingress()).sites
    assert site.locations[0].alternative == Alternative(CANARY, Chooser(weight=20))


def test_a_canary_of_nobody_is_told() -> None:
    lonely = planned(a_canary(canary_weight="20"))
    assert lonely.sites == ()
    assert lonely.problems == (
        "Ingress test/shop-canary: no Ingress has shop.example.com/, so there is nobody to be canary of",
    )


def test_the_first_canary_of_a_place_has_it() -> None:
    second = a_canary(canary_weight="90")
    second["metadata"]["name"] = "shop-second"
    made = planned(an_ingress(), a_canary(canary_weight="20"), second)
    (location,) = made.sites[0].locations
    assert location.alternative == Alternative(CANARY, Chooser(weight=20))
    assert made.problems == ("Ingress test/shop-second: shop.example.com/ has a canary already",)


def test_what_chooses_the_canary() -> None:
    said = {"canary_by_header": "X-Canary", "canary_by_header_value": "insider", "canary_by_cookie": "beta"}
    assert chosen(**said, canary_weight="5", canary_weight_total="1000") == (
        Chooser("X-Canary", "insider", "", "beta", 5, 1000),
        (),
    )


def test_what_can_not_be_read_chooses_nobody_and_is_told() -> None:
    assert chosen(canary_weight="many", canary_by_header="X-Canary", canary_by_header_pattern="(") == (
        Chooser("X-Canary"),
        (
            "Ingress test/shop-canary: canary-by-header-pattern '(' can't be read: missing ), unterminated subpattern "
            "at position 0",
            "Ingress test/shop-canary: canary-weight 'many' is no number",
        ),
    )


def test_two_ingresses_for_one_place_are_one_and_a_problem() -> None:
    late = an_ingress("late", "shop-canary", 80)
    late["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    early = an_ingress()
    early["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    made = planned(late, early)
    assert made.sites == planned(early).sites
    assert made.problems == ("Ingress test/late: shop.example.com/ is that of Ingress test/shop",)


def test_annotations_that_are_not_played_are_named() -> None:
    assert planned(an_ingress(rewrite_target="/")).problems == (
        "Ingress test/shop: annotation nginx.ingress.kubernetes.io/rewrite-target is not played by the lab",
    )


def test_a_service_that_is_not_there_has_no_nodes() -> None:
    made = planned(an_ingress(service="gone"))
    assert made.sites[0].locations[0].pool == Pool("test-gone-http", ())
    assert made.problems == ("Ingress test/shop: service test/gone not found",)


def secured(**said: str) -> Document:
    ingress = an_ingress(**said)
    ingress["spec"]["tls"] = [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]
    return ingress


def a_secret() -> Document:
    data = {f"tls.{part}": base64.b64encode(part.encode()).decode() for part in ("crt", "key")}
    return {"metadata": {"namespace": "test", "name": "shop-tls"}, "data": data}


def test_a_host_with_tls_shows_its_certificate_and_sends_plain_requests_there() -> None:
    made = planned(secured(), secrets=(a_secret(),))
    assert made.sites == (Site("shop.example.com", (LOCATION,), "test-shop-tls", redirects=True),)
    assert made.certificates == {"test-shop-tls": Certificate(b"crt", b"key")}


def test_a_host_may_serve_plain_requests_beside_tls() -> None:
    (site,) = planned(secured(ssl_redirect="false"), secrets=(a_secret(),)).sites
    assert (site.certificate, site.redirects) == ("test-shop-tls", False)


def test_a_certificate_that_is_not_there_is_told() -> None:
    made = planned(secured())
    assert made.sites[0].certificate == ""
    assert made.problems == (
        "Ingress test/shop: no certificate in Secret shop-tls; the controller's own is shown",
    )


def test_a_default_backend_has_all_other_hosts() -> None:
    ingress = an_ingress()
    ingress["spec"] = {
        "ingressClassName": "nginx",
        "defaultBackend": {"service": {"name": "shop", "port": {"name": "http"}}},
    }
    assert planned(ingress).sites == (Site("", (LOCATION,)),)
