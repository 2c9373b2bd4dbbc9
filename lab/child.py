"""Children that don't outlive who started them."""

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def ending_with_parent(by: signal.Signals) -> Callable[[], None]:
    """What a child does before it becomes its program, so that it gets the signal `by` when its parent ends."""

    def prepare() -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)
        if os.getppid() == 1:  # it ended before anybody asked for the signal
            os._exit(1)

    return prepare
