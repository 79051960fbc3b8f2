"""The universe when nobody names one: all of a dataset."""

from qpo.marketdata.v1.marketdata_service_pb2 import ListInstrumentsRequest

from clients.cli.connection import Edge
from clients.cli.problem import Problem

_PAGE = 1000


def symbols_in(edge: Edge, dataset: str) -> list[str]:
    """Every symbol of a dataset. Raises Problem if it holds none."""
    symbols: list[str] = []
    token = ""
    while True:
        request = ListInstrumentsRequest(dataset=dataset, page_size=_PAGE, page_token=token)
        page = edge.marketdata.ListInstruments(request)
        symbols += [instrument.symbol for instrument in page.instruments]
        token = page.next_page_token
        if not token:
            break
    if not symbols:
        raise Problem(f"{dataset} holds no instruments", [("", f"qpo prices import FILE --dataset {dataset}")])
    return symbols
