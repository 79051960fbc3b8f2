"""GET /api/v1/portfolios/{id} as a FastAPI service: uvicorn on uvloop and httptools, an asyncpg pool, pydantic models.

It reads the same rows with the same statement, opens them as our service does, checks the same EdDSA token by PyJWT,
answers the same JSON, is traced by OpenTelemetry's own FastAPI instrumentation, counted by Prometheus and logged one
line per call by uvicorn.

Run as `python -m benchmarks.rivals.fastapi_portfolio`; settings are environment variables `RIVAL_…`. With
RIVAL_TUNED=1 it gets what our service has: verified tokens are remembered, connections come back without a reset, and
the instrumentation leaves out its two inner spans per call.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Histogram, make_asgi_app
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.rivals.models import Portfolio, PortfolioAnswer, portfolio_of
from chassis.vault import Place, Sealed, Vault
from chassis.vault.kms_local import LocalKms

TUNED = os.environ.get("RIVAL_TUNED") == "1"
PATH = "/api/v1/portfolios/{portfolio_id}"
POOL = 8

READ = """
SELECT p.id, p.user_id, p.details, p.key_id::text, p.base_currency, p.initial_cash, p.cash, p.cash_weight,
       p.created_at, p.updated_at, p.version,
       h.symbol, h.quantity, h.weight, h.value, h.price_date, h.updated_at AS held_at
FROM portfolios p
CROSS JOIN LATERAL (
    SELECT array_agg(symbol) AS symbol, array_agg(quantity) AS quantity, array_agg(weight) AS weight,
           array_agg(value) AS value, array_agg(price_date) AS price_date, array_agg(updated_at) AS updated_at
    FROM (SELECT * FROM holdings WHERE portfolio_id = p.id ORDER BY symbol) AS ordered
) AS h
WHERE p.id = $1 AND ($2 OR (p.tenant_id = $3 AND p.user_id = $4))
  AND (SELECT set_config('qpo.reach', $5, true)) IS NOT NULL
"""

requests_total = Counter("http_requests_total", "Requests", ["method", "endpoint", "status"])
duration_seconds = Histogram("http_request_duration_seconds", "Duration", ["endpoint"])
bearer = HTTPBearer()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the pool."""
    async with asyncpg.create_pool(
        os.environ["RIVAL_DATABASE_URL"],
        min_size=1,
        max_size=POOL,
        init=_json,
        server_settings={"search_path": "portfolio"},
        reset=_kept if TUNED else None,
    ) as pool:
        app.state.pool = pool
        app.state.vault = Vault(pool, LocalKms(Path(os.environ["RIVAL_KEYRING_FILE"])), "portfolio")
        yield


async def _json(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _kept(_connection: Any) -> None:
    """Leaves the session as it is."""


app = FastAPI(lifespan=lifespan)
app.mount("/metrics", make_asgi_app())


class Counted:
    """Counts and times every request by its route; plain ASGI, far cheaper than a BaseHTTPMiddleware."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        started, status = time.perf_counter(), "500"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._inner(scope, receive, noted)
        finally:
            endpoint = getattr(scope.get("route"), "path", scope["path"])
            requests_total.labels(scope["method"], endpoint, status).inc()
            duration_seconds.labels(endpoint).observe(time.perf_counter() - started)


app.add_middleware(Counted)


@lru_cache(maxsize=1)
def _keys() -> dict[str, Any]:
    return {str(key.key_id): key.key for key in jwt.PyJWKSet.from_json(os.environ["RIVAL_JWKS"]).keys}


def _claims(token: str) -> dict[str, Any]:
    """Verifies a token. Raises jwt.PyJWTError, KeyError."""
    key = _keys()[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["EdDSA"], audience="qpo", issuer="https://auth.qpo")
    return claims


_remembered = lru_cache(maxsize=10_000)(_claims)


async def principal(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> dict[str, Any]:
    """Who calls: 401 without a token that counts, 403 without the scope."""
    try:
        claims = (_remembered if TUNED else _claims)(credentials.credentials)
    except (jwt.PyJWTError, KeyError) as error:
        raise HTTPException(401, "invalid token") from error
    if claims["exp"] <= time.time():
        raise HTTPException(401, "expired token")
    if "read:portfolio" not in claims["scopes"]:
        raise HTTPException(403, "missing scope")
    return claims


@app.get(PATH)
async def get_portfolio(
    portfolio_id: UUID, request: Request, who: Annotated[dict[str, Any], Depends(principal)]
) -> PortfolioAnswer:
    """Reads a portfolio with its holdings; 404 if there is none or it is another's."""
    everyone, tenant_id, user_id = "read:all" in who["scopes"], UUID(who["tid"]), UUID(who["sub"])
    reach = (everyone, tenant_id, user_id, "everyone" if everyone else f"{tenant_id}/{user_id}")
    row = await request.app.state.pool.fetchrow(READ, portfolio_id, *reach)
    if row is None:
        raise HTTPException(404, "no such portfolio")
    place = Place("portfolio.portfolios", "details", str(portfolio_id))
    details = json.loads(await request.app.state.vault.open(place, Sealed(row["key_id"], row["details"])))
    found: Portfolio = portfolio_of(row, *details)
    return PortfolioAnswer(portfolio=found)


def traced() -> None:
    """Traces every request; spans go to the collector."""
    provider = TracerProvider(resource=Resource({"service.name": "rival"}))
    exporter = OTLPSpanExporter(endpoint=os.environ["RIVAL_OTLP_ENDPOINT"], insecure=True)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    inner: Any = {"exclude_spans": ["receive", "send"]} if TUNED else {}
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, excluded_urls="metrics", **inner)


def main() -> None:
    """Serves until SIGTERM."""
    if "RIVAL_OTLP_ENDPOINT" in os.environ:
        traced()
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["RIVAL_PORT"]), loop="uvloop", http="httptools")


if __name__ == "__main__":
    main()
