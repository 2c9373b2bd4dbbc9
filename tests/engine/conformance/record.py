"""What is recorded of a command: the values that are compared, as JSON and free of what differs from run to run."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from typing import Any

from tests.engine.conformance.allowed import ALLOWED
from tests.engine.conformance.engines import Ended, Site
from tests.engine.conformance.objects import Request, objects

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_RULES = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        *((item.unsaid, "") for item in ALLOWED if item.unsaid),
        (_UNKNOWN, "UNKNOWN"),
        (_UUID, "UUID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
        (r"\((\d+m)?\d+(\.\d+)?s\)", "(DURATION)"),
        (
            r"( created| updated| deleted| replaced| replacement| read| imported| failed\*\*) \(DURATION\)",
            r"\1",
        ),
        (r"Duration: \S+", "Duration: DURATION"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "TIME"),
        (r"(?<=LAST UPDATE) +", " "),
        (r"(\bnow|\d+ (second|minute)s? ago) +(?=took |\d+$)", "AGO "),
        (r"(?<= took )\S+", "DURATION"),
        (r"(?<=encryptionsalt: )\S+", "SALT"),
        (r"v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+", "CIPHERTEXT"),
        (r"\bv1:[A-Za-z0-9+/=]{12}:CIPHERTEXT", "SALT"),
        (r"(?<=pulumi-kubernetes-)[0-9a-f]{8}\b", "HEX"),
        (r"(?<=[a-z]-)[0-9a-f]{8}\b", "HEX"),
        (r"(?<=generated-)[a-z0-9]{5}\b", "RANDOM"),
        (r"(?<=\[Pod NAMESPACE/)([a-z]+)(-[a-z0-9]{5,10})+\b", r"\1-RANDOM"),
        (r"\b10\.96\.\d+\.\d+\b", "ADDRESS"),
        (r"\b127\.0\.0\.1:\d+\b", "SERVER"),
        (r"0x[0-9a-f]+", "POINTER"),
        (r"/[^\s\"',:]*/site-packages/", "PACKAGES/"),
    )
)
_FLEETING = {
    "resourceVersion",
    "uid",
    "sequence",
    "timestamp",
    "durationSeconds",
    "duration",
    "time",
    "salt",
    "startTime",
    "endTime",
}
# Rows of what is under way: how often they are printed depends on the time that it takes.
_PROGRESS = re.compile(
    r"^ .. \S+:\S+ \S+ ([a-z]+ing|[a-z]+ing (original|replacement))( \(DURATION\)(\[retain\])?| \[diff: .*\])*"
    r"( [A-Z\[{✅].*|;? (error|warning): .*)?$"
    r"|^\.+$|^@ |^ >  pulumi:pulumi:StackReference |^ {4}\S+:\S+:\S+ \S+( |$)|^ .. pulumi:pulumi:Stack "
)
_COUNT = re.compile(
    r"(?<=[a-z*\]])(;? \d+ (warning|error|message)s?;?)+$|(?<=[a-z*\])]);? (error|warning): .*$"
)
_STAMP = re.compile(r"(?<=[.-])\d{16,}(?=\.)")
# In this order an update prints and records resources, when they run side by side nobody's.
_STEPS = ("resourcePreEvent", "resOutputsEvent", "resOpFailedEvent")


class Recorder:
    """Records the commands of one site; `request` asks its cluster."""

    def __init__(self, site: Site, request: Request):
        self._site, self._request = site, request

    def record(self, ended: Ended) -> dict[str, Any]:
        """Everything that is compared after one command."""
        return {
            "code": ended.code,
            "stdout": self._text(ended.stdout),
            "stderr": self._text(ended.stderr),
            "events": self._events(ended.events, failed=ended.code != 0),
            "state": self._state(),
            "history": self._history(),
            "files": self._files(),
            "settings": self._settings(),
            "objects": self._objects() if ended.events else {},
        }

    def _text(self, text: str) -> Any:
        """JSON as such, else lines: those of a display stand in the order of what ended when."""
        if text.startswith(("{", "[")):
            for read in (lambda text: self._document(json.loads(text)), self._events):
                with suppress(ValueError):
                    return read(text)
        lines = (_row(self._line(line).rstrip().rstrip(";")) for line in text.splitlines())
        return sorted({line for line in lines if line and not _PROGRESS.search(line)})

    def _document(self, document: Any) -> Any:
        """JSON as such; the steps of a preview by their resources, as those of events."""
        if not isinstance(document, dict) or "steps" not in document:
            return self._plain(document)
        steps: dict[str, list[Any]] = {}
        for step in self._plain(document.pop("steps")):
            steps.setdefault(_short(step["urn"]), []).append(step)
        return {**self._plain(document), "steps": steps}

    def _events(self, text: str, failed: bool = False) -> dict[str, Any]:
        """Whether a failure ends an update before or after its program tells the stack's outputs depends on time."""
        steps: dict[str, list[Any]] = {}
        others: dict[str, list[Any]] = {"diagnosticEvent": []}
        for event in map(json.loads, text.splitlines()):
            for name, body in self._plain(event).items():
                if name in _STEPS:
                    metadata = body.pop("metadata")
                    if failed and name == "resOutputsEvent" and metadata["type"] == "pulumi:pulumi:Stack":
                        continue
                    told = {"event": name, **body, **metadata}
                    steps.setdefault(_short(metadata["urn"]), []).append(told)
                elif isinstance(body, dict):
                    others.setdefault(name, []).append(body)
        return {"steps": steps, **{name: sorted(bodies, key=json.dumps) for name, bodies in others.items()}}

    def _state(self) -> dict[str, Any]:
        found = self._site.state / "stacks" / "shop" / "dev.json"
        if not found.exists():
            return {}
        text = found.read_text()
        try:
            document = json.loads(text)
        except ValueError:
            return {"unreadable": self._line(text)}
        latest = document.pop("checkpoint").get("latest") or {}
        resources: dict[str, list[Any]] = {}
        for item in self._plain(latest.pop("resources", None) or []):
            resources.setdefault(_short(item["urn"]), []).append(item)
        latest.pop("manifest", None)
        return {"resources": resources, **document, **self._plain(latest)}

    def _history(self) -> list[Any]:
        folder = self._site.state / "history" / "shop" / "dev"
        return [self._plain(json.loads(file.read_text())) for file in sorted(folder.glob("*.history.json"))]

    def _files(self) -> dict[str, int]:
        """What the backend consists of: how many files of each name, which may contain a time.

        Copies of what was written before, and what a storage library writes for itself, are nobody's concern.
        """
        found = (file for file in self._site.state.rglob("*") if file.suffix not in (".attrs", ".bak"))
        paths = (file.relative_to(self._site.state) for file in found if file.is_file())
        return Counter(_STAMP.sub("STAMP", self._line(str(path))) for path in paths)

    def _settings(self) -> dict[str, Any]:
        """The settings of stacks as they are written, comments and order too."""
        found = {file.name: file.read_text() for file in self._site.work.rglob("Pulumi.*.*")}
        return {name: [self._line(line) for line in text.splitlines()] for name, text in found.items()}

    def _objects(self) -> dict[str, Any]:
        found: dict[str, list[Any]] = {}
        for name, items in objects(self._request, self._site.namespace).items():
            found.setdefault(self._line(name), []).extend(map(self._plain, items))
        return {name: sorted(items, key=json.dumps) for name, items in found.items()}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self._line(key): "FLEETING" if key in _FLEETING else self._plain(_own(key, item))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        return self._line(value) if isinstance(value, str) else value

    def _line(self, text: str) -> str:
        text = text.replace(self._site.namespace, "NAMESPACE").replace(str(self._site.folder), "FOLDER")
        for pattern, name in _RULES:
            text = pattern.sub(name, text)
        return text


def _short(urn: str) -> str:
    return "::".join(urn.split("::")[2:])


def _row(line: str) -> str:
    """A row without what was said about its resource; that is told under `Diagnostics:`."""
    return _COUNT.sub("", line) if re.match(r"^ [ +~<>=-]{2} ", line) else line


def _own(key: str, value: Any) -> Any:
    """A value without what is chance: of a stack trace only the frames that are the project's."""
    if key in ("keys", "diffs") and isinstance(value, list):
        return sorted(value)  # the official engine has them in the order of a Go map
    if key != "stackTrace":
        return value
    return [
        frame
        for frame in value
        if not frame.get("sourcePosition", "project:///..").startswith("project:///..")
    ]
