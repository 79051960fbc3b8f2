"""What a user takes along is written beside the event loop: a portfolio may have thousands of holdings."""

import threading

from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from chassis.context import bound
from chassis.paging import PageTokens
from services.portfolio.rpc import servicer
from services.portfolio.rpc.servicer import PortfolioServicer
from tests.portfolio.builders import a_portfolio
from tests.portfolio.rpc.test_calls import principal


class Exporting:
    """The use cases, of which one is used."""

    async def export(self, _):
        for _ in range(3):
            yield a_portfolio()


async def test_no_line_is_written_in_the_thread_of_the_event_loop(monkeypatch):
    threads, lines_of = [], servicer.lines_of

    def written(found):
        threads.append(threading.current_thread())
        return lines_of(found)

    monkeypatch.setattr(servicer, "lines_of", written)
    skin = PortfolioServicer(Exporting(), PageTokens(b"k" * 32))
    with bound(principal=principal()):
        chunks = [answer.chunk async for answer in skin.export_my_data(pb.ExportMyDataRequest())]
    assert sum(chunk.rows for chunk in chunks) == len(threads) == 3
    assert threading.current_thread() not in threads
