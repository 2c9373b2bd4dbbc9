"""Stories about a lab as a whole: coming up, going down, being hurt, and being one of two."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lab import Lab
from lab.api import Api
from lab.binaries import PARTS, ensure
from lab.config import Config, cache_folder, labs_folder
from lab.control import supervisor_pid
from lab.control_plane import BINARIES
from lab.errors import AlreadyRunning, LabError, NotRunning
from lab.launch import claim
from tests.lab.deadline import eventually
from tests.lab.machine import as_ordinary_user, traces

pytestmark = pytest.mark.lab

COMMAND = [sys.executable, "-m", "lab"]


def config_of(name: str) -> Config:
    return Config.of(name, labs_folder() / name, cache_folder())


@pytest.fixture
def own() -> Iterator[Lab]:
    """A lab of the test's own, for what the shared one can't bear."""
    name = f"own-{os.getpid()}"
    running = Lab.up(name)
    yield running
    with suppress(NotRunning):  # the test may have ended it
        running.down()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def is_held(folder: Path) -> bool:
    """Whether a lab has its lock: a process gives up what it holds a moment after it can no longer be seen."""
    lock = claim(folder)
    if lock is not None:
        os.close(lock)
    return lock is None


def component(lab: Lab, name: str) -> dict[str, Any]:
    return next(part for part in lab.status()["components"] if part["name"] == name)


def test_the_api_answers_and_the_node_is_ready_when_up_returns(lab: Lab) -> None:
    conditions = Api(lab.kubeconfig).get("/api/v1/nodes/lab")["status"]["conditions"]
    assert [item["status"] for item in conditions if item["type"] == "Ready"] == ["True"]


def test_names_and_addresses_of_services_work_inside(lab: Lab) -> None:
    url = "https://kubernetes.default.svc.cluster.local/version"
    authority = str(lab.config.ca / "ca.crt")
    answer = lab.exec(["curl", "-sS", "--cacert", authority, url], capture_output=True, text=True)
    assert json.loads(answer.stdout)["gitVersion"] == "v1.36.3", answer.stderr


def test_a_port_of_the_machine_leads_to_a_service(lab: Lab) -> None:
    host, port = lab.forward("kubernetes", "default", 443).split(":")
    tls = ssl.create_default_context(cafile=lab.config.ca / "ca.crt")
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        tls.wrap_socket(plain, server_hostname=host),
    ):
        pass
    assert lab.addresses["kubernetes.default:443"] == f"{host}:{port}"
    assert lab.forward("kubernetes", "default", 443) == f"{host}:{port}"


def test_doors_stay_open_when_the_forwarder_is_killed(lab: Lab) -> None:
    before = component(lab, "forward")["restarts"]
    lab.kill("forward")
    eventually(lambda: component(lab, "forward")["restarts"] == before + 1)
    assert eventually(lambda: Api(lab.kubeconfig).get("/version"))["major"] == "1"


def test_accounts_are_real_and_have_no_rights_of_themselves(lab: Lab) -> None:
    api = Api(lab.kubeconfig)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = api.request("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", request)[
        "status"
    ]["token"]
    api.token = token
    with pytest.raises(
        LabError, match='User "system:serviceaccount:default:default" cannot list resource "pods"'
    ):
        api.get("/api/v1/namespaces/default/pods")


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver", "kube-scheduler", "services", "node"])
def test_a_killed_component_comes_back_and_is_counted(lab: Lab, name: str) -> None:
    before = component(lab, name)["restarts"]
    os.kill(lab.processes()[component(lab, name)["pid"]], signal.SIGKILL)
    after = eventually(
        lambda: (
            (now := component(lab, name)) and now["restarts"] > before and now["state"] == "ready" and now
        ),
        15,
    )
    assert after["restarts"] == before + 1
    eventually(lambda: Api(lab.kubeconfig).get("/readyz") == "ok", 15)


def test_the_api_server_can_be_made_to_fail_for_a_while(lab: Lab) -> None:
    address = f"https://{lab.addresses['api']}/readyz"
    tls = ssl.create_default_context(cafile=lab.config.ca / "ca.crt")
    lab.fail_api(429, seconds=1)
    with pytest.raises(urllib.error.HTTPError, match="429"):
        urllib.request.urlopen(address, context=tls, timeout=5)
    eventually(lambda: urllib.request.urlopen(address, context=tls, timeout=5).read() == b"ok")


def test_a_component_that_does_not_exist_lists_those_that_do(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"no component 'kubelet'.*etcd, kube-apiserver"):
        lab.stop("kubelet")


def test_a_second_up_says_that_the_lab_runs(lab: Lab) -> None:
    with pytest.raises(AlreadyRunning, match="runs already"):
        Lab.up(lab.config.name)


def test_a_taken_port_is_named(lab: Lab) -> None:
    taken = int(lab.addresses["api"].split(":")[1])
    name = f"taken-{os.getpid()}"
    with pytest.raises(LabError, match=f"Port {taken} for gateway can't be had"):
        Lab.up(name, ports={"gateway": taken})
    assert not traces(config_of(name))


def test_two_labs_know_nothing_of_each_other(lab: Lab, own: Lab) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "only-here"}}
    Api(own.kubeconfig).request("POST", "/api/v1/namespaces", space)
    names = [item["metadata"]["name"] for item in Api(lab.kubeconfig).get("/api/v1/namespaces")["items"]]
    assert "only-here" not in names
    assert set(own.addresses.values()).isdisjoint(lab.addresses.values())


def test_down_leaves_nothing(own: Lab) -> None:
    seen = traces(own.config)
    assert len(seen.processes) >= len(own.status()["components"])
    assert seen.namespaces
    assert seen.files
    own.down()
    assert not traces(own.config)
    with pytest.raises(NotRunning):
        Lab.find(own.config.name)


def test_nothing_survives_the_supervisor_and_the_next_up_cleans_up(own: Lab) -> None:
    os.kill(supervisor_pid(own.config), signal.SIGKILL)
    eventually(lambda: not traces(own.config).processes and not is_held(own.config.state), 3)
    again = Lab.up(own.config.name)
    assert again.cleaned
    assert Api(again.kubeconfig).get("/readyz") == "ok"


def test_killing_what_started_the_supervisor_ends_the_lab_too(own: Lab) -> None:
    os.kill(parent_of(supervisor_pid(own.config)), signal.SIGKILL)
    eventually(lambda: not traces(own.config).processes, 3)
    own.down()
    assert not traces(own.config)


def test_the_part_outside_takes_the_lab_with_it(own: Lab) -> None:
    os.kill(parent_of(parent_of(supervisor_pid(own.config))), signal.SIGKILL)
    eventually(lambda: not traces(own.config).processes, 3)
    own.down()
    assert not traces(own.config)


def test_a_program_first_needed_inside_is_got_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name, path in ensure([*BINARIES, "kubectl"]).items():
        (tmp_path / "bin" / f"{name}-{PARTS[name].version}").symlink_to(path)
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path))
    story = "from lab.binaries import ensure; print(ensure(['hey'])['hey'])"
    fresh = Lab.up(f"fresh-{os.getpid()}")
    try:
        outcome = fresh.exec([sys.executable, "-c", story], capture_output=True, text=True)
    finally:
        fresh.down()
    assert outcome.stdout.strip() == str(tmp_path / "bin" / "hey-0.1.5"), outcome.stderr


def test_everything_as_an_ordinary_user(tmp_path: Path) -> None:
    story = """
import os, subprocess
from lab import Lab
from lab.api import Api
assert os.getuid() != 0
lab = Lab.up("ordinary")
try:
    assert Api(lab.kubeconfig).get("/readyz") == "ok"
    inside = lab.exec(["curl", "-sk", "https://kubernetes.default/readyz"], capture_output=True, text=True)
    assert inside.stdout == "ok", inside
    lab.kill("kube-scheduler")
finally:
    lab.down()
assert not lab.config.state.exists()
print("done")
"""
    outcome = as_ordinary_user([sys.executable, "-c", story], tmp_path)
    assert outcome.stdout == "done\n", outcome.stderr


def test_the_command_line_tells_the_same(lab: Lab) -> None:
    name = lab.config.name

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)

    assert run("kubeconfig", "-n", name).stdout.strip() == str(lab.kubeconfig)
    assert f"export KUBECONFIG={lab.kubeconfig}" in run("env", "-n", name).stdout
    shown = run("status", "-n", name).stdout
    assert all(part["name"] in shown for part in lab.status()["components"])
    assert run("exec", "-n", name, "--", "sh", "-c", "exit 7").returncode == 7
    assert run("logs", "-n", name, "nobody").stderr.startswith("Error: There is no log of 'nobody'")
    again = run("up", "-n", name)
    assert (again.returncode, "runs already" in again.stderr) == (AlreadyRunning.exit_code, True)
    nowhere = run("status", "-n", "no-such-lab")
    assert (nowhere.returncode, "`sluice lab up`" in nowhere.stderr) == (NotRunning.exit_code, True)
