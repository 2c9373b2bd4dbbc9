"""Users of a kubeconfig who act as somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from engine.kubernetes import impersonation
from engine.kubernetes.client import Client
from engine.kubernetes.kubeconfig import Source
from tests.engine.kubernetes.loopback import serving


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        ({"token": "t"}, ()),
        ({"as": "carol"}, (("Impersonate-User", "carol"),)),
        (
            {"as": "carol", "as-uid": "7", "as-groups": ["shop", "ops"]},
            (
                ("Impersonate-User", "carol"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-Group", "shop"),
                ("Impersonate-Group", "ops"),
            ),
        ),
        (
            {"as": "carol", "as-user-extra": {"example.com/team": ["a", "b"]}},
            (
                ("Impersonate-User", "carol"),
                ("Impersonate-Extra-example.com%2Fteam", "a"),
                ("Impersonate-Extra-example.com%2Fteam", "b"),
            ),
        ),
    ],
)
def test_headers_say_as_whom_somebody_acts(
    user: dict[str, Any], headers: tuple[tuple[str, str], ...]
) -> None:
    assert impersonation.headers(user) == headers


def test_every_request_says_as_whom_it_is_made() -> None:
    with serving() as server:
        Client(Source(server.kubeconfig({"token": "t", "as": "carol"}))).request("POST", "/x", body={})

        (sent,) = server.headers

    assert (sent["Authorization"], sent["Impersonate-User"]) == ("Bearer t", "carol")


@pytest.mark.parametrize(
    "user", [{"as-groups": "shop"}, {"as-user-extra": {"k": None}}, {"as-user-extra": ["k"]}]
)
def test_fields_of_another_shape_are_named(user: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(user))):
        impersonation.headers({"as": "carol", **user})
