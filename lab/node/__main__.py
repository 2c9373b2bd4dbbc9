"""`python -m lab.node CONFIG.json`: the lab's node, inside the lab's namespaces. See `lab.config.Config`."""

import asyncio
import logging
import os
import signal
import sys

import structlog

from lab.config import Config
from lab.node.agent import Agent
from lab.node.backoff import LONGEST_SECONDS


def main() -> None:
    """Runs the node until SIGTERM. LAB_MAX_BACKOFF: seconds between tries of a crashing container, 300 at most."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("msg"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(_run(Config.read(sys.argv[1]), float(os.environ.get("LAB_MAX_BACKOFF", LONGEST_SECONDS))))


async def _run(config: Config, longest_backoff: float) -> None:
    work = asyncio.create_task(Agent(config, longest_backoff).run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    main()
