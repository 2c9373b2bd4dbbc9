"""Puts one program into its pod and becomes it.

A script of its own, run as `python -I -S launch.py FD`, because a pod's start should cost milliseconds and not the
import of a package. FD holds a JSON object, the launch (see `lab.node.process.Launch`). What goes wrong before the
program runs is written to the launch's report descriptor; nothing is written there if all went well.

The program's root is a tmpfs. Every directory of the machine is overlaid onto it, so that the machine's tools are
there, writes stay in the pod, and mount points can be made where the machine has none. /run and /tmp begin empty;
/dev has what containers have.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import sys
import termios

TYPE_CHECKING = False  # of `typing`, whose import would cost as much as all others
if TYPE_CHECKING:
    from typing import Any

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWNET = 0x00020000, 0x04000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048  # nosuid, nodev, noexec, noatime, nodiratime: a user may not drop them
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
SHARED, FRESH = ("/proc", "/sys"), {"/tmp": 0o1777, "/run": 0o755}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}{arguments!r}: {os.strerror(error)}")


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str | None = None
) -> None:
    text = [value and value.encode() for value in (source, target, kind, options)]
    call("mount", text[0], text[1], text[2], flags, text[3])


def bind(source: str, target: str, flags: int = 0) -> None:
    mount(source, target, None, MS_BIND | flags)


def make_read_only(target: str) -> None:
    kept = os.statvfs(target).f_flag & KEPT_FLAGS
    mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def make_directory(root: str, path: str) -> None:
    """Makes `path` below `root`, each new part with the mode and owner it has on the machine, if it is there."""
    made = root
    for part in path.strip("/").split("/"):
        made = f"{made}/{part}"
        if os.path.isdir(made):
            continue
        os.mkdir(made)
        like_the_machine(made, made[len(root) :])


def like_the_machine(made: str, path: str) -> None:
    try:
        found = os.stat(path)
        os.chmod(made, found.st_mode & 0o7777)
        os.chown(made, found.st_uid, found.st_gid)
    except OSError:
        return  # not on the machine, or an owner that this user namespace does not know


def place(root: str, path: str, source: str) -> None:
    """Makes an empty mount point at `path` for `source`, a file or a directory."""
    if os.path.isdir(source):
        make_directory(root, path)
        return
    make_directory(root, os.path.dirname(path))
    if not os.path.lexists(root + path):
        open(root + path, "w").close()


def fill(root: str, layer: dict[str, Any]) -> None:
    """Puts the image's own directories, links and scripts into the root."""
    for path in layer["directories"]:
        make_directory(root, os.path.realpath(path))
    for path, target in layer["links"].items():
        here = on_machine(path)
        make_directory(root, os.path.dirname(here))
        os.symlink(target, root + here)
    for path, text in layer["scripts"].items():
        here = on_machine(path)
        make_directory(root, os.path.dirname(here))
        with open(root + here, "w") as script:
            script.write(text)
        os.chmod(root + here, 0o755)


def on_machine(path: str) -> str:
    """Where `path` is once the machine's links are followed (/bin is often usr/bin); its last part stays as it is."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def mount_points() -> list[str]:
    with open("/proc/self/mountinfo") as lines:
        return [line.split(" ")[4] for line in lines]


def graft(path: str, points: list[str]) -> None:
    """Makes what the machine has at `path` visible in the root, read through, written to the pod alone."""
    target = "root" + path
    if os.path.islink(path):
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        return
    if not os.path.isdir(path):
        place("root", path, path)
        bind(path, target)
        return
    make_directory("root", path)
    below = [point for point in points if point.startswith(path + "/")]
    if not [point for point in below if point != "/etc/hosts"] and overlay(path):
        return
    if not below:
        bind(path, target, MS_REC)
        return
    for name in os.listdir(path):
        graft(f"{path}/{name}", points)


def overlay(path: str) -> bool:
    work = "work" + path.replace("/", "-")
    os.mkdir(work)
    try:
        mount(
            "overlay",
            "root" + path,
            "overlay",
            0,
            f"lowerdir={path},upperdir=upper{path},workdir={work},userxattr",
        )
    except OSError:
        return False  # a file system that cannot be overlaid, or mounts below that this user may not hide
    return True


def build_root(launch: dict[str, Any]) -> None:
    """Makes the pod's root in `scratch` and enters it."""
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", launch["scratch"], "tmpfs", 0, "mode=755")
    os.chdir(launch["scratch"])
    for name in ("upper", "work", "root"):
        os.mkdir(name)
    bind("upper", "root")
    mounts = [(source, os.path.realpath(path), only) for source, path, only in launch["mounts"]]
    fill("root", launch["layer"])
    for source, path, _ in mounts:
        place("root", path, source)
    graft_machine()
    mount_volumes(sorted(mounts, key=lambda entry: entry[1]))
    os.chdir("root")
    call("syscall", 155, b".", b".")  # pivot_root has no wrapper in libc
    call("umount2", b".", MNT_DETACH)


def graft_machine() -> None:
    points = mount_points()
    for name in os.listdir("/"):
        path = "/" + name
        if path == "/dev":
            make_devices()
        elif path in FRESH:
            make_directory("root", path)
            os.chmod("root" + path, FRESH[path])
        elif path in SHARED:
            make_directory("root", path)
            bind(path, "root" + path, MS_REC)
        elif os.path.islink(path) or os.access(path, os.R_OK):
            graft(path, points)
        else:
            make_directory("root", path)  # such as another user's home: the pod has an empty one


def make_devices() -> None:
    """The devices that every container has; /dev is its own, so that files can be mounted there."""
    make_directory("root", "/dev/shm")
    os.chmod("root/dev/shm", 0o1777)
    for name in DEVICES:
        place("root", f"/dev/{name}", f"/dev/{name}")
        bind(f"/dev/{name}", f"root/dev/{name}", MS_REC)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"root/dev/{name}")


def mount_volumes(mounts: list[tuple[str, str, bool]]) -> None:
    for source, path, _ in mounts:
        place("root", path, source)  # again: inside a volume that has just been mounted above it
        bind(source, "root" + path)
    for _, path, read_only in mounts:
        if read_only:
            make_read_only("root" + path)


def enter_new(launch: dict[str, Any]) -> None:
    if launch["network"] is not None:
        call("setns", launch["network"], CLONE_NEWNET)
    call("unshare", CLONE_NEWNS | CLONE_NEWUTS)
    name = launch["hostname"].encode()
    call("sethostname", name, len(name))
    build_root(launch)


def enter_existing(pid: int) -> None:
    """Joins a running container: its network, host name and, last because paths change with it, its root."""
    spaces = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), kind) for name, kind in
              (("net", CLONE_NEWNET), ("uts", CLONE_NEWUTS), ("mnt", CLONE_NEWNS))]  # fmt: skip
    for space, kind in spaces:
        call("setns", space, kind)
        os.close(space)


def become(launch: dict[str, Any]) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that would be inherited
    os.chdir(launch["directory"])
    os.umask(0o022)
    argv, environment = launch["argv"], launch["environment"]
    # Not `os.execvpe`: it imports a module, and the interpreter's own files may be out of sight by now.
    places = [""] if "/" in argv[0] else [place + "/" for place in environment.get("PATH", "").split(":")]
    refused = "no such file or directory" if "/" in argv[0] else "executable file not found in $PATH"
    for place in places:
        try:
            os.execve(place + argv[0], argv, environment)
        except PermissionError:
            refused = "permission denied"
        except (FileNotFoundError, NotADirectoryError):
            continue
    raise OSError(f'exec: "{argv[0]}": {refused}')


def main() -> None:
    with open(int(sys.argv[1])) as sheet:
        launch = json.load(sheet)
    os.setsid()
    if launch["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != launch["parent"]:
        os._exit(137)  # the node died before its death could be noticed
    report = launch["report"]
    os.set_inheritable(report, False)
    try:
        if launch["enter"] is None:
            enter_new(launch)
        else:
            enter_existing(launch["enter"])
        become(launch)
    except OSError as error:
        os.write(report, str(error).encode())
        os._exit(128)


if __name__ == "__main__":
    main()
