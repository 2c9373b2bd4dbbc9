"""What users outside are counted to have seen."""

import http.server
import time
from collections.abc import Iterator

import pytest

from lab.traffic import ANSWER_SECONDS, Count, Traffic
from tests.answering import answering
from tests.lab.deadline import eventually


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path says; `/slow` waits a little, `/gone` hangs up."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            return
        if self.path == "/slow":
            time.sleep(1.1)
        self.send_response(200 if self.path == "/slow" else int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    with answering(running):
        yield f"http://127.0.0.1:{running.server_port}"


@pytest.mark.parametrize(
    ("path", "count"),
    [
        pytest.param("/200", Count(sent=10, ok=10), id="success"),
        pytest.param("/404", Count(sent=10, ok=10), id="a client's mistake is no failure"),
        pytest.param("/500", Count(sent=10, failed=10), id="failure"),
        pytest.param("/gone", Count(sent=10, failed=10), id="no answer"),
        pytest.param("/slow", Count(sent=10, ok=10, slow=10), id="slow"),
    ],
)
def test_answers_are_counted(server: str, path: str, count: Count) -> None:
    # Only what waits on purpose is slow, however busy the machine is.
    slow_after = 1.0 if count.slow else ANSWER_SECONDS
    with Traffic(server + path, "app.example.com", rate=200, seconds=0.05, slow_after=slow_after) as traffic:
        eventually(lambda: traffic.total == count, seconds=5)
    assert sum(traffic.by_second.values(), Count()) == count


def test_a_hanging_answer_holds_up_no_other(server: str) -> None:
    with Traffic(f"{server}/slow", "app.example.com", rate=100, seconds=0.2) as traffic:
        begun = time.monotonic()
        eventually(lambda: traffic.total.ok == 20, seconds=5)
        assert time.monotonic() - begun < 4


def test_traffic_ends_with_its_block(server: str) -> None:
    with Traffic(f"{server}/200", "app.example.com", rate=100) as traffic:
        eventually(lambda: traffic.total.sent > 5, seconds=5)
    ended = traffic.total
    time.sleep(0.05)
    assert traffic.total == ended
    assert ended.ok == ended.sent
