"""The official engine's folder, and the host that runs Python programs for it. Nothing is built here."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from lab.binaries import PARTS
from lab.official.folder import PROGRAMS, official

RUNNER = """import json, os, sys
print("config", json.loads(os.environ["PULUMI_CONFIG"]), flush=True)
sys.exit(int(os.environ["PULUMI_TEST_CODE"]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As `official` leaves it when the programs are there already."""
    monkeypatch.setenv("SLUICE_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        program = tmp_path / "bin" / f"{name}-{PARTS[name].version}"
        program.write_text(RUNNER)
        program.chmod(0o755)
    return official()


def run(folder: Path, project: Path, code: int) -> tuple[language_pb2.RunResponse, str]:
    """What the host answers for a program that ends with `code`, and all that it printed."""
    host = subprocess.Popen(
        [folder / "pulumi-language-python", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PULUMI_TEST_CODE": str(code)},
    )
    assert host.stdout
    try:
        with grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}") as channel:
            stub = language_pb2_grpc.LanguageRuntimeStub(channel)
            answer = stub.Run(language_pb2.RunRequest(pwd=str(project), config={"a:b": "c"}), timeout=30)
    finally:
        host.send_signal(signal.SIGINT)
        printed, _ = host.communicate(timeout=10)
    assert host.returncode == 0
    return answer, printed


def test_the_engine_finds_its_plugins_by_name(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"pulumi", "pulumi-resource-kubernetes", "pulumi-language-python"}
    assert sys.executable in (folder / "pulumi-language-python").read_text()


def test_asking_again_gives_the_same_folder(folder: Path) -> None:
    assert official() == folder


@pytest.mark.parametrize(
    ("code", "error", "bail"),
    [(0, "", False), (32, "", True), (1, "Program exited with non-zero exit code: 1", False)],
)
def test_the_host_says_how_a_program_ended(
    folder: Path, tmp_path: Path, code: int, error: str, bail: bool
) -> None:
    answer, printed = run(folder, tmp_path, code)
    assert (answer.error, answer.bail) == (error, bail)
    assert "config {'a:b': 'c'}" in printed
