"""Where in the project something is declared, as the state records it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote


class Positions:
    """Positions of one run; paths are told from `folder`, that of the project."""

    def __init__(self, folder: str):
        self._told = lru_cache(maxsize=None)(_relative(folder))

    def of(self, source: Any) -> str:
        """`project:///__main__.py#6`, with the column behind a comma if there is one; empty for no file."""
        place = self._told(source.uri)
        if not place:
            return ""
        return f"{place}#{source.line},{source.column}" if source.column else f"{place}#{source.line}"

    def frames(self, trace: Iterable[Any]) -> list[dict[str, str]]:
        """The frames of a stack trace, the innermost first; one that is no file's is empty."""
        places = (self.of(frame.pc) for frame in trace)
        return [{"sourcePosition": place} if place else {} for place in places]


def _relative(folder: str) -> Any:
    def told(uri: str) -> str:
        if not uri.startswith("file://"):
            return uri if uri.startswith("project:") else ""
        path = os.path.relpath(unquote(uri.removeprefix("file://")), folder)
        return f"project:///{path}"

    return told
