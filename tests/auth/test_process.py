"""`python -m services.auth` as a supervisor starts it: a process, a PostgreSQL, a key folder."""

import asyncio
import os
import signal
import socket
import sys
import uuid
from contextlib import asynccontextmanager

import asyncpg
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pyotp import TOTP
from qpo.auth.v1 import api_key_service_pb2 as key_pb
from qpo.auth.v1 import auth_service_pb2 as pb
from qpo.auth.v1 import second_factor_service_pb2 as second_pb
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.auth.v1.second_factor_service_pb2_grpc import SecondFactorServiceStub

from tests.auth.store import runtime_url

EMAIL, PASSWORD = "ann@example.com", "wander-obelisk-42-tin"


@asynccontextmanager
async def started(environment):
    """The process, and what it wrote to standard error once it has ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.auth",
        env=os.environ | environment,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def environment(database_url, redis_url, tmp_path, free_port):
    return {
        "QPO_AUTH_PORT": str(free_port),
        "QPO_AUTH_METRICS_PORT": "0",
        "QPO_AUTH_KEYS_DIR": str(tmp_path / "keys"),
        "QPO_AUTH_PAGE_TOKEN_KEY_FILE": str(tmp_path / "page_token.key"),
        "QPO_AUTH_KEYRING_FILE": str(tmp_path / "keys" / "keyring.json"),
        "QPO_AUTH_REDIS_URL": redis_url,
        "QPO_AUTH_DATABASE_URL": runtime_url(database_url),
        "QPO_AUTH_MIGRATION_URL": database_url,
    }


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def serving(channel):
    """Wait until the process says SERVING."""
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=30)
    async for answer in watch:
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            watch.cancel()
            return


async def walk(stub, second, keys, secret):
    """Use every way in, rightly and wrongly; return what must be written nowhere."""
    await stub.Register(pb.RegisterRequest(email=EMAIL, password=PASSWORD))
    tokens = (await stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD))).tokens
    await stub.WhoAmI(pb.WhoAmIRequest(), metadata=[("authorization", f"Bearer {tokens.access_token}")])
    await stub.Refresh(pb.RefreshRequest(refresh_token=tokens.refresh_token))
    me = [("authorization", f"Bearer {tokens.access_token}")]
    asked = key_pb.CreateApiKeyRequest(name="nightly", scopes=["read:portfolio"], valid_days=1, password=PASSWORD)
    made = (await keys.CreateApiKey(asked, metadata=me)).key
    exchanged = (await keys.ExchangeApiKey(key_pb.ExchangeApiKeyRequest(key=made))).access_token
    begun = await second.BeginSecondFactor(second_pb.BeginSecondFactorRequest(password=PASSWORD), metadata=me)
    confirm = second_pb.ConfirmSecondFactorRequest(code=TOTP(begun.secret).now())
    recovery = (await second.ConfirmSecondFactor(confirm, metadata=me)).recovery_codes
    await stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD, code=recovery[0]))
    wrong = (
        stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD, code="a-wrong-code")),
        keys.ExchangeApiKey(key_pb.ExchangeApiKeyRequest(key=made[:-1])),
        stub.Register(pb.RegisterRequest(email=EMAIL, password=PASSWORD)),
        stub.Register(pb.RegisterRequest(email="not-an-address", password=PASSWORD)),
        stub.Login(pb.LoginRequest(email=EMAIL, password="a-wrong-password")),
        stub.Refresh(pb.RefreshRequest(refresh_token=tokens.refresh_token)),
        stub.BootstrapAdmin(pb.BootstrapAdminRequest(bootstrap_secret="a-guess", email=EMAIL, password=PASSWORD)),
    )
    for call in wrong:
        with pytest.raises(grpc.aio.AioRpcError):
            await call
    await stub.BootstrapAdmin(
        pb.BootstrapAdminRequest(bootstrap_secret=secret, email="root@example.com", password=PASSWORD)
    )
    given = [EMAIL, "root@example.com", "not-an-address", PASSWORD, "a-wrong-password", "a-guess", secret]
    given += ["a-wrong-code", begun.secret, *recovery, made[:-1], exchanged]
    return [*given, tokens.access_token, tokens.access_token.rpartition(".")[2], tokens.refresh_token, "$argon2id$"]


async def test_a_process_serves_drains_and_writes_no_secret_to_its_log(environment, tmp_path):
    async with (
        started(environment) as process,
        grpc.aio.insecure_channel(f"127.0.0.1:{environment['QPO_AUTH_PORT']}") as channel,
    ):
        await serving(channel)
        stub = AuthServiceStub(channel)
        keys = (await stub.GetJwks(pb.GetJwksRequest())).keys
        second = SecondFactorServiceStub(channel)
        secrets = await walk(
            stub, second, ApiKeyServiceStub(channel), (tmp_path / "keys" / "bootstrap_secret").read_text().strip()
        )
        process.send_signal(signal.SIGTERM)
        written, log = (stream.decode() for stream in await process.communicate())
    assert len(keys) == 1
    assert process.returncode == 0
    assert "BootstrapAdmin" in log
    assert [secret for secret in secrets if secret in log or secret in written] == []


async def test_a_restart_keeps_keys_and_accounts(environment):
    shown = []
    for attempt in range(2):
        async with (
            started(environment) as process,
            grpc.aio.insecure_channel(f"127.0.0.1:{environment['QPO_AUTH_PORT']}") as channel,
        ):
            await serving(channel)
            stub = AuthServiceStub(channel)
            if attempt == 0:
                await stub.Register(pb.RegisterRequest(email=EMAIL, password=PASSWORD))
            shown.append((await stub.GetJwks(pb.GetJwksRequest())).SerializeToString(deterministic=True))
            assert (await stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD))).user.email == EMAIL
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    assert shown[0] == shown[1]


KEPT = "SELECT calls, cardinality(addresses) AS addresses FROM auth.usage_minutes"


async def test_what_a_process_counted_is_told_when_it_stops_and_kept_by_the_next(environment, database_url):
    database = await asyncpg.connect(database_url)
    for attempt in range(2):
        async with (
            started(environment) as process,
            grpc.aio.insecure_channel(f"127.0.0.1:{environment['QPO_AUTH_PORT']}") as channel,
        ):
            await serving(channel)
            stub = AuthServiceStub(channel)
            if attempt == 0:
                await stub.Register(pb.RegisterRequest(email=EMAIL, password=PASSWORD))
                token = (await stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD))).tokens.access_token
                for place in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
                    mine = (("authorization", f"Bearer {token}"), ("x-forwarded-for", place))
                    await stub.WhoAmI(pb.WhoAmIRequest(), metadata=mine)
            else:
                async with asyncio.timeout(20):
                    while not await database.fetchval("SELECT count(*) FROM auth.usage_minutes"):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    rows = await database.fetch(KEPT)
    await database.close()
    # Of one minute or, around its end, of two.
    assert sum(row["calls"] for row in rows) == 3
    assert max(row["addresses"] for row in rows) in (1, 2)


# As long as a commit sleeps it is under way: the server finishes it, whoever asked for it is still there or not.
SLOW_COMMITS = """
CREATE FUNCTION auth.slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON auth.refresh_tokens DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION auth.slowly()
"""
SLEEPING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


async def test_a_kill_between_commit_and_answer_leaves_one_successor_and_whoever_asks_again_gets_it(
    environment, database_url
):
    address, request = f"127.0.0.1:{environment['QPO_AUTH_PORT']}", str(uuid.uuid4())
    database = await asyncpg.connect(database_url)

    async def until(question, wanted):
        async with asyncio.timeout(20):
            while await database.fetchval(question) != wanted:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async with started(environment) as process, grpc.aio.insecure_channel(address) as channel:
        await serving(channel)
        stub = AuthServiceStub(channel)
        await stub.Register(pb.RegisterRequest(email=EMAIL, password=PASSWORD))
        first = (await stub.Login(pb.LoginRequest(email=EMAIL, password=PASSWORD))).tokens.refresh_token
        await database.execute(SLOW_COMMITS)
        asked = pb.RefreshRequest(refresh_token=first, request_id=request)
        refreshing = asyncio.ensure_future(stub.Refresh(asked))
        await until(SLEEPING, True)
        process.kill()
        with pytest.raises(grpc.aio.AioRpcError):
            await refreshing
    await until("SELECT count(*) FROM auth.refresh_tokens", 2)
    await database.execute("DROP TRIGGER slowly ON auth.refresh_tokens")
    async with started(environment), grpc.aio.insecure_channel(address) as channel:
        await serving(channel)
        stub = AuthServiceStub(channel)
        # However long the start took: the ten seconds are not what is tried here.
        await database.execute("UPDATE auth.refresh_tokens SET spent_at = now() WHERE spent_at IS NOT NULL")
        again = [(await stub.Refresh(asked)).tokens.refresh_token for _ in range(2)]
        assert again[0] == again[1]
        assert await database.fetchval("SELECT count(*) FROM auth.refresh_tokens") == 2
        assert (await stub.Refresh(pb.RefreshRequest(refresh_token=again[0]))).tokens.refresh_token
    await database.close()


async def test_a_process_without_its_settings_names_them_and_ends(tmp_path):
    bare = {"QPO_AUTH_PORT": "not a port"}
    async with started(bare) as process:
        _, log = await process.communicate()
    assert process.returncode == 2
    assert all(name in log.decode() for name in ("QPO_AUTH_PORT", "QPO_AUTH_KEYS_DIR", "QPO_AUTH_DATABASE_URL"))
