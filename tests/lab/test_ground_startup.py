"""What is quoted from the log of a component that keeps ending."""

import pytest

from lab.startup import telling

LOGS = {
    "an error above a stack trace": (
        "starting\npanic: no space left on device\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:31",
        "panic: no space left on device",
    ),
    "no complaint at all": ("one\ntwo\nthree\nfour\n", "two\nthree\nfour"),
    "the last of many complaints": ("error 1\nerror 2\nerror 3\nerror 4\n", "error 2\nerror 3\nerror 4"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("log", "quoted"), LOGS.values(), ids=LOGS.keys())
def test_the_lines_that_say_why(log: str, quoted: str) -> None:
    assert telling(log) == quoted
