"""ExportMyData of every service over a real server: what it gives, in which form, and to whom it gives nothing."""

import json
import uuid

import asyncpg
import grpc
import pytest
import pytest_asyncio
from qpo.auth.v1 import auth_service_pb2 as auth_pb
from qpo.auth.v1.api_key_service_pb2 import CreateApiKeyRequest, ExchangeApiKeyRequest
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer_pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio_pb
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from services.auth.adapters.usages_postgres import add
from tests.auth.habits import START
from tests.fixtures.auth import EMAIL, PASSWORD, bearer, refused
from tests.optimizer.served import INLINE
from tests.portfolio.answers import reason
from tests.portfolio.links import left

LEFT = ("UNAUTHENTICATED", "UNAUTHENTICATED")


async def files_of(stream):
    """What each file holds, line by line."""
    found = {}
    async for answer in stream:
        chunk = answer.chunk
        found.setdefault((chunk.file, chunk.content_type), []).extend(chunk.data.decode().splitlines())
        assert chunk.rows > 0
    return {file: [json.loads(line) for line in lines] for (file, _), lines in found.items()}


async def drained(stream):
    return [answer async for answer in stream]


def auth_export(auth, token):
    return auth.stub.ExportMyData(auth_pb.ExportMyDataRequest(), metadata=bearer(token))


@pytest.mark.asyncio(loop_scope="session")
async def test_an_account_is_given_with_its_sessions(auth):
    user, tokens = await auth.register(), await auth.login()
    files = await files_of(auth_export(auth, tokens.access_token))
    [account] = files["account.ndjson"]
    assert (account["id"], account["email"], account["roles"]) == (user.id, EMAIL, ["ROLE_USER"])
    [session] = files["sessions.ndjson"]
    assert session["started_at"] < session["expires_at"]
    assert "ended_at" not in session


@pytest.mark.asyncio(loop_scope="session")
async def test_keys_are_given_without_their_secrets_and_to_whoever_is_there_in_person_alone(auth):
    await auth.register()
    token = (await auth.login()).access_token
    keys = ApiKeyServiceStub(auth.channel)
    asked = {"name": "nightly", "scopes": ["read:portfolio"], "valid_days": 30, "password": PASSWORD}
    made = await keys.CreateApiKey(CreateApiKeyRequest(**asked), metadata=bearer(token))
    [key] = (await files_of(auth_export(auth, token)))["api_keys.ndjson"]
    assert (key["id"], key["name"], key["scopes"]) == (made.api_key.id, "nightly", ["read:portfolio"])
    assert made.key not in str(key)
    machine = (await keys.ExchangeApiKey(ExchangeApiKeyRequest(key=made.key))).access_token
    refusal = await refused(drained(auth_export(auth, machine)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "LOGIN_REQUIRED")


@pytest.mark.asyncio(loop_scope="session")
async def test_how_often_one_called_is_given_and_nobody_else_s(auth, auth_database):
    user, tokens = await auth.register(), await auth.login()
    row = (START, 7, 1, 2, 3, 4, 1000, [11, 12], [13])
    _, pool = auth_database
    async with pool.acquire() as connection:
        for user_id in (user.id, str(uuid.uuid4())):
            await add(connection, (user_id, *row))
    [minute] = (await files_of(auth_export(auth, tokens.access_token)))["usage.ndjson"]
    assert minute.pop("minute") == "2026-03-02T00:00:00Z"
    assert list(minute.values()) == [7, 1, 2, 3, 4, 1000, 2, 1]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_token_of_an_ended_session_or_of_a_deleted_account_gets_nothing(auth):
    user, tokens = await auth.register(), await auth.login()
    await auth.logout_everywhere(tokens.access_token, user.id)
    assert (await refused(drained(auth_export(auth, tokens.access_token)))).reason == "TOKEN_SUPERSEDED"
    tokens = await auth.login()
    await auth.delete(tokens.access_token, user.id)
    refusal = await refused(drained(auth_export(auth, tokens.access_token)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


async def test_portfolios_are_given_with_holdings_and_history_until_their_owner_leaves(
    portfolio_user, portfolio_pool, portfolio_details
):
    alice, bob = portfolio_user(), portfolio_user("read:all", "read:client_portfolio")
    made, gone = await alice.made(), await alice.made(name="Gone")
    await alice("RebalancePortfolio", portfolio_id=made.id)
    await alice("DeletePortfolio", portfolio_id=gone.id)

    def export(who):
        stub = PortfolioServiceStub(who.channel)
        return stub.ExportMyData(portfolio_pb.ExportMyDataRequest(), metadata=who.metadata)

    files = await files_of(export(alice))
    [held] = files["portfolios.ndjson"]
    assert (held["id"], [each["symbol"] for each in held["holdings"]]) == (made.id, ["AAPL", "MSFT"])
    history = {}
    for each in files["history.ndjson"]:
        [(kind, told)] = each["event"].items()
        history.setdefault(told["portfolio"]["id"], []).append(kind)
    assert history == {
        made.id: ["portfolio_created", "holdings_rebalanced"],
        gone.id: ["portfolio_created", "portfolio_deleted"],
    }
    # What everybody's may be read for is not what is one's own.
    assert await files_of(export(bob)) == {}
    await left(portfolio_pool, portfolio_details, alice.user_id)
    assert await reason(drained(export(alice))) == LEFT


async def test_jobs_are_given_with_their_results_until_their_owner_leaves(optimizer, optimizer_store):
    alice, bob = optimizer.user(), optimizer.user()
    done = await alice("Optimize", **INLINE, wait_ms=10_000)

    def export(who):
        stub = OptimizerServiceStub(who.channel)
        return stub.ExportMyData(optimizer_pb.ExportMyDataRequest(), metadata=who.metadata)

    [job] = (await files_of(export(alice)))["optimizations.ndjson"]
    assert job["job"]["job_id"] == done.job_id
    assert job["result"]["weights"] == pytest.approx(dict(done.result.weights))
    assert await files_of(export(bob)) == {}
    await depart(optimizer_store.url, "optimizer", done.job_id)
    assert await reason(drained(export(alice))) == LEFT


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata()


async def test_own_datasets_are_given_until_their_owner_leaves(client, marketdata_database):
    who, tenant = str(uuid.uuid4()), str(uuid.uuid4())
    ann, colleague = client(who, tenant), client(tenant_id=tenant)
    made = (await ann.ingest("date,A,B\n2024-01-02,10,\n2024-01-03,11,21\n", dataset="mine")).dataset
    within = f"datasets/{made.id}"

    def export(user):
        return user.stub.ExportMyData(user.messages.ExportMyDataRequest(), metadata=user.metadata, timeout=30)

    chunks = {answer.chunk.file: answer.chunk for answer in await drained(export(ann))}
    assert set(chunks) == {
        "datasets.ndjson",
        f"{within}/instruments.ndjson",
        f"{within}/prices.csv",
        f"{within}/quality_rules.ndjson",
    }
    taken = chunks[f"{within}/prices.csv"]
    assert (taken.content_type, taken.rows) == ("text/csv", 3)
    assert taken.data.decode().splitlines() == [
        "date,symbol,open,high,low,close,adjusted_close,volume",
        "2024-01-02,A,,,,10.0,10.0,",
        "2024-01-03,A,,,,11.0,11.0,",
        "2024-01-03,B,,,,21.0,21.0,",
    ]
    # What a colleague may read is not theirs to take along.
    assert await drained(export(colleague)) == []
    connection = await asyncpg.connect(marketdata_database, server_settings={"search_path": "marketdata"})
    await connection.execute("INSERT INTO departed (user_id) VALUES ($1)", who)
    await connection.close()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await drained(export(ann))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def depart(url, schema, job_id):
    """The owner of a job leaves."""
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    owner = await connection.fetchval("SELECT user_id FROM optimizations WHERE id = $1", job_id)
    await connection.execute("INSERT INTO departed (user_id) VALUES ($1)", owner)
    await connection.close()
