"""Google Cloud Monitoring against a loopback server, which gives tokens, too."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from automation.core.observation import Measured, QueryFailed
from automation.questions.metrics.access import Access
from automation.questions.metrics.stackdriver import Stackdriver
from tests.automation.loopback import Answer, Asked, loopback
from tests.automation.questions.metrics.asking import AT, MINUTE, measured, path, probed, serving

QUERY = "fetch k8s_container | within 1m"


def answer(*values: Any) -> Answer:
    """A series whose newest point has these values, before an older one and another series."""
    points = [{"values": list(values)}, {"values": [{"doubleValue": 9}]}]
    return Answer(body={"timeSeriesData": [{"pointData": points}, {"pointData": points[1:]}]})


@pytest.mark.parametrize("value", [{"doubleValue": 7.0}, {"int64Value": "7"}])
def test_the_newest_point_of_the_first_series_counts_whatever_kind_of_number_it_is(value: Any) -> None:
    found, asked = measured("stackdriver", answer(value), QUERY)
    assert found == Measured(7.0, AT)
    assert (asked.method, path(asked)) == ("POST", "/v3/projects/shop/timeSeries:query")
    assert json.loads(asked.body) == {"query": QUERY}
    assert asked.headers["Authorization"] == "Bearer lent"


def test_a_value_that_is_no_number_is_a_failure() -> None:
    found, _ = measured("stackdriver", answer({"stringValue": "seven"}))
    assert found == QueryFailed(
        "error unmarshaling result: the answer.timeSeriesData[0].pointData[0].values[0] is stringValue, not a number"
    )


def test_an_answer_of_errors_alone_is_a_failure() -> None:
    found, _ = measured("stackdriver", Answer(body={"partialErrors": [{"code": 4, "message": "too slow"}]}))
    assert found == QueryFailed("error response: too slow")


def test_the_probe_is_refused_as_empty_and_that_is_good() -> None:
    said, asked = probed("stackdriver", Answer(400, {"error": {"message": "empty query"}}))
    assert (said, json.loads(asked.body)) == ("", {"query": ""})


def test_without_a_key_the_machine_lends_a_token() -> None:
    with serving(answer({"doubleValue": 1})) as server:
        Stackdriver(requests.Session(), Access(server.url, secret={"project": "shop"})).measure(
            "q", AT, MINUTE
        )
        first = server.asked[0]
    assert urlsplit(first.path).path == "/computeMetadata/v1/instance/service-accounts/default/token"
    assert first.headers["Metadata-Flavor"] == "Google"


def pem(key: RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_service_account_signs_for_its_token_with_its_key() -> None:
    key = generate_private_key(65537, 2048)

    def respond(asked: Asked) -> Answer:
        return Answer(body={"access_token": "mine"}) if asked.path == "/token" else answer({"doubleValue": 1})

    with loopback(respond) as server:
        url = f"{server.url}/token"
        account = {
            "client_email": "a@shop",
            "private_key": pem(key),
            "private_key_id": "k1",
            "token_uri": url,
        }
        access = Access(server.url, secret={"project": "shop", "serviceAccountKey": json.dumps(account)})
        Stackdriver(requests.Session(), access, lambda: AT).measure("q", AT, MINUTE)
        first, second = server.asked
    form = parse_qs(first.body)
    told, _, signature = form["assertion"][0].rpartition(".")
    head, claims = (json.loads(decoded(part)) for part in told.split("."))
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims == {
        "iss": "a@shop",
        "scope": "https://www.googleapis.com/auth/monitoring.read",
        "aud": url,
        "iat": 1700000000,
        "exp": 1700000600,
    }
    key.public_key().verify(decoded(signature), told.encode(), PKCS1v15(), hashes.SHA256())
    assert second.headers["Authorization"] == "Bearer mine"


@pytest.mark.parametrize(
    "key",
    [
        "no json",
        "[]",
        "{}",
        json.dumps({"client_email": "a", "private_key": "no pem"}),
        json.dumps({"client_email": "a", "private_key": pem(ec.generate_private_key(ec.SECP256R1()))}),
    ],
)
def test_a_key_that_is_none_is_told_without_showing_it(key: str) -> None:
    access = Access("http://127.0.0.1:1", secret={"project": "shop", "serviceAccountKey": key})
    found = Stackdriver(requests.Session(), access).measure("q", AT, MINUTE)
    assert isinstance(found, QueryFailed)
    assert found.detail.startswith("serviceAccountKey of its Secret is no key of a service account: ")
    assert "BEGIN" not in found.detail


def test_a_token_that_is_not_given_is_a_failure() -> None:
    with loopback(lambda asked: Answer(body={})) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GCE_METADATA_HOST", urlsplit(server.url).netloc)
        access = Access(server.url, secret={"project": "shop"})
        found = Stackdriver(requests.Session(), access).measure("q", AT, MINUTE)
        assert len(server.asked) == 1
    assert found == QueryFailed("error unmarshaling result: the answer has no access_token")
