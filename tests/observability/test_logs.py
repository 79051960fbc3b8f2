"""rsyslog ships what is logged to Elasticsearch: whole, by day, once, and also what was written while it was away."""

import logging
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.context import Call, enter
from chassis.logging import Log, _written_to
from stack.layout import ROOT
from tests.fixtures.skips import missing
from tests.observability.elastic import Elastic

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
EDGE = (
    '{"duration_ms":3,"method":"GET","path":"/api/v1/portfolios","status":200,"time":"2026-11-30T07:37:05.711Z",'
    f'"traceparent":"00-{TRACE}-00f067aa0ba902b7-01"}}'
)
pytestmark = pytest.mark.component("rsyslogd")


class Shipper:
    """rsyslog with our configuration, over a folder of logs."""

    def __init__(self, folder: Path, elastic: Elastic) -> None:
        self.logs, self._state = folder / "logs", folder / "state"
        self.logs.mkdir()
        self._state.mkdir()
        config = ROOT / "observability" / "rsyslog.conf"
        self._command = ["rsyslogd", "-n", "-i", "NONE", "-f", str(config)]
        told = {"QPO_LOGS": str(self.logs), "QPO_LOGS_STATE": str(self._state), "QPO_ELASTIC": elastic.url}
        self._environment = os.environ | told
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=quiet, stderr=quiet)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # as its configuration says
            self._process.wait(30)
            self._process = None

    def await_waiting(self, count: int) -> None:
        """Until so many lines wait by the queue's own account on disk: rsyslog writes that behind the lines."""
        account, end = self._state / "waiting.qi", time.monotonic() + 30
        while not (account.exists() and re.search(rf"iQueueSize:\d+:\d+:{count}:", account.read_text())):
            assert time.monotonic() < end, f"{count} lines do not wait"
            time.sleep(0.01)

    def write(self, service: str, event: str, **told: str) -> None:
        """A line as the service itself writes it, within a call."""
        with (self.logs / f"{service}.log").open("a") as file:
            enter(Call(method="/a/b", trace_id=TRACE))
            Log(_written_to(file), logging.INFO, {"service": service}).warning(event, **told)


@pytest.fixture
def elastic() -> Iterator[Elastic]:
    endpoint = Elastic()
    endpoint.open()
    yield endpoint
    endpoint.close()


@pytest.fixture
def shipper(tmp_path: Path, elastic: Elastic) -> Iterator[Shipper]:
    if not list(Path("/usr/lib").glob("*/rsyslog/omelasticsearch.so")):
        pytest.skip(missing("rsyslogd"))
    made = Shipper(tmp_path, elastic)
    yield made
    made.stop()


def test_a_line_is_a_document_of_its_day_with_service_level_time_and_trace(shipper: Shipper, elastic: Elastic) -> None:
    shipper.write("portfolio", "rebalanced", password="secret", note='"quoted"\n')
    shipper.start()
    (document,) = elastic.await_documents(1, service="portfolio")
    assert (document["level"], document["event"], document["trace_id"]) == ("warning", "rebalanced", TRACE)
    assert (document["note"], document["password"]) == ('"quoted"\n', "[hidden]")
    ((index, _),) = elastic.documents
    assert index == f"qpo-{document['timestamp'][:10].replace('-', '.')}"


def test_the_edge_s_lines_and_plain_text_become_documents_of_the_same_form(shipper: Shipper, elastic: Elastic) -> None:
    (shipper.logs / "envoy.log").write_text(EDGE + "\n")
    (shipper.logs / "postgres.log").write_text("2026-11-30 LOG:  checkpoint {complete\n")
    shipper.start()
    (edge,) = elastic.await_documents(1, service="edge")
    (postgres,) = elastic.await_documents(1, service="postgres")
    assert (edge["trace_id"], edge["timestamp"], edge["level"]) == (TRACE, "2026-11-30T07:37:05.711Z", "info")
    assert ("qpo-2026.11.30", f"envoy-{edge['timestamp']}-0") in elastic.documents
    assert postgres["event"].strip() == "2026-11-30 LOG:  checkpoint {complete"
    assert re.match(r"\d{4}-\d\d-\d\dT", postgres["timestamp"])


def test_what_is_written_while_elasticsearch_is_away_comes_when_it_is_back_also_over_a_restart(
    shipper: Shipper, elastic: Elastic
) -> None:
    shipper.write("auth", "before")
    shipper.start()
    elastic.await_documents(1, event="before")
    elastic.close()
    for number in range(50):
        shipper.write("auth", "away", number=str(number))
    shipper.await_waiting(50)
    shipper.stop()
    for number in range(50, 100):
        shipper.write("auth", "away", number=str(number))
    shipper.start()
    elastic.open()
    came = elastic.await_documents(100, event="away")
    assert sorted(int(each["number"]) for each in came) == list(range(100))
    assert len(elastic.documents) == 101
