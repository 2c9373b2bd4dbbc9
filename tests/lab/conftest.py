"""One lab for all tests of this folder that share one, and the bill at the end: what they have left behind fails."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from automation.cluster.client import Cluster
from lab import Lab
from tests.automation.cluster.objects import SPACE
from tests.lab.deadline import eventually
from tests.lab.leftovers import MARK, holdings, left


@pytest.fixture(scope="package", autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails for each descriptor, process, network namespace, mount and file that the tests have left behind."""
    tmp_path_factory.getbasetemp()  # pytest's own folder stays where it is
    # Sockets lie in it, and their paths may not be long.
    with tempfile.TemporaryDirectory(prefix="lab-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        folder.chmod(0o1777)  # as /tmp is: some tests are an ordinary user
        patch.setenv("TMPDIR", name)
        patch.setenv(MARK, name)
        patch.setattr(tempfile, "tempdir", name)
        before = holdings(folder)
        yield
        remaining: list[str] = []

        def gone() -> bool:
            remaining[:] = left(before, holdings(folder))
            return not remaining

        try:
            eventually(gone, 5)
        except AssertionError:
            pytest.fail("\n  ".join(["the tests in tests/lab have left behind", *remaining]), pytrace=False)


@pytest.fixture(scope="package")
def lab(nothing_left: None) -> Iterator[Lab]:
    """A running lab. Tests share it: use a namespace of your own, and undo what you do to its components."""
    running = Lab.up(f"tests-{os.getpid()}")
    yield running
    running.down()


@pytest.fixture(scope="package")
def contract_cluster(lab: Lab) -> Iterator[Cluster]:
    """The lab's cluster with the namespace in which contracts are told."""
    cluster = Cluster.connect(str(lab.kubeconfig))
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    cluster.request("POST", "/api/v1/namespaces", body=body)
    yield cluster
    cluster.session.close()
