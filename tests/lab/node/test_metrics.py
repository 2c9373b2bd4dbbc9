"""Measurements of pods, and how a remote command's end is told."""

from lab.node.channels import outcome
from lab.node.metrics import Sample, exposition, summary
from lab.node.usage import Usage, parse_stat

TWO = [
    Sample("test", "p", "a", "2026-01-01T00:00:00Z", Usage(1.5, 100)),
    Sample("test", "p", "b", "2026-01-01T00:00:00Z", Usage(0.5, 50)),
]


def test_a_name_with_blanks_and_brackets_does_not_shift_the_fields() -> None:
    fields = ["S", *["0"] * 10, "100", "50", "25", "25", *["0"] * 6, "3"]
    used = parse_stat(f"7 (a ) b) {' '.join(fields)}\n")
    assert used == Usage(2.0, 3 * 4096)


def test_measurements_are_given_by_container_and_by_pod() -> None:
    lines = [line.rsplit(" ", 1)[0] for line in exposition(TWO, Usage(10.0, 1000)).splitlines()]
    assert 'container_cpu_usage_seconds_total{container="a",namespace="test",pod="p"} 1.5' in lines
    assert 'container_memory_working_set_bytes{container="b",namespace="test",pod="p"} 50' in lines
    assert 'pod_cpu_usage_seconds_total{namespace="test",pod="p"} 2.0' in lines
    assert "node_memory_working_set_bytes 1000" in lines


def test_the_summary_adds_up_containers() -> None:
    [pod] = summary("lab", TWO, Usage())["pods"]
    assert pod["podRef"] == {"namespace": "test", "name": "p"}
    assert pod["memory"]["workingSetBytes"] == 150
    assert [container["name"] for container in pod["containers"]] == ["a", "b"]


def test_the_end_of_a_remote_command() -> None:
    assert outcome(0, "")["status"] == "Success"
    failed = outcome(7, "")
    assert failed["reason"] == "NonZeroExitCode"
    assert failed["details"] == {"causes": [{"reason": "ExitCode", "message": "7"}]}
    assert outcome(0, "never ran")["message"] == "never ran"
