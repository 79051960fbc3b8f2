"""The mix of `make bench-mesh` as a FastAPI service: CRUD of portfolios, an optimization, a frontier streamed by SSE.

As a team would write it: uvicorn on uvloop and httptools, one process per core, pydantic models, an asyncpg pool on the
same PostgreSQL with a table of its own, the same EdDSA token checked by PyJWT, Prometheus, PyPortfolioOpt for the
optimization, in a thread so that it does not hold up the loop. It does less than the mesh: nothing is encrypted, no
event or audit entry is written beside a change, no request_id is kept, no etag compared, and nothing is refused when
there is too much. Neither of the two exports traces.

Run as `python -m benchmarks.rivals.fastapi_mix`; settings are environment variables `RIVAL_…`.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from prometheus_client import make_asgi_app
from pydantic import BaseModel, Field
from pypfopt import EfficientFrontier
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from benchmarks.rivals.fastapi_portfolio import Counted, principal

POOL = 8
PATH = "/api/v1/portfolios"
ONE = PATH + "/{portfolio_id}"
TABLE = """
CREATE SCHEMA IF NOT EXISTS rival;
CREATE TABLE IF NOT EXISTS rival.portfolios (
    id uuid PRIMARY KEY, user_id uuid NOT NULL, name text NOT NULL, strategy jsonb NOT NULL,
    cash numeric(15,2) NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS portfolios_user ON rival.portfolios (user_id, created_at DESC);
"""
Who = Annotated[dict[str, Any], Depends(principal)]


class Money(BaseModel):
    """An exact decimal, as text."""

    value: str = Field(pattern=r"^[0-9]{1,13}(\.[0-9]{1,2})?$")


class NewPortfolio(BaseModel):
    """What to create."""

    name: str = Field(min_length=1, max_length=255)
    strategy: dict[str, Any]
    constraints: dict[str, Any] = {}
    initial_cash: Money


class Changes(BaseModel):
    """What to change."""

    name: str = Field(min_length=1, max_length=255)


class Portfolio(BaseModel):
    """A portfolio."""

    id: UUID
    user_id: UUID
    name: str
    strategy: dict[str, Any]
    cash: Money
    created_at: datetime
    updated_at: datetime


class Answer(BaseModel):
    """One portfolio."""

    portfolio: Portfolio


class Page(BaseModel):
    """Portfolios, newest first."""

    portfolios: list[Portfolio]


class Doubles(BaseModel):
    """Numbers."""

    values: list[float]


class Matrix(BaseModel):
    """Row by row."""

    rows: int
    cols: int
    doubles: Doubles


class Moments(BaseModel):
    """What is known of the assets."""

    symbols: list[str]
    expected_returns: list[float]
    dense: Matrix


class Source(BaseModel):
    """Where the numbers come from."""

    moments: Moments


class Asked(BaseModel):
    """What to optimize."""

    source: Source
    points: int = 1


class Watched(BaseModel):
    """What to stream."""

    frontier: Asked


class Weights(BaseModel):
    """What to hold."""

    weights: dict[str, float]
    expected_return: float
    volatility: float


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the pool."""
    async with asyncpg.create_pool(os.environ["RIVAL_DATABASE_URL"], min_size=1, max_size=POOL, init=_json) as pool:
        app.state.pool = pool
        yield


async def _json(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


app = FastAPI(lifespan=lifespan)
app.mount("/metrics", make_asgi_app())
app.add_middleware(Counted)


def _portfolio(row: Any) -> Portfolio:
    return Portfolio(**{**row, "cash": Money(value=str(row["cash"]))})


@app.post(PATH)
async def create(asked: NewPortfolio, request: Request, who: Who) -> Answer:
    """Creates a portfolio."""
    now = datetime.now(UTC)
    row = await request.app.state.pool.fetchrow(
        "INSERT INTO rival.portfolios VALUES ($1, $2, $3, $4, $5::text::numeric, $6, $6) RETURNING *",
        *(uuid4(), UUID(who["sub"]), asked.name, asked.strategy, asked.initial_cash.value, now),
    )
    return Answer(portfolio=_portfolio(row))


@app.get(PATH)
async def listed(request: Request, who: Who, page_size: int = 20) -> Page:
    """Lists the caller's portfolios."""
    rows = await request.app.state.pool.fetch(
        "SELECT * FROM rival.portfolios WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2",
        *(UUID(who["sub"]), page_size),
    )
    return Page(portfolios=[_portfolio(row) for row in rows])


@app.get(ONE)
async def read(portfolio_id: UUID, request: Request, who: Who) -> Answer:
    """Reads a portfolio; 404 if there is none or it is another's."""
    sql = "SELECT * FROM rival.portfolios WHERE id = $1 AND user_id = $2"
    return _found(await request.app.state.pool.fetchrow(sql, portfolio_id, UUID(who["sub"])))


@app.patch(ONE)
async def update(portfolio_id: UUID, changes: Changes, request: Request, who: Who) -> Answer:
    """Renames a portfolio."""
    sql = "UPDATE rival.portfolios SET name = $3, updated_at = now() WHERE id = $1 AND user_id = $2 RETURNING *"
    return _found(await request.app.state.pool.fetchrow(sql, portfolio_id, UUID(who["sub"]), changes.name))


@app.delete(ONE)
async def delete(portfolio_id: UUID, request: Request, who: Who) -> dict[str, str]:
    """Deletes a portfolio."""
    sql = "DELETE FROM rival.portfolios WHERE id = $1 AND user_id = $2 RETURNING *"
    _found(await request.app.state.pool.fetchrow(sql, portfolio_id, UUID(who["sub"])))
    return {}


def _found(row: Any) -> Answer:
    if row is None:
        raise HTTPException(404, "no such portfolio")
    return Answer(portfolio=_portfolio(row))


@app.post("/api/v1/solve", dependencies=[Depends(principal)])
async def solve(asked: Asked) -> Weights:
    """The weights of least risk."""
    return await run_in_threadpool(_least_risk, asked.source.moments)


@app.post("/api/v1/frontier/watch", dependencies=[Depends(principal)])
async def watch(asked: Watched) -> StreamingResponse:
    """The frontier, point by point."""
    events = iterate_in_threadpool(_frontier(asked.frontier.source.moments, asked.frontier.points))
    return StreamingResponse(events, media_type="text/event-stream")


def _frontier(moments: Moments, points: int) -> Iterator[str]:
    least = _least_risk(moments).expected_return
    most = max(moments.expected_returns)
    for number in range(points):
        found = _engine(moments)
        found.efficient_return(least + (most - least) * 0.98 * number / points)
        yield f"data: {_weights(found).model_dump_json()}\n\n"


def _least_risk(moments: Moments) -> Weights:
    found = _engine(moments)
    found.min_volatility()
    return _weights(found)


def _engine(moments: Moments) -> EfficientFrontier:
    covariance = np.array(moments.dense.doubles.values).reshape(moments.dense.rows, moments.dense.cols)
    return EfficientFrontier(np.array(moments.expected_returns), covariance, weight_bounds=(0, 1))


def _weights(found: EfficientFrontier) -> Weights:
    earned, risk, _ = found.portfolio_performance()
    weights = {str(name): float(weight) for name, weight in found.clean_weights().items()}
    return Weights(weights=weights, expected_return=float(earned), volatility=float(risk))


def main() -> None:
    """Serves until SIGTERM, by one process per core."""
    port, workers = int(os.environ["RIVAL_PORT"]), os.cpu_count() or 1
    where = "benchmarks.rivals.fastapi_mix:app"
    # A worker that is busy is no dead one.
    patience = 120
    uvicorn.run(
        where,
        host="127.0.0.1",
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        timeout_worker_healthcheck=patience,
    )


if __name__ == "__main__":
    main()
