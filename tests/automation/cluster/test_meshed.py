"""Two clusters as one: each is asked for what it has, and each is named when it is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.core.kinds import SERVICE, Kind, Scope
from automation.errors import ClusterAway
from gateways.istio import VIRTUAL_SERVICE
from stacks import connection
from stacks.settings import ClusterSettings, MeshSettings
from tests.automation.api import kubeconfig
from tests.automation.loopback import Answer, Loopback, loopback


def settings(own: Loopback, mesh: Loopback, folder: Path) -> ClusterSettings:
    paths = []
    for name, server in (("own", own), ("mesh", mesh)):
        (folder / name).mkdir()
        paths.append(str(kubeconfig(server.url, folder / name)))
    return ClusterSettings(kubeconfig=paths[0], mesh=MeshSettings(kubeconfig=paths[1]))


@pytest.mark.parametrize(("kind", "asked"), [(SERVICE, "own"), (VIRTUAL_SERVICE, "mesh")])
def test_each_kind_is_asked_for_where_it_is(kind: Kind, asked: str, tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(404)) as own, loopback(lambda asked: Answer(404)) as mesh:
        cluster = connection.connect(settings(own, mesh, tmp_path))
        cluster.get(kind, "test", "podinfo")
        cluster.select(kind, Scope("test"))
        cluster.delete(kind, "test", "podinfo")

        assert [one.method for one in {"own": own, "mesh": mesh}[asked].asked] == ["GET", "GET", "DELETE"]
        assert len(own.asked) + len(mesh.asked) == 3


def test_both_are_told_apart_by_who_they_are(tmp_path: Path) -> None:
    def named(uid: str) -> Answer:
        return Answer(200, {"metadata": {"uid": uid}})

    with loopback(lambda asked: named("u-1")) as own, loopback(lambda asked: named("u-2")) as mesh:
        cluster = connection.connect(settings(own, mesh, tmp_path))

        assert (cluster.identity(), cluster.mesh_identity()) == ("u-1", "u-2")


def test_the_one_that_is_away_is_named(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(404)) as own:
        with loopback(lambda asked: Answer(404)) as mesh:
            cluster = connection.connect(settings(own, mesh, tmp_path))

        assert cluster.get(SERVICE, "test", "podinfo") is None
        with pytest.raises(ClusterAway, match=mesh.url):
            cluster.get(VIRTUAL_SERVICE, "test", "podinfo")


def test_a_context_alone_is_one_of_the_same_kubeconfig() -> None:
    at = ClusterSettings(kubeconfig="/both", context="work", mesh=MeshSettings(context="mesh"))

    assert connection.mesh_of(at) == MeshSettings(kubeconfig="/both", context="mesh")
    assert connection.mesh_of(ClusterSettings()) is None
