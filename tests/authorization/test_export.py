"""Whoever takes along what is kept about them gets all of it, from every service, and nothing of anybody else's."""

from __future__ import annotations

import base64
import csv
import io
import json
import uuid
from collections import defaultdict
from dataclasses import dataclass

import pytest_asyncio

from tests.authorization.house import Caller
from tests.authorization.things import MARKETDATA, OPTIMIZER, PASSWORD, UNIVERSE, job, portfolio, prices, upload

AUTH, PORTFOLIO = "/qpo.auth.v1.AuthService", "/qpo.portfolio.v1.PortfolioService"
NOBODY = Caller("", "", None)
SERVICES = (AUTH, PORTFOLIO, OPTIMIZER, MARKETDATA)


@dataclass(frozen=True)
class Person:
    """Somebody with something in every service, and the words by which it would be known."""

    caller: Caller
    email: str
    portfolio: str
    gone: str
    job: str
    dataset: str

    @property
    def words(self):
        return [self.email, *self.ids]

    @property
    def ids(self):
        return [self.caller.user_id, self.portfolio, self.gone, self.job, self.dataset]


async def moved_in(house) -> Person:
    email = f"{uuid.uuid4().hex}@example.com"
    credentials = {"email": email, "password": PASSWORD}
    made = await house.answer(NOBODY, f"{AUTH}/Register", credentials)
    await house.answer(NOBODY, f"{AUTH}/Login", credentials)
    caller = house.somebody(None, user_id=made.user.id)
    mine, gone = await portfolio(house, caller), await portfolio(house, caller)
    await house.answer(caller, f"{PORTFOLIO}/RebalancePortfolio", {"portfolio_id": mine})
    await house.answer(caller, f"{PORTFOLIO}/DeletePortfolio", {"portfolio_id": gone})
    ran = await job(house, caller)
    [dataset] = [id for (owner, _), id in house.datasets.items() if owner == caller.user_id]
    split = {"symbol": "A", "ex_date": {"year": 2024, "month": 1, "day": 4}, "split_ratio": {"value": "2"}}
    await house.answer(caller, f"{MARKETDATA}/UpdateCorporateActions", {"dataset": dataset, "actions": [split]})
    return Person(caller, email, mine, gone, ran, dataset)


async def exported(house, caller, *services):
    """The files, by name, each with what it holds and how many rows were told."""
    data, rows = defaultdict(bytes), defaultdict(int)
    for service in services or SERVICES:
        seen: list[str] = []
        for answer in await house.answers(caller, f"{service}/ExportMyData"):
            chunk = answer.chunk
            assert chunk.data.endswith(b"\n")
            assert chunk.file not in seen[:-1], "a file comes in one run"
            seen.append(chunk.file)
            data[chunk.file] += chunk.data
            rows[chunk.file] += chunk.rows
    return dict(data), dict(rows)


def lines(data):
    return [json.loads(line) for line in data.splitlines()]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(house):
    return [await moved_in(house) for _ in range(2)]


async def test_all_of_a_user_s_is_there_and_nothing_of_another_s(house, people):
    while await house.keep.chain():
        continue
    for me, other in (people, people[::-1]):
        data, _ = await exported(house, me.caller)
        text = b"".join(data.values()).decode()
        assert [word for word in me.words if word not in text] == []
        assert [word for word in other.words if word in text] == []


async def test_each_service_gives_what_it_keeps(house, people):
    while await house.keep.chain():
        continue
    me = people[0]
    data, rows = await exported(house, me.caller)
    within = f"datasets/{me.dataset}"
    assert set(data) == {
        "account.ndjson",
        "sessions.ndjson",
        "audit_events.ndjson",
        "portfolios.ndjson",
        "history.ndjson",
        "optimizations.ndjson",
        "datasets.ndjson",
        *(f"{within}/{name}.ndjson" for name in ("instruments", "corporate_actions", "quality_rules")),
        f"{within}/prices.csv",
    }
    assert [each["email"] for each in lines(data["account.ndjson"])] == [me.email]
    assert {event["action"] for event in lines(data["audit_events.ndjson"])} >= {
        "AUDIT_ACTION_USER_REGISTER",
        "AUDIT_ACTION_USER_LOGIN",
        "AUDIT_ACTION_USER_EXPORT",
    }
    [held] = lines(data["portfolios.ndjson"])
    assert held["id"] == me.portfolio
    assert held["holdings"]
    history = [(sorted(set(each["event"]))[0], each["occurred_at"]) for each in lines(data["history.ndjson"])]
    assert [kind for kind, _ in history] == [
        "portfolio_created",
        "holdings_rebalanced",
        "portfolio_created",
        "portfolio_deleted",
    ]
    [ran] = lines(data["optimizations.ndjson"])
    assert (ran["job"]["job_id"], set(ran["result"]["weights"])) == (me.job, set(UNIVERSE))
    for file, content in data.items():
        assert rows[file] == len(content.splitlines()) - file.endswith(".csv")


async def test_prices_that_were_taken_along_are_those_that_were_uploaded_and_can_be_uploaded_again(house, people):
    me = people[0]
    data, _ = await exported(house, me.caller, MARKETDATA)
    taken = data[f"datasets/{me.dataset}/prices.csv"].decode()
    [dataset] = lines(data["datasets.ndjson"])
    wide = list(csv.DictReader(io.StringIO(prices(dataset["name"]))))
    expected = {(row["date"], symbol, float(row[symbol])) for row in wide for symbol in UNIVERSE}
    rows = list(csv.DictReader(io.StringIO(taken)))
    assert {(row["date"], row["symbol"], float(row["close"])) for row in rows} == expected
    header, chunk = upload(f"again-{uuid.uuid4().hex[:8]}")

    again = await house.answer(
        me.caller, f"{MARKETDATA}/IngestPrices", header, chunk | {"chunk": base64.b64encode(taken.encode()).decode()}
    )
    assert (again.bars_stored, list(again.defects)) == (len(rows), [])


async def test_who_has_nothing_takes_nothing_along_but_an_account(house):
    email = f"{uuid.uuid4().hex}@example.com"
    made = await house.answer(NOBODY, f"{AUTH}/Register", {"email": email, "password": PASSWORD})
    data, _ = await exported(house, house.somebody(None, user_id=made.user.id), AUTH, PORTFOLIO, OPTIMIZER, MARKETDATA)
    assert set(data) <= {"account.ndjson", "audit_events.ndjson"}
