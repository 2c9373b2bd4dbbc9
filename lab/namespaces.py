"""Namespaces: how a lab's are entered, made, and why a machine may refuse to make them."""

import os
from collections.abc import Mapping
from pathlib import Path

SETTINGS = {
    "kernel.unprivileged_userns_clone": "0",
    "kernel.apparmor_restrict_unprivileged_userns": "1",
    "user.max_user_namespaces": "0",
}
"""Kernel setting -> the value with which it forbids user namespaces to ordinary users."""

REMEDIES = {
    "kernel.unprivileged_userns_clone": "1",
    "kernel.apparmor_restrict_unprivileged_userns": "0",
    "user.max_user_namespaces": "15000",
}


def isolate(root: bool) -> list[str]:
    """Command prefix that runs a command as first process of a lab's namespaces.

    A process namespace of its own means that whatever the first process started ends with it, however it ends.
    """
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return command if root else [*command, "--user", "--map-root-user"]


def enter(pid: int, root: bool, folder: Path) -> list[str]:
    """Command prefix that runs a command inside the namespaces of the process `pid`, in `folder`."""
    command = ["nsenter", "--target", str(pid), "--net", "--mount", "--pid"]
    if not root:
        command += ["--user", "--preserve-credentials"]
    return [*command, "--", "env", "-C", str(folder)]


def refusal(said: str, settings: Mapping[str, str], root: bool) -> str:
    """Why namespaces could not be made, given what `unshare` said and the kernel's settings, and what to do."""
    forbidding = [name for name, value in SETTINGS.items() if settings.get(name) == value]
    if forbidding and not root:
        cures = " ".join(f"{name}={REMEDIES[name]}" for name in forbidding)
        return (
            f"This machine forbids namespaces to ordinary users by {' and '.join(forbidding)}. "
            f"Allow them with `sudo sysctl -w {cures}`, or run the lab as root."
        )
    return (
        f"This machine does not let the lab make namespaces ({said.strip() or 'unshare failed'}). Inside a container, "
        "start it with `--privileged` (or `--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined`); elsewhere, run the lab as an ordinary user or as root on the machine."
    )


def kernel_settings() -> dict[str, str]:
    """Those of `SETTINGS` that this kernel has."""
    found = {}
    for name in SETTINGS:
        path = Path("/proc/sys") / name.replace(".", "/")
        if path.exists():
            found[name] = path.read_text().strip()
    return found


def processes(pid: int) -> dict[int, int]:
    """Processes in the process namespace of `pid`: number inside -> number outside."""
    lab = _namespace(pid)
    outside = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return {_number_inside(number): number for number in outside if lab and _namespace(number) == lab}


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _number_inside(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), 0)
