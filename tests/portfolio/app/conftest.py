"""The use cases over named fakes."""

import pytest

from services.portfolio.app.ports import Once, Reach
from tests.portfolio.builders import ALICE, BOB
from tests.portfolio.fakes import CountingIds, MemoryPortfolios, TickingClock


@pytest.fixture
def portfolios():
    return MemoryPortfolios()


@pytest.fixture
def clock():
    return TickingClock()


@pytest.fixture
def ids():
    return CountingIds()


@pytest.fixture
def alice():
    return Reach(ALICE, ALICE)


@pytest.fixture
def bob():
    return Reach(BOB, BOB)


@pytest.fixture
def admin():
    return Reach(BOB, BOB, everyone=True)


@pytest.fixture
def call():
    def make(body=b"body", request_id="r1", method="CreatePortfolio"):
        return Once(request_id, method, ALICE, ALICE, body)

    return make
