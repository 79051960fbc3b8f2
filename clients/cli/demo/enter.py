"""Coming in: an account, real prices, a portfolio with cash."""

import secrets
from pathlib import Path
from uuid import uuid4

from qpo.auth.v1.auth_service_pb2 import LoginRequest, RegisterRequest, WhoAmIRequest
from qpo.marketdata.v1.marketdata_service_pb2 import IngestHeader, IngestPricesResponse
from qpo.portfolio.v1.portfolio_pb2 import Strategy
from qpo.portfolio.v1.portfolio_service_pb2 import CreatePortfolioRequest
from qpo.types.v1.decimal_pb2 import Decimal
from qpo.types.v1.mandate_pb2 import Goal, Objective

from clients.cli import prices_tables
from clients.cli.account import stored
from clients.cli.demo.prices import DEFECTS, closes
from clients.cli.demo.tour import CASH, DATASET, LOOKBACK, Tour, constraints, estimation
from clients.cli.output import day, money
from clients.cli.upload import format_of, upload

_EMAIL = "ada@example.com"
_DEFECTS_SHOWN = 20


def account(tour: Tour) -> None:
    """Registers a user, logs in, and asks the platform who that is."""
    with tour.narrator.step("Account", "register and log in; every later call carries the token") as step:
        password = secrets.token_urlsafe(18)
        door = tour.edge.door
        door.Register(RegisterRequest(email=_EMAIL, password=password))
        tokens = door.Login(LoginRequest(email=_EMAIL, password=password)).tokens
        tour.profile.log_in(stored(tour.edge, _EMAIL, tokens))
        me = tour.edge.auth.WhoAmI(WhoAmIRequest())
        tour.narrator.say(f"may: {', '.join(me.scopes)}")
        step.outcome = f"{me.user.email} is in, with a token for {tokens.expires_in // 60} min"


def prices(tour: Tour) -> None:
    """Imports the real closes, then a small file with planted defects, each of which must be found."""
    with tour.narrator.step("Prices", f"import real closes into the dataset {DATASET!r} by a client stream") as step:
        found = closes()
        tour.source, tour.symbols = found.source, found.symbols
        tour.narrator.say(f"source: {found.source}")
        report = _import(tour, found.file, DATASET)
        tour.narrator.say(prices_tables.imported(report, limit=_DEFECTS_SHOWN))
        span = f"{day(report.dataset.start)} … {day(report.dataset.end)}"
        step.outcome = f"{report.bars_stored:,} closes of {report.dataset.instruments} stocks, {span}"
    intent = f"import {DEFECTS.name}, in which mistakes were planted, into a dataset of its own"
    with tour.narrator.step("Defects", intent) as step:
        report = _import(tour, DEFECTS, "planted")
        tour.narrator.say(prices_tables.defects(report, limit=_DEFECTS_SHOWN))
        missed = sum(count.count for count in report.defect_counts)
        kept = report.bars_stored + report.bars_unchanged
        step.outcome = f"{missed} mistakes of {len(report.defect_counts)} kinds reported by line, {kept} good rows kept"


def portfolio(tour: Tour) -> None:
    """Creates a portfolio that is all cash."""
    intent = f"best Sharpe ratio of {len(tour.symbols)} stocks, long only, estimated over {LOOKBACK:,} sessions"
    with tour.narrator.step("Portfolio", intent) as step:
        goal = Goal(objective=Objective.OBJECTIVE_SHARPE)
        request = CreatePortfolioRequest(
            name="Demo",
            strategy=Strategy(goal=goal, universe=tour.symbols, dataset=DATASET, estimation=estimation()),
            constraints=constraints(),
            initial_cash=Decimal(value=CASH),
            request_id=str(uuid4()),
        )
        made = tour.edge.portfolios.CreatePortfolio(request).portfolio
        tour.portfolio_id = made.id
        step.outcome = f"{made.id} with {money(made.cash.value, made.base_currency)} in cash"


def _import(tour: Tour, file: Path, dataset: str) -> IngestPricesResponse:
    header = IngestHeader(dataset=dataset, format=format_of(file), currency="USD")
    return upload(tour.edge, file, header, timeout=120.0)
