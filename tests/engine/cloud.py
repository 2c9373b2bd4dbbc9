"""A resource package for tests: things are files in a folder, so that they outlive the process that made them."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.provider import (
    Change,
    Checked,
    CheckFailure,
    Diff,
    InitFailed,
    Operation,
    Package,
    PropertyDiff,
    ProviderError,
    Read,
)
from engine.values import UNKNOWN, PropertyMap, Secret, has_unknown, reveal

REPLACING = ("kind", "place")


class Cloud:
    """Package and provider `cloud`. Every type behaves the same; inputs say what is to happen.

    name: the file's name; without one it is made up. kind, place: changing them replaces the thing, `place` only
    after the old one is deleted. fail: the operation (create, update, delete, diff, read) that fails. unready: the
    reason why the thing does not become ready. bad: makes the check fail. seconds: how long operations take.
    Outputs are the inputs, `size` (characters of all values) and, for a `password`, `token`.
    A thing is found by its id, and by that with `things/` before it.
    """

    name = "cloud"

    def __init__(self, folder: Path):
        self.folder = folder
        self.calls: list[tuple[str, str]] = []
        self.most_at_once = 0
        self.at_create: Callable[[], None] = lambda: None
        self._at_once = 0
        self._lock = threading.Lock()

    # What the tests ask.

    def things(self) -> dict[str, dict[str, Any]]:
        """Everything that exists, by id."""
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))}

    def called(self, verb: str) -> list[str]:
        """The names of the resources for which something was called, in order."""
        return [name for call, name in self.calls if call == verb]

    # Package.

    def check_config(self, operation: Operation, news: PropertyMap) -> Checked:
        bad = reveal(news.get("bad", ""))
        return Checked(news, (CheckFailure("bad", str(bad)),) if bad else ())

    def diff_config(self, operation: Operation, olds: PropertyMap, news: PropertyMap) -> Diff:
        if reveal(olds.get("region")) != reveal(news.get("region")):
            return Diff(Change.SOME, replaces=("region",), changed=("region",))
        return Diff(Change.SOME, changed=("other",)) if reveal(olds) != reveal(news) else Diff()

    def configure(self, inputs: PropertyMap) -> Cloud:
        return self

    def within(self, environment: Mapping[str, str]) -> Package:
        return self

    def secret_outputs(self, type: str) -> tuple[str, ...]:
        return ("token",)

    # Provider.

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        self._note("check", operation)
        if "bad" in news:
            return Checked(news, (CheckFailure("bad", str(reveal(news["bad"]))),))
        if "name" in news:
            return Checked(news)
        name = olds.get("name") or f"{operation.urn.rpartition('::')[2]}-{seed.hex()[:7]}"
        return Checked({**news, "name": name, "auto": True})

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        self._note("diff", operation)
        self._fail("diff", news)
        old, new = reveal(old_inputs), reveal(news)
        changed = tuple(key for key in sorted({*old, *new}) if old.get(key) != new.get(key))
        replaces = tuple(
            key for key in changed if key in REPLACING or (key == "name" and not new.get("auto"))
        )
        detailed = {
            key: PropertyDiff("update-replace" if key in replaces else "update", input_diff=True)
            for key in changed
        }
        return Diff(
            Change.SOME if changed else Change.NONE,
            replaces,
            changed,
            detailed,
            delete_before_replace="place" in replaces,
        )

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        self._note("create", operation)
        if operation.preview:
            return "", {**news, "size": UNKNOWN}
        self.at_create()
        with self._busy(news):
            self._fail("create", news)
            path = self._path(str(reveal(news["name"])))
            self._write(path, news, fresh=True)
            self._require_ready(path.stem, news)
            return path.stem, self._outputs(news)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        self._note("update", operation)
        if operation.preview:
            return {**news, "size": UNKNOWN} if has_unknown(news) else self._outputs(news)
        with self._busy(news):
            self._fail("update", news)
            self._write(self._path(id), news, fresh=False)
            self._require_ready(id, news)
            return self._outputs(news)

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        self._note("read", operation)
        self._fail("read", inputs or {})
        id = id.removeprefix("things/")
        found = self.things().get(id)
        if found is None:
            return Read("")
        return Read(id, self._outputs(found), found)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        self._note("delete", operation)
        with self._busy(inputs):
            self._fail("delete", inputs)
            self._path(id).unlink(missing_ok=True)

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap:
        if token == "cloud:index:fail":
            raise ProviderError("as asked")
        return {"echo": args, "count": len(self.things())}

    def recover(self, operation: Operation, type: str, inputs: PropertyMap) -> Read:
        found = self.things().get(str(reveal(inputs.get("name", ""))))
        return Read("") if found is None else Read(str(found["name"]), self._outputs(found), found)

    # Details.

    def _path(self, id: str) -> Path:
        return self.folder / f"{id}.json"

    def _write(self, path: Path, inputs: PropertyMap, fresh: bool) -> None:
        """All or nothing, as a real API would."""
        temporary = path.with_suffix(f".{threading.get_ident()}")
        temporary.write_text(json.dumps(reveal(inputs)))
        try:
            (os.link if fresh else os.replace)(temporary, path)
        except FileExistsError as error:
            raise ProviderError(f"thing '{path.stem}' already exists") from error
        finally:
            temporary.unlink(missing_ok=True)

    def _outputs(self, inputs: PropertyMap) -> PropertyMap:
        outputs = {**inputs, "size": sum(len(str(value)) for value in reveal(inputs).values())}
        if "password" in inputs:
            outputs["token"] = Secret(f"token of {reveal(inputs['password'])}")
        return outputs

    def _note(self, verb: str, operation: Operation) -> None:
        with self._lock:
            self.calls.append((verb, operation.urn.rpartition("::")[2]))

    def _fail(self, verb: str, inputs: PropertyMap) -> None:
        if inputs.get("fail") == verb:
            raise ProviderError(f"{verb} failed as asked")

    def _require_ready(self, id: str, inputs: PropertyMap) -> None:
        if "unready" in inputs:
            raise InitFailed(
                f"'{id}' did not become ready", id, self._outputs(inputs), [str(inputs["unready"])]
            )

    @contextmanager
    def _busy(self, inputs: PropertyMap) -> Iterator[None]:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(float(inputs.get("seconds", 0)))
            yield
        finally:
            with self._lock:
                self._at_once -= 1
