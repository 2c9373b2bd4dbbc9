"""`python -m lab.fetch NAME…`: get programs, and print where they are (or why not) as one JSON document.

It works for whoever holds the other end of its standard input, and ends with all it started when that is closed.
"""

import json
import os
import signal
import sys
import threading

from lab.binaries import ensure
from lab.errors import LabError


def _end_with_input() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Programs are got one after the other; the first that can't be had ends it."""
    os.setsid()
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        print(json.dumps({"found": {name: str(path) for name, path in ensure(sys.argv[1:]).items()}}))
    except LabError as problem:
        print(json.dumps({"problem": str(problem)}))


if __name__ == "__main__":
    main()
