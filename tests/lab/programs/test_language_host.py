"""The official engine's language host as a process."""

from __future__ import annotations

import subprocess
import sys

from lab.official import language

ENGINE = "import subprocess, sys; subprocess.run(sys.argv[1:], check=False)"


def test_the_host_ends_with_an_engine_that_is_killed() -> None:
    command = [sys.executable, "-c", ENGINE, sys.executable, language.__file__, "runner", "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        assert int(engine.stdout.readline()) > 0
        engine.kill()
        rest, _ = engine.communicate(timeout=60)  # as long as the host lives, it holds the pipe open
    assert rest == b""
