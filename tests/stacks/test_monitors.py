"""Files of ServiceMonitors, as settings name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.core.refusal import Problem, Refused
from stacks import monitors

MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  endpoints: [{port: metrics%s}]
"""


def test_every_monitor_of_every_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(f"{MONITOR % ''}---{MONITOR % ''}")
    (tmp_path / "two.yaml").write_text(MONITOR % "")
    read = monitors.read(["one.yaml", "two.yaml"], tmp_path)
    assert [one["spec"]["endpoints"] for one in read] == 3 * [[{"port": "metrics"}]]


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(MONITOR % ", path: [a]")
    (tmp_path / "two.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n")
    with pytest.raises(Refused) as refused:
        monitors.read(["one.yaml", "two.yaml", "three.yaml"], tmp_path)
    assert refused.value.problems == (
        Problem(
            "three.yaml",
            "No such file or directory",
            "mend the path in the settings of the environment; it is relative to the project",
        ),
        Problem("one.yaml: ServiceMonitor shop: spec.endpoints[0].path", "is a list, not text", "write text"),
        Problem(
            "two.yaml: Service shop",
            "is no ServiceMonitor",
            "move it to a file that Prometheus is not told of",
        ),
    )
