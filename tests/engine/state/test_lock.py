"""Locks: one update at a time, and no waiting for the dead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.state import layout
from engine.state.errors import StackLocked
from engine.state.files import Backend
from engine.state.holder import Holder, is_dead
from engine.state.lock import cancel, locked, locks
from engine.state.reference import StackReference


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def leave(backend: Backend, ref: StackReference, holder: Holder, name: str = "other") -> str:
    key = f"{layout.locks(ref)}/{name}.json"
    backend.write(key, json.dumps(holder.document()).encode())
    return key


def test_a_lock_is_there_while_it_is_held(backend: Backend, ref: StackReference) -> None:
    with locked(backend, ref, print):
        (lock,) = locks(backend, ref)
        document = json.loads(backend.read(lock.key))
        assert document["pid"] == os.getpid()
        assert set(document) >= {"pid", "username", "hostname", "timestamp"}
    assert locks(backend, ref) == []


def test_a_lock_is_given_back_when_the_work_fails(backend: Backend, ref: StackReference) -> None:
    with pytest.raises(RuntimeError), locked(backend, ref, print):
        raise RuntimeError
    assert locks(backend, ref) == []


def test_a_live_lock_is_the_official_error(backend: Backend, ref: StackReference) -> None:
    holder = replace(Holder.current(), pid=os.getppid(), since=datetime(2030, 1, 2, 3, 4, 5, 678, UTC))
    key = leave(backend, ref, holder)
    with pytest.raises(StackLocked) as caught, locked(backend, ref, print):
        pass
    assert str(caught.value) == (
        "the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock "
        f"file with `pulumi cancel`.\n  {backend.locate(key)}: created by {holder.user}@{holder.host} "
        f"(pid {os.getppid()}) at 2030-01-02T03:04:05Z"
    )
    assert [lock.key for lock in locks(backend, ref)] == [key], "only one's own lock is removed"


def test_a_lock_of_this_very_process_is_live(backend: Backend, ref: StackReference) -> None:
    with locked(backend, ref, print), pytest.raises(StackLocked), locked(backend, ref, print):
        pass


def test_stacks_do_not_lock_one_another(backend: Backend, ref: StackReference) -> None:
    other = replace(ref, name="prod")
    with locked(backend, ref, print), locked(backend, other, print), pytest.raises(StackLocked):
        locked(backend, other, print).__enter__()


def test_the_lock_of_a_dead_process_is_taken_over_and_told(
    backend: Backend, ref: StackReference, dead: int
) -> None:
    leave(backend, ref, replace(Holder.current(), pid=dead))
    said: list[str] = []
    with locked(backend, ref, said.append):
        assert len(locks(backend, ref)) == 1
    assert len(said) == 1
    assert f"(pid {dead})" in said[0]
    assert "taking over" in said[0]


def test_a_dead_lock_of_the_official_cli_is_taken_over_in_a_local_folder(
    backend: Backend, ref: StackReference, dead: int
) -> None:
    stamp = "2026-05-04T03:02:01.123456789+02:00"
    here = Holder.current()
    document = {"pid": dead, "username": "root", "hostname": here.host, "timestamp": stamp}
    backend.write(f"{layout.locks(ref)}/official.json", json.dumps(document).encode())
    with locked(backend, ref, print):
        pass
    assert locks(backend, ref) == []


def test_a_file_that_is_no_lock_counts_as_one(backend: Backend, ref: StackReference) -> None:
    backend.write(f"{layout.locks(ref)}/torn.json", b'{"pid":')
    with pytest.raises(StackLocked, match="somebody unknown"), locked(backend, ref, print):
        pass


def test_cancel_removes_every_lock(backend: Backend, ref: StackReference) -> None:
    leave(backend, ref, Holder.current(), "a")
    backend.write(f"{layout.locks(ref)}/torn.json", b"")
    assert cancel(backend, ref) == 2
    assert cancel(backend, ref) == 0


def test_two_that_lock_at_the_same_moment_both_stand_back(backend: Backend, ref: StackReference) -> None:
    """The other's lock appears between the first look and our own lock."""

    class Late:
        def __init__(self) -> None:
            self.looks = 0

        def __getattr__(self, name: str) -> object:
            return getattr(backend, name)

        def files(self, folder: str) -> list[str]:
            self.looks += 1
            if self.looks == 2:
                leave(backend, ref, replace(Holder.current(), host="elsewhere"))
            return backend.files(folder)

    with pytest.raises(StackLocked, match="@elsewhere"), locked(Late(), ref, print):  # type: ignore[arg-type]
        pass
    assert [lock.holder.host for lock in locks(backend, ref) if lock.holder] == ["elsewhere"]


HERE = Holder(1, "me", "host", datetime(2026, 1, 1, tzinfo=UTC), boot="boot", space="space")


@pytest.mark.parametrize(
    ("change", "local", "expected"),
    [
        ({}, True, True),
        ({}, False, True),
        ({"host": "elsewhere"}, True, False),
        ({"space": "another"}, True, False),
        ({"boot": "earlier"}, True, True),
        ({"boot": "earlier"}, False, False),
        ({"boot": "", "space": ""}, True, True),
        ({"boot": "", "space": ""}, False, False),
    ],
    ids=[
        "ended",
        "ended, shared store",
        "another host",
        "another container",
        "before a restart of the machine",
        "the same before a restart, shared store",
        "official lock",
        "official lock, shared store",
    ],
)
def test_who_counts_as_dead(change: dict[str, str], local: bool, expected: bool, dead: int) -> None:
    holder = replace(HERE, pid=dead, **change)  # type: ignore[arg-type]
    assert is_dead(holder, HERE, local) is expected


def test_a_number_that_another_process_has_taken_since_counts_as_dead() -> None:
    long_ago = replace(HERE, pid=os.getpid(), since=datetime.now(UTC) - timedelta(days=365))
    assert is_dead(long_ago, HERE, local=True)
    assert not is_dead(replace(long_ago, since=datetime.now(UTC)), HERE, local=True)


def test_a_killed_holder_of_a_real_lock_is_recognised(
    backend: Backend, ref: StackReference, tmp_path: Path
) -> None:
    script = tmp_path / "hold.py"
    script.write_text(
        "import sys, time\nfrom pathlib import Path\n"
        "from engine.state.backend import open_backend\nfrom engine.state.lock import locked\n"
        "from engine.state.reference import StackReference\n"
        "with locked(open_backend(sys.argv[1], {}, Path('/')), StackReference('shop', 'dev'), print):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, script, backend.url], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    with pytest.raises(StackLocked), locked(backend, ref, print):
        pass
    child.kill()
    child.wait()
    said: list[str] = []
    with locked(backend, ref, said.append):
        pass
    assert f"(pid {child.pid})" in said[0]
