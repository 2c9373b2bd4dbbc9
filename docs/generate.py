"""Writes the pages that are made from code, or with --check says which of them are out of date.

python -m docs.generate [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from automation.core import diagram
from automation.errors import all_errors
from docs import gateways_page, metrics_page, policies_page, settings_page

FOLDER = Path(__file__).parent


def errors_page() -> str:
    rows = "\n".join(
        f"| {error.exit_code} | `{error.__name__}` | {error.meaning} |" for error in all_errors()
    )
    return f"""# Exit codes

Made from `automation/errors.py` by `make docs`. Every code has one meaning; scripts may rely on it.

| code | error | meaning |
| ---: | --- | --- |
| 0 | | done, or promoted |
| 1 | | an unexpected error: ours to mend |
| 2 | | wrong usage of a command |
{rows}
| 130 | | interrupted from the keyboard |

Codes from 30 on are refusals: nothing was begun. With 23 and 30 it is told what is waited for, whoever drives the
Canary, such as a primary that is not ready, with what its pods say and the command that is the way out. `sluice abort`,
`retry` and `retire` end with 42 exactly where a driver would do nothing about them. `sluice pulumi …` ends with
Pulumi's own codes (see [engine.md](engine.md)), `sluice lab …` with the lab's (see [lab.md](lab.md)).
"""


PAGES: dict[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "gateways.md": gateways_page.page,
    "metrics.md": metrics_page.page,
    "policies.md": policies_page.page,
    "settings.md": settings_page.page,
    "state-machine.md": diagram.page,
}


def main(arguments: list[str]) -> int:
    """0, or 1 when --check found a page that differs from what the code says."""
    stale = []
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text)
    if "--check" in arguments and stale:
        print(f"out of date: {', '.join(f'docs/{name}' for name in stale)}; run: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
