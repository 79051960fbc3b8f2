"""All services in this process, each a real server that asks the others over sockets as the caller it was asked by."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from benchmarks.program import free_port
from chassis.buses import open_bus
from chassis.channel import open_channel
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.serve import Server, Service
from chassis.settings import DatabaseSettings
from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.__main__ import MIGRATIONS as AUTH
from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.adapters.signing_keys_files import signer_from
from services.marketdata.__main__ import MIGRATIONS as MARKETDATA
from services.marketdata.adapters.ticks_redis import open_redis
from services.marketdata.adapters.vendors.asking import VendorClient
from services.marketdata.rpc.services import services_of
from services.marketdata.rpc.use_cases import UseCases as MarketDataUses
from services.marketdata.settings import MarketDataSettings
from services.marketdata.wiring import ports, vendors_of
from services.ml.adapters.returns_grpc import MarketDataReturns
from services.ml.adapters.workers_threads import ThreadWorkers
from services.ml.app.estimate_moments import EstimateMoments
from services.ml.rpc.errors import ERRORS as ML_ERRORS
from services.ml.rpc.servicer import MlServicer
from services.optimizer.__main__ import MIGRATIONS as OPTIMIZER
from services.portfolio.__main__ import MIGRATIONS as PORTFOLIO
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.wiring import wire as wire_portfolio
from tests.auth.served import settings_for as settings_for_auth
from tests.auth.served import wired as wired_auth
from tests.authorization.contract import METHODS, Served, service_of
from tests.fixtures.serving import service_settings
from tests.optimizer.served import settings_for, wired

SERVED = ("auth", "portfolio", "marketdata", "ml", "optimizer")
PATIENCE = 20.0  # seconds for one call
Sent = Message | dict[str, Any]
"""A message, or its JSON."""


@dataclass(frozen=True)
class Outcome:
    """How a call ended, without the id that it named."""

    code: str
    reason: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".strip()


@dataclass(frozen=True)
class Caller:
    """Somebody, or nobody: without a token."""

    user_id: str
    tenant_id: str
    token: str | None


@dataclass
class House:
    """The services; `call` asks one."""

    tokens: Any
    channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)
    blocking: dict[str, grpc.Channel] = field(default_factory=dict)
    people: dict[Any, Caller] = field(default_factory=dict)
    """Those who were made before and serve again."""
    datasets: dict[Any, str] = field(default_factory=dict)
    """Likewise, by owner: an upload takes longer than most of what is asked about it."""
    keep: Any = None
    """The work of the audit trail's sequencer."""
    portfolios: Any = None
    """The portfolio service's pool and what opens its rows, to which links of advisors are told."""

    def somebody(self, scopes: Any = None, tenant_id: str | None = None, **claims: Any) -> Caller:
        """Somebody new, who holds every scope if none are named."""
        user_id = claims.pop("user_id", None) or str(uuid.uuid4())
        given = () if scopes is None else (scopes,)
        token = self.tokens.mint(user_id, *given, tenant_id=tenant_id, **claims)
        return Caller(user_id, tenant_id or user_id, token)

    async def call(self, caller: Caller, path: str, *messages: Sent, naming: str = "") -> Outcome:
        """How a call of these messages ends; a stream, with its first answer."""
        try:
            await self.answer(caller, path, *messages)
        except grpc.RpcError as error:
            status, info = rpc_status.from_call(error) or status_pb2.Status(), error_details_pb2.ErrorInfo()
            _ = any(detail.Unpack(info) for detail in status.details)
            text = (error.details() or "").replace(naming, "ID") if naming else error.details() or ""
            return Outcome(error.code().name, info.reason, text)
        return Outcome("OK")

    async def answers(self, caller: Caller, path: str) -> list[Any]:
        """All that is answered to a stream's empty request. Raises grpc.RpcError."""
        metadata = (("authorization", f"Bearer {caller.token}"),)
        stream = self.channels[service_of(path)].unary_stream(path)(b"", metadata=metadata, timeout=PATIENCE)
        return [GetMessageClass(METHODS[path].answer).FromString(body) async for body in stream]

    async def answer(self, caller: Caller, path: str, *messages: Sent) -> Message:
        """The answer, of a stream the first. Raises grpc.RpcError."""
        method = METHODS[path]
        sent = [_message(each, method).SerializeToString() for each in messages]
        metadata = (("authorization", f"Bearer {caller.token}"),) if caller.token else ()
        name = service_of(path)
        if method.client_streaming:
            body = await asyncio.to_thread(_sent, self.blocking[name], method, sent, metadata)
        elif method.server_streaming:
            body = await _first(self.channels[name].unary_stream(path)(sent[0], metadata=metadata, timeout=PATIENCE))
        else:
            body = await self.channels[name].unary_unary(path)(sent[0], metadata=metadata, timeout=PATIENCE)
        return GetMessageClass(method.answer).FromString(body)


def _message(of: Sent, method: Served) -> Any:
    return of if isinstance(of, Message) else ParseDict(of, method.request())


def _sent(channel: grpc.Channel, method: Served, messages: list[bytes], metadata: Any) -> bytes:
    """The first answer to a stream of messages, by a client that tells how a call ended though it wrote."""
    if not method.server_streaming:
        return bytes(channel.stream_unary(method.path)(iter(messages), metadata=metadata, timeout=PATIENCE))
    stream = channel.stream_stream(method.path)(iter(messages), metadata=metadata, timeout=PATIENCE)
    try:
        return bytes(next(iter(stream), b""))
    finally:
        stream.cancel()


async def _first(stream: Any) -> bytes:
    try:
        async for message in stream:
            return bytes(message)
    finally:
        stream.cancel()
    return b""


@asynccontextmanager
async def opened(tokens: Any, make_database: Any, redis_url: str, solvers: Any, folder: Path) -> AsyncIterator[House]:
    """The house, for as long as the block."""
    at = {name: f"127.0.0.1:{free_port()}" for name in SERVED}
    async with AsyncExitStack() as stack:
        peers = {name: await stack.enter_async_context(open_channel(address)) for name, address in at.items()}

        async def pool_of(schema: str, migrations: Path) -> tuple[str, Any]:
            url = make_database()
            runtime = url.replace("postgres@", f"qpo_{schema}@")
            told = DatabaseSettings(database_url=runtime, migration_url=url, page_token_key_file=folder / "key")
            return url, await stack.enter_async_context(await prepare(told, schema, migrations))

        portfolios = await pool_of("portfolio", PORTFOLIO)
        details = SealedDetails(Vault(portfolios[1], LocalKms(folder / "portfolio_keyring.json"), "portfolio"))
        served: dict[str, list[Service]] = {
            "auth": (auth := await _auth(stack, await pool_of("auth", AUTH), redis_url, folder))[0],
            "portfolio": [_portfolio(portfolios[1], details, peers)],
            "marketdata": await _marketdata(stack, await pool_of("marketdata", MARKETDATA), redis_url, folder),
            "ml": [_ml(stack, peers)],
            "optimizer": [await _optimizer(stack, await pool_of("optimizer", OPTIMIZER), at, solvers, folder)],
        }
        house = House(tokens, keep=auth[1], portfolios=(portfolios[1], details))
        for name, services in served.items():
            server = Server(service_settings(port=int(at[name].rpartition(":")[2])), services, tokens.keys)
            await server.start()
            stack.push_async_callback(server.stop, 0.0)
            await server.open()
            house.channels[name] = await stack.enter_async_context(grpc.aio.insecure_channel(at[name]))
            house.blocking[name] = stack.enter_context(grpc.insecure_channel(at[name]))
        yield house


async def _auth(stack: AsyncExitStack, database: Any, redis_url: str, folder: Path) -> tuple[list[Service], Any]:
    settings = settings_for_auth(folder, redis_url)
    signer, passwords = signer_from(settings.keys_dir), Argon2Passwords(2, 200)
    stack.callback(passwords.close)
    services, _, keep = await wired_auth(settings, database[1], passwords, signer)
    await keep.make_room()
    return services, keep


def _portfolio(pool: Any, details: SealedDetails, peers: Any) -> Service:
    return wire_portfolio(
        PostgresPortfolios(pool, details), peers["marketdata"], peers["optimizer"], PageTokens(b"k" * 32)
    )


async def _marketdata(stack: AsyncExitStack, database: Any, redis_url: str, folder: Path) -> list[Service]:
    settings = MarketDataSettings(
        auth_address="unix:/nowhere",
        page_token_key_file=folder / "key",
        redis_url=redis_url,
        database_url=database[0].replace("postgres@", "qpo_marketdata@"),
        fmp_key="somebody's",
        fmp_url="http://127.0.0.1:9",
        tick_idle=0.1,
        max_replays=50,
    )
    redis = await stack.enter_async_context(open_redis(redis_url))
    bus = await stack.enter_async_context(open_bus(settings.bus()))
    http = await stack.enter_async_context(VendorClient(settings.vendor_user_agent))
    on = ports(database[1], redis, bus, settings.ticks_kept, vendors=vendors_of(settings, http))
    use = MarketDataUses.over(on, settings.limits())
    stack.push_async_callback(use.player.stop_all)
    return services_of(use, PageTokens(b"k" * 32))


def _ml(stack: AsyncExitStack, peers: Any) -> Service:
    workers = ThreadWorkers(1)
    stack.callback(workers.close)
    servicer = MlServicer(EstimateMoments(MarketDataReturns(peers["marketdata"]), workers), workers)
    return Service(METHODS["/qpo.ml.v1.MlService/EstimateMoments"].service, servicer, ML_ERRORS)


async def _optimizer(stack: AsyncExitStack, database: Any, at: Any, solvers: Any, folder: Path) -> Service:
    addresses = {f"{name}_address": at[name] for name in ("portfolio", "ml", "marketdata")}
    settings = settings_for(database[0], folder, max_unfinished_jobs=100, **addresses)
    service, _ = await stack.enter_async_context(wired(settings, database[1], solvers))
    return service
