"""`python -m lab.outside CONFIG LOCK [DOOR, SOCKET]…`: the part of a lab that stays outside of its namespaces.

It starts everything else in them and ends when that ends. Inside there is no way to the internet, so it also
gets programs that are first needed when the lab runs: `lab.binaries.ensure` asks for them on a unix socket.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.config import Config
from lab.errors import Missing
from lab.namespaces import isolate

WHERE = "LAB_OUTSIDE"
"""Variable that tells a process that it is inside, and where to ask."""


def ask_outside(where: str, names: list[str]) -> dict[str, Path]:
    """Have the programs `names` got outside. Raises `Missing`."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(where)
        except OSError as problem:
            raise Missing(f"{', '.join(names)} can't be asked for outside the lab: {problem}.") from problem
        connection.sendall(json.dumps(names).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile() as stream:
            text = stream.read()
    answer: dict[str, Any] = json.loads(text or '{"problem": "The lab is going down."}')
    if "problem" in answer:
        raise Missing(answer["problem"])
    return {name: Path(path) for name, path in answer["found"].items()}


def _serve(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """A process of its own does the work: it needs much more of Python, and only now and then."""
    with connection, connection.makefile() as stream:
        names = json.loads(stream.read())
        command = [sys.executable, "-m", "lab.fetch", *names]
        environment = {name: value for name, value in os.environ.items() if name != WHERE}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        ) as fetcher:
            assert fetcher.stdout
            answer = fetcher.stdout.read()
        with suppress(OSError):  # whoever asked has gone
            connection.sendall(answer)


def main() -> None:
    """The first process inside is told of our end by the end of a pipe."""
    config = Config.read(sys.argv[1])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each relayed connection takes two
    kept = [int(sys.argv[2]), *(json.loads(argument)[1] for argument in sys.argv[3:])]
    tether, held = os.pipe()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(config.outside))
    listener.listen()
    command = [sys.executable, "-m", "lab.supervisor", str(config.path), str(tether), *sys.argv[3:]]
    inside = subprocess.Popen(
        [*isolate(root=os.getuid() == 0), *command], stdin=subprocess.DEVNULL, pass_fds=[tether, *kept]
    )
    for number in (tether, *kept[1:]):
        os.close(number)
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    inside.wait()
    os.close(held)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
