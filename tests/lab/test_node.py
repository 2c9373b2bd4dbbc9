"""What users of a cluster see of the lab's node, told as given, when, then."""

import os
import pty
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lab import Lab
from tests.lab.deadline import eventually
from tests.lab.kubectl import Kubectl, in_namespace
from tests.lab.node_documents import configmap, podinfo, shell

pytestmark = pytest.mark.lab

FOREVER = "exec sleep 1000"


@pytest.fixture
def kubectl(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Kubectl]:
    """kubectl in a namespace that goes with the test."""
    made = in_namespace(lab.kubeconfig, request.node.name)
    yield made
    made("delete", "namespace", made.namespace, "--wait=false")


def container(kubectl: Kubectl, pod: str) -> dict[str, Any]:
    """Status of a pod's only container."""
    statuses: list[dict[str, Any]] = kubectl.get("pod", pod)["status"].get("containerStatuses", [{}])
    return statuses[0]


def state(kubectl: Kubectl, pod: str) -> str:
    """As in `waiting CrashLoopBackOff`, or `running`."""
    [(kind, details)] = container(kubectl, pod).get("state", {"unknown": {}}).items()
    return f"{kind} {details.get('reason', '')}".strip()


def runs(kubectl: Kubectl, pod: str) -> bool:
    return state(kubectl, pod) == "running"


def endpoints(kubectl: Kubectl) -> set[str]:
    """Addresses that the podinfo Service leads to."""
    slices = kubectl.get("endpointslices")["items"]
    found = [endpoint for piece in slices for endpoint in piece["endpoints"] or ()]
    return {address for one in found if one["conditions"]["ready"] for address in one["addresses"]}


def rolled_out(kubectl: Kubectl, replicas: int) -> bool:
    status = kubectl.get("deployment", "podinfo")["status"]
    return all(status.get(f"{kind}Replicas") == replicas for kind in ("updated", "available")) and (
        status["replicas"] == replicas
    )


def version(lab: Lab, kubectl: Kubectl) -> str:
    """What the Service answers to somebody in the lab's network."""
    url = f"http://podinfo.{kubectl.namespace}:9898/version"
    return str(lab.exec(["curl", "--silent", url], capture_output=True, text=True).stdout)


def test_an_unmodified_deployment_rolls_out_rolls_over_and_scales(lab: Lab, kubectl: Kubectl) -> None:
    # given
    kubectl.apply(*podinfo("6.0.0"))
    eventually(lambda: rolled_out(kubectl, 2), seconds=30)
    eventually(lambda: len(endpoints(kubectl)) == 2)
    eventually(lambda: "6.0.0" in version(lab, kubectl))
    # when
    kubectl("set", "image", "deployment/podinfo", "podinfod=ghcr.io/stefanprodan/podinfo:6.0.1")
    # then
    kubectl("rollout", "status", "deployment/podinfo", "--timeout=30s")
    eventually(lambda: "6.0.1" in version(lab, kubectl))
    # when
    a_third_of_a_core = "while :; do i=0; while [ $i -lt 40000 ]; do i=$((i+1)); done; sleep 0.1; done"
    busy = subprocess.Popen(
        kubectl.command("exec", "deployment/podinfo", "--", "sh", "-c", a_third_of_a_core)
    )
    # then
    try:
        eventually(lambda: kubectl.get("deployment", "podinfo")["spec"]["replicas"] > 2, seconds=90, every=1)
    finally:
        busy.kill()
        busy.wait()


def test_configuration_reaches_a_pod_as_files_and_as_variables(kubectl: Kubectl) -> None:
    # given
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "door"},
        "stringData": {"key": "s3cret"},
    }
    kubectl.apply(configmap("words", greeting="hello", place="world"), secret)
    # when
    variables = [
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "door", "key": "key"}}},
        {"name": "ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {
            "name": "MEMORY",
            "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}},
        },
        {"name": "BOTH", "value": "$(KEY) at $(ADDRESS)"},
    ]
    mounts = [
        {"name": "words", "mountPath": "/etc/no/such/folder"},
        {"name": "scratch", "mountPath": "/scratch"},
    ]
    kubectl.apply(
        shell(
            "reader",
            FOREVER,
            container={
                "env": variables,
                "envFrom": [{"prefix": "W_", "configMapRef": {"name": "words"}}],
                "volumeMounts": mounts,
                "resources": {"limits": {"memory": "64Mi"}},
            },
            volumes=[{"name": "words", "configMap": {"name": "words"}}, {"name": "scratch", "emptyDir": {}}],
        )
    )
    eventually(lambda: runs(kubectl, "reader"))
    # then
    address = kubectl.get("pod", "reader")["status"]["podIP"]
    said = kubectl("exec", "reader", "--", "sh", "-c", "echo $BOTH; echo $MEMORY; echo $W_place")
    assert said.splitlines() == [f"s3cret at {address}", "64", "world"]
    assert kubectl("exec", "reader", "--", "cat", "/etc/no/such/folder/greeting") == "hello"
    assert kubectl("exec", "reader", "--", "sh", "-c", "echo x > /scratch/file; cat /scratch/file") == "x\n"


def test_a_pod_speaks_to_the_api_server_as_its_service_account(kubectl: Kubectl) -> None:
    kubectl.apply(shell("caller", FOREVER))
    eventually(lambda: runs(kubectl, "caller"))
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    request = f'curl -s --cacert {folder}/ca.crt -H "Authorization: Bearer $(cat {folder}/token)" '
    answer = kubectl("exec", "caller", "--", "sh", "-c", request + "https://kubernetes.default/api/v1/pods")
    assert f"system:serviceaccount:{kubectl.namespace}:default" in answer


def test_what_a_pod_writes_stays_in_the_pod(kubectl: Kubectl) -> None:
    name = f"/etc/of-{kubectl.namespace}"
    kubectl.apply(shell("writer", f"touch {name} && {FOREVER}"), shell("other", FOREVER))
    eventually(lambda: runs(kubectl, "writer") and runs(kubectl, "other"))
    assert kubectl("exec", "writer", "--", "ls", name).strip() == name
    assert not os.path.exists(name)
    assert kubectl("exec", "other", "--", "sh", "-c", f"ls {name} 2>&1 || true").startswith("ls:")


def test_a_crashing_container_backs_off_and_tells_why(kubectl: Kubectl) -> None:
    # when
    kubectl.apply(shell("crash", "echo last words; echo because > /dev/termination-log; exit 3"))
    # then
    eventually(lambda: state(kubectl, "crash") == "waiting CrashLoopBackOff")
    status = container(kubectl, "crash")
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["lastState"]["terminated"]["message"] == "because\n"
    assert kubectl("logs", "crash", "--previous") == "last words\n"
    eventually(lambda: "BackOff" in dict(kubectl.events("crash")))


def test_an_image_without_a_program_is_refused_with_those_that_have_one(kubectl: Kubectl) -> None:
    kubectl.apply(shell("stranger", FOREVER, container={"image": "nginx:1"}))
    eventually(lambda: state(kubectl, "stranger") in ("waiting ErrImagePull", "waiting ImagePullBackOff"))
    failed = eventually(lambda: [text for reason, text in kubectl.events("stranger") if reason == "Failed"])
    assert any("ghcr.io/stefanprodan/podinfo" in text for text in failed)


def test_a_program_that_is_not_there_is_a_start_error(kubectl: Kubectl) -> None:
    kubectl.apply(shell("absent", "", container={"command": ["no-such-program"]}))
    eventually(
        lambda: "lastState" in container(kubectl, "absent") and container(kubectl, "absent")["lastState"]
    )
    ended = container(kubectl, "absent")["lastState"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert '"no-such-program": executable file not found' in ended["message"]


def test_a_failing_readiness_probe_takes_a_pod_out_of_the_service(lab: Lab, kubectl: Kubectl) -> None:
    # given
    deployment, service, _ = podinfo()
    deployment["spec"]["replicas"] = 2
    probe = deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    probe |= {"periodSeconds": 1, "failureThreshold": 1}
    kubectl.apply(deployment, service)
    both = eventually(lambda: endpoints(kubectl) if len(endpoints(kubectl)) == 2 else set(), seconds=20)
    unready = sorted(both)[0]
    # when
    lab.exec(["curl", "--silent", "-X", "POST", f"http://{unready}:9898/readyz/disable"])
    # then
    eventually(lambda: endpoints(kubectl) == both - {unready}, seconds=3)
    # when
    lab.exec(["curl", "--silent", "-X", "POST", f"http://{unready}:9898/readyz/enable"])
    # then
    eventually(lambda: endpoints(kubectl) == both, seconds=3)


def test_a_failing_liveness_probe_restarts_the_container(kubectl: Kubectl) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/well"]}, "periodSeconds": 1, "failureThreshold": 1}
    kubectl.apply(shell("sick", f"touch /tmp/well; {FOREVER}", container={"livenessProbe": probe}))
    eventually(lambda: runs(kubectl, "sick"))
    kubectl("exec", "sick", "--", "rm", "/tmp/well")
    eventually(lambda: container(kubectl, "sick")["restartCount"] == 1 and runs(kubectl, "sick"))
    assert ("Killing", "Container main failed liveness probe, will be restarted") in kubectl.events("sick")


def test_a_pod_has_its_grace_period_to_end_well(kubectl: Kubectl) -> None:
    # given
    farewell = "trap 'sleep 1; echo ended well > /shared/note; exit 0' TERM; while :; do sleep 0.1; done"
    shared = {
        "container": {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]},
        "volumes": [{"name": "shared", "hostPath": {"path": "/dev/shm"}}],
    }
    kubectl.apply(shell("polite", farewell, **shared, terminationGracePeriodSeconds=20))
    kubectl.apply(shell("stubborn", "trap '' TERM; while :; do sleep 0.1; done"))
    eventually(lambda: runs(kubectl, "polite") and runs(kubectl, "stubborn"))
    # when
    begun = time.monotonic()
    kubectl("delete", "pod", "polite", "stubborn")
    # then
    assert 1 <= time.monotonic() - begun < 10
    with open("/dev/shm/note") as note:
        assert note.read() == "ended well\n"
    os.unlink("/dev/shm/note")


def test_logs_follow_a_pod_to_its_end(kubectl: Kubectl) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep 0.3; done"
    kubectl.apply(shell("teller", script, restartPolicy="Never"))
    eventually(lambda: state(kubectl, "teller").startswith(("running", "terminated")))
    assert kubectl("logs", "--follow", "teller") == "line 1\nline 2\nline 3\n"
    assert kubectl("logs", "teller", "--tail=1") == "line 3\n"
    eventually(lambda: kubectl.get("pod", "teller")["status"]["phase"] == "Succeeded")


def test_exec_carries_streams_and_the_exit_code(kubectl: Kubectl) -> None:
    kubectl.apply(shell("host", FOREVER))
    eventually(lambda: runs(kubectl, "host"))
    command = kubectl.command("exec", "--stdin", "host", "--", "sh", "-c", "cat; echo bad >&2; exit 7")
    done = subprocess.run(command, input="good\n", capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 7
    assert done.stdout == "good\n"
    assert done.stderr.startswith("bad\n")


def test_exec_opens_a_terminal(kubectl: Kubectl) -> None:
    # given
    kubectl.apply(shell("host", FOREVER))
    eventually(lambda: runs(kubectl, "host"))
    ours, theirs = pty.openpty()
    # when
    person = subprocess.Popen(
        kubectl.command("exec", "-it", "host", "--", "bash", "--norc"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, b"hostname; test -t 0 && echo a terminal; exit 4\n")
    # then
    assert person.wait(timeout=20) == 4
    said = os.read(ours, 65536).decode()
    assert "\rhost\r\na terminal\r\n" in said
    os.close(ours)


def test_measurements_reach_kubectl_top(kubectl: Kubectl) -> None:
    kubectl.apply(shell("measured", FOREVER))
    eventually(lambda: "measured" in kubectl("top", "pods"), seconds=40, every=0.5)


def test_pods_come_back_after_the_node_was_killed(lab: Lab, kubectl: Kubectl) -> None:
    # given
    kubectl.apply(shell("survivor", FOREVER))
    eventually(lambda: runs(kubectl, "survivor"))
    # when
    lab.kill("node")
    # then
    eventually(
        lambda: container(kubectl, "survivor")["restartCount"] == 1 and runs(kubectl, "survivor"), seconds=20
    )
    assert kubectl("exec", "survivor", "--", "echo", "here") == "here\n"
    assert kubectl.get("pods")["items"][0]["metadata"]["name"] == "survivor"


def test_containers_of_a_pod_begin_in_order_and_share_their_network(kubectl: Kubectl) -> None:
    serve = ["python3", "-m", "http.server", "8000"]
    sidecar = {"name": "side", "image": "alpine", "command": serve, "restartPolicy": "Always"}
    sidecar["startupProbe"] = {"tcpSocket": {"port": 8000}, "periodSeconds": 1}
    first = {"name": "first", "image": "busybox", "command": ["true"]}
    script = "curl --silent --fail --output /dev/null localhost:8000 && echo shared"
    kubectl.apply(shell("family", script, initContainers=[first, sidecar], restartPolicy="Never"))
    eventually(lambda: kubectl.get("pod", "family")["status"]["phase"] == "Succeeded", seconds=15)
    assert kubectl("logs", "family", "-c", "main") == "shared\n"


def address_of(kubectl: Kubectl, container: str) -> str:
    """What a container of the pod `pair` sees as its own."""
    show = ("ip", "-4", "-brief", "address", "show", "eth0")
    return kubectl("exec", "pair", "-c", container, "--", *show).split()[2].partition("/")[0]


def test_a_container_can_stand_before_the_others_and_they_are_one_pod(lab: Lab, kubectl: Kubectl) -> None:
    # given
    front = {"name": "front", "image": "istio/proxyv2", "command": ["sh", "-c", FOREVER]}
    serve = ["python3", "-m", "http.server", "8000"]
    behind = {"name": "behind", "image": "alpine", "command": serve}
    behind["readinessProbe"] = {"httpGet": {"port": 8000}, "periodSeconds": 1}
    pod = shell("pair", FOREVER)
    pod["spec"]["containers"] = [front, behind]
    kubectl.apply(pod)
    kubectl("wait", "pod/pair", "--for=condition=Ready", "--timeout=50s")
    # then
    address = kubectl.get("pod", "pair")["status"]["podIP"]
    other = kubectl("exec", "pair", "-c", "front", "--", "printenv", "LAB_BEHIND").strip()
    assert address_of(kubectl, "front") == address != other
    assert address_of(kubectl, "behind") == other
    assert lab.exec(["curl", "--silent", f"http://{address}:8000"]).returncode == 7  # nobody leads it on
    # when
    lab.kill(f"{kubectl.namespace}/pair")
    # then
    eventually(
        lambda: all(one["restartCount"] for one in kubectl.get("pod", "pair")["status"]["containerStatuses"])
    )
