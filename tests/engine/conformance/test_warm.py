"""An interpreter that was warm is like any other to its caller."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

SCRIPT = """
import os, sys
print(sys.argv[1:], os.getcwd(), os.environ["NAME"], sys.stdin.read())
print("trouble", file=sys.stderr)
sys.exit(7)
"""


def test_a_program_has_its_callers_world_and_its_own_exit_code(interpreters: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)

    done = subprocess.run(
        [interpreters / "bin" / "python", "-u", tmp_path / "script.py", "--flag", "a b"],
        cwd=tmp_path,
        env={"NAME": "value"},
        input="said",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (7, f"['--flag', 'a b'] {tmp_path} value said\n")
    assert done.stderr == "trouble\n"


def test_a_program_ends_with_its_caller(interpreters: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text('import signal\nprint("here", flush=True)\nsignal.pause()\n')
    command = [interpreters / "bin" / "python", tmp_path / "script.py"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "here\n"
        caller.kill()
        assert caller.stdout.read() == ""

    assert caller.returncode == -signal.SIGKILL
