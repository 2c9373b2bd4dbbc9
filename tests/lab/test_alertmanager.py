"""The real Alertmanager pages somebody for what goes wrong with a release, and says when it is over."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import yaml

from automation.core.alerts import Notice, Severity
from automation.questions.alerts.channels import CHANNELS
from automation.questions.alerts.message import Message
from lab.binaries import ensure
from tests.automation.loopback import Answer, Loopback, loopback
from tests.automation.questions.alerts.messages import recipient
from tests.lab.backends import free_ports
from tests.lab.deadline import eventually


@contextmanager
def alertmanager(folder: Path, pager: str) -> Iterator[str]:
    """The address of one that hands on at once what it hears."""
    (port,) = free_ports(1)
    config = folder / "alertmanager.yml"
    hook = {"url": pager, "send_resolved": True}
    route = {"receiver": "pager", "group_by": ["..."], "group_wait": "10ms", "group_interval": "50ms"}
    receiver = {"name": "pager", "webhook_configs": [hook]}
    config.write_text(yaml.safe_dump({"route": route, "receivers": [receiver]}))
    process = subprocess.Popen(
        [
            ensure(["alertmanager"])["alertmanager"],
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: urlopen(f"{address}/-/ready").status == 200)
        yield address
    finally:
        process.terminate()
        process.wait()


def paged(pager: Loopback) -> list[tuple[str, str, str]]:
    """State, severity and summary of each alert that somebody was paged for."""
    return [
        (alert["status"], alert["labels"]["severity"], alert["annotations"]["summary"])
        for asked in pager.asked
        for alert in json.loads(asked.body)["alerts"]
    ]


def test_what_fails_fires_and_the_next_run_ends_it(tmp_path: Path) -> None:
    with loopback(lambda asked: Answer(200)) as pager, alertmanager(tmp_path, pager.url) as address:

        def told(severity: Severity, text: str) -> None:
            notice = Notice("ops/on-call", severity, text, time.time())
            CHANNELS["alertmanager"].send(Message("podinfo", "test", notice), recipient(address))

        told(Severity.ERROR, "Failed checks threshold reached 10")
        eventually(lambda: paged(pager))
        assert paged(pager) == [("firing", "error", "podinfo.test: Failed checks threshold reached 10")]
        told(Severity.INFO, "New revision detected, progressing canary analysis.")
        eventually(lambda: len(paged(pager)) > 1)
        assert paged(pager)[1:] == [
            ("resolved", "error", "podinfo.test: New revision detected, progressing canary analysis.")
        ]
