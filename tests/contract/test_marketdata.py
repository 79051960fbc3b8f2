"""qpo.marketdata.v1 over a real server, PostgreSQL and Redis: success of every RPC, and every reason to be refused."""

import asyncio
import uuid
from dataclasses import replace

import grpc
import numpy as np
import pytest_asyncio
from google.type.date_pb2 import Date
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices

from tests.marketdata.served import refused

D2, D3, D4 = (Date(year=2024, month=1, day=day) for day in (2, 3, 4))


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata()


@pytest_asyncio.fixture
async def ann(client):
    """A user who has imported a few prices."""
    user = client()
    await user.ingest()
    return user


# IngestPrices


async def test_an_upload_is_stored_and_told_about(client):
    answer = await client().ingest("date,A,B\n2024-01-02,10,-1\n2024-01-03,,21\n", dataset="mine")
    assert (answer.dataset.name, answer.dataset.instruments) == ("mine", 2)
    assert (answer.dataset.start, answer.dataset.end) == (D2, D3)
    assert (answer.bars_stored, answer.cells_empty, answer.lines_read, answer.instruments_created) == (2, 1, 2, 2)
    [defect] = answer.defects
    assert (defect.line, defect.column, defect.symbol) == (2, "B", "B")
    assert defect.reason == prices.DEFECT_REASON_NON_POSITIVE_PRICE
    assert [(count.reason, count.count) for count in answer.defect_counts] == [(defect.reason, 1)]


async def test_a_correction_is_counted_and_the_old_price_is_read_as_of_before(ann):
    [before] = (await ann.list_bars(dataset="prices", symbols=["A"], start=D4)).bars
    answer = await ann.ingest("date,A\n2024-01-03,11\n2024-01-04,99\n")
    assert (answer.bars_stored, answer.bars_corrected, answer.bars_unchanged) == (1, 1, 1)
    [after] = (await ann.list_bars(dataset="prices", symbols=["A"], start=D4)).bars
    [then] = (await ann.list_bars(dataset="prices", symbols=["A"], start=D4, as_of=before.knowledge_time)).bars
    assert (before.close, after.close, then) == (12.1, 99, before)


async def test_validate_only_reports_and_stores_nothing(client):
    user = client()
    answer = await user.ingest(validate_only=True)
    assert (answer.bars_stored, answer.HasField("dataset")) == (8, False)
    assert len((await user.list_datasets()).datasets) == 0


async def test_a_stream_must_begin_with_its_only_header(client):
    header = pb.IngestPricesRequest(header=pb.IngestHeader(dataset="d", format=pb.PRICE_FORMAT_CSV))
    chunk = pb.IngestPricesRequest(chunk=b"date,A\n2024-01-02,1\n")
    for messages in ((), (chunk,), (header, chunk, header)):
        await refused(client().send(*messages), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


async def test_another_currency_than_the_instruments_have_is_refused(ann):
    await refused(ann.ingest(currency="EUR"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


async def test_an_upload_that_is_no_price_file_is_unreadable(client):
    code = grpc.StatusCode.INVALID_ARGUMENT
    await refused(client().ingest("hello"), code, "UNREADABLE_UPLOAD")
    await refused(client().ingest(format=pb.PRICE_FORMAT_PARQUET), code, "UNREADABLE_UPLOAD")


async def test_an_upload_beyond_the_limit_is_refused_with_the_limit(client):
    call = client().ingest("date,A\n" + "x" * 100_000)
    metadata = await refused(call, grpc.StatusCode.RESOURCE_EXHAUSTED, "UPLOAD_TOO_LARGE")
    assert metadata == {"max_bytes": "100000"}


async def test_anothers_dataset_is_not_written(client):
    owner, code = client(), grpc.StatusCode.PERMISSION_DENIED
    shared = (await owner.ingest(visibility=prices.VISIBILITY_SHARED)).dataset
    await refused(client().ingest(dataset=shared.id), code, "NOT_OWNER")
    await refused(client().start_replay(dataset=shared.id), code, "NOT_OWNER")


# Reads


async def test_datasets_and_instruments_come_in_pages(client):
    user = client()
    for name in ("b", "a", "c"):
        await user.ingest(dataset=name)
    own, token = [], ""
    while True:
        page = await user.list_datasets(page_size=2, page_token=token)
        own += [dataset.name for dataset in page.datasets if dataset.visibility == prices.VISIBILITY_PRIVATE]
        token = page.next_page_token
        if not token:
            break
    assert own == ["a", "b", "c"]
    first = await user.list_instruments(dataset="a", page_size=2)
    rest = await user.list_instruments(dataset="a", page_size=2, page_token=first.next_page_token)
    instruments = [*first.instruments, *rest.instruments]
    assert [(i.symbol, i.sessions, i.currency) for i in instruments] == [
        ("A", 3, "USD"),
        ("B", 2, "USD"),
        ("C", 3, "USD"),
    ]
    assert rest.next_page_token == ""


async def test_bars_come_in_pages_by_session_then_symbol(ann):
    first = await ann.list_bars(dataset="prices", page_size=4)
    rest = await ann.list_bars(dataset="prices", page_size=4, page_token=first.next_page_token)
    bars = [(bar.session.day, bar.symbol) for bar in [*first.bars, *rest.bars]]
    assert bars == [(2, "A"), (2, "B"), (2, "C"), (3, "A"), (3, "C"), (4, "A"), (4, "B"), (4, "C")]


async def test_a_page_token_of_another_filter_is_refused(ann):
    token = (await ann.list_bars(dataset="prices", page_size=1)).next_page_token
    code = grpc.StatusCode.INVALID_ARGUMENT
    await refused(ann.list_bars(dataset="prices", symbols=["A"], page_token=token), code, "PAGE_TOKEN_INVALID")
    await refused(ann.list_datasets(page_token="made-up"), code, "PAGE_TOKEN_INVALID")


async def test_closes_are_the_last_on_or_before_the_session(ann):
    closes = (await ann.list_closes(dataset="prices", session=D3)).closes
    assert [(c.symbol, c.price, c.session.day) for c in closes] == [("A", 11, 3), ("B", 20, 2), ("C", 33, 3)]


async def test_returns_are_those_of_numpy_with_nan_where_a_close_is_missing(ann):
    answer = await ann.get_returns(dataset="prices", symbols=["B", "A"])
    table = np.array([[20, 10], [np.nan, 11], [21, 12.1]])
    matrix = np.frombuffer(answer.returns.packed, "<f8").reshape(answer.returns.rows, answer.returns.cols)
    np.testing.assert_allclose(matrix, table[1:] / table[:-1] - 1)
    assert list(answer.symbols) == ["B", "A"]
    assert [session.day for session in answer.sessions] == [3, 4]
    assert [(h.observations, h.missing) for h in answer.histories] == [(0, 2), (2, 0)]


async def test_a_range_with_fewer_than_two_sessions_has_no_returns(ann):
    code = grpc.StatusCode.FAILED_PRECONDITION
    await refused(ann.get_returns(dataset="prices", end=D2), code, "NO_SESSIONS")
    await refused(ann.start_replay(dataset="prices", start=Date(year=2030, month=1, day=1)), code, "NO_SESSIONS")


async def test_symbols_that_a_dataset_lacks_are_named(ann):
    for read in (ann.list_bars, ann.list_closes, ann.get_returns, ann.start_replay, ann.subscribe_ticks):
        call = read(dataset="prices", symbols=["A", "X", "Y"])
        metadata = await refused(call, grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND")
        assert metadata == {"symbols": "X,Y"}


async def test_anothers_private_dataset_is_answered_as_one_that_does_not_exist(ann, client):
    hidden = (await ann.ingest()).dataset.id
    other, code = client(), grpc.StatusCode.NOT_FOUND
    methods = ("list_instruments", "list_bars", "list_closes", "get_returns", "start_replay", "subscribe_ticks")
    for method in methods:
        for dataset in (hidden, str(uuid.uuid4()), "no-such-name"):
            await refused(getattr(other, method)(dataset=dataset), code, "DATASET_NOT_FOUND")
    await refused(other.ingest(dataset=hidden), code, "DATASET_NOT_FOUND")


async def test_a_shared_dataset_is_read_by_everyone_by_its_id(client):
    shared = (await client().ingest(visibility=prices.VISIBILITY_SHARED)).dataset.id
    assert len((await client().list_closes(dataset=shared)).closes) == 3


async def test_a_request_that_breaks_a_rule_names_the_field(ann):
    code = grpc.StatusCode.INVALID_ARGUMENT
    await refused(ann.list_bars(dataset="prices", symbols=["not a symbol"]), code, "INVALID_REQUEST")
    await refused(ann.list_bars(dataset="prices", start=Date(year=2024, month=13, day=1)), code, "INVALID_REQUEST")
    await refused(ann.get_replay(replay_id="7"), code, "INVALID_REQUEST")
    await refused(ann.start_replay(dataset="prices", speed=float("nan")), code, "INVALID_REQUEST")


async def test_who_is_nobody_or_lacks_the_scope_is_refused(ann, client):
    nobody = replace(ann, metadata=())
    await refused(nobody.list_datasets(), grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
    reader, code = client(scopes=["read:marketdata"]), grpc.StatusCode.PERMISSION_DENIED
    silent = reader.stub.IngestPrices(metadata=reader.metadata, timeout=30)  # see SILENT in test_optimizer_batch
    assert await refused(silent, code, "SCOPE_MISSING") == {"scope": "write:marketdata"}
    writer = client(scopes=["write:marketdata"])
    assert await refused(writer.list_datasets(), code, "SCOPE_MISSING") == {"scope": "read:marketdata"}


# Ticks and replays


def told(message):
    return {tick.symbol: tick.price for tick in message.ticks}


async def ended(user, replay_id):
    """The replay, once it no longer runs."""
    async with asyncio.timeout(20):
        while True:
            replay = (await user.get_replay(replay_id=replay_id)).replay
            if replay.state != prices.REPLAY_STATE_RUNNING:
                return replay
            await asyncio.sleep(0.02)


async def read_ticks(stream, count):
    """The next messages that carry ticks."""
    found = []
    async with asyncio.timeout(20):
        while len(found) < count:
            message = await stream.read()
            if message.ticks:
                found.append(message)
    return found


async def test_a_replay_is_heard_tick_by_tick_by_whoever_subscribes(ann):
    stream = ann.subscribe_ticks(dataset="prices")
    snapshot = await stream.read()
    assert (snapshot.snapshot, len(snapshot.ticks)) == (True, 0)
    replay = (await ann.start_replay(dataset="prices", speed=20)).replay
    assert (replay.sessions_total, replay.speed) == (3, 20)
    messages = await read_ticks(stream, 3)
    assert [told(m) for m in messages] == [
        {"A": 10, "B": 20, "C": 30},
        {"A": 11, "C": 33},
        {"A": 12.1, "B": 21, "C": 33},
    ]
    assert [m.conflated for m in messages] == [0, 0, 0]
    assert [(tick.seq, tick.session) for m in messages for tick in m.ticks if tick.symbol == "B"] == [(1, D2), (2, D4)]
    done = await ended(ann, replay.id)
    assert (done.state, done.sessions_played, done.position) == (prices.REPLAY_STATE_FINISHED, 3, D4)
    stream.cancel()


async def test_a_cursor_goes_on_without_loss_and_without_one_a_snapshot_comes_first(ann):
    stream = ann.subscribe_ticks(dataset="prices", symbols=["A"])
    cursor = (await stream.read()).cursor
    stream.cancel()
    replay = (await ann.start_replay(dataset="prices", speed=1000)).replay
    await ended(ann, replay.id)
    resumed = ann.subscribe_ticks(dataset="prices", symbols=["A"], cursor=cursor)
    assert [told(m)["A"] for m in await read_ticks(resumed, 3)] == [10, 11, 12.1]
    anew = await ann.subscribe_ticks(dataset="prices", symbols=["A"]).read()
    assert (anew.snapshot, told(anew)) == (True, {"A": 12.1})
    resumed.cancel()


async def test_two_replicas_hear_the_same_ticks(serve_marketdata):
    here, there = await serve_marketdata(), await serve_marketdata()
    user_id = str(uuid.uuid4())
    ann, same = here(user_id), there(user_id)
    await ann.ingest()
    stream = same.subscribe_ticks(dataset="prices")
    await stream.read()
    replay = (await ann.start_replay(dataset="prices", speed=20)).replay
    assert [told(m)["A"] for m in await read_ticks(stream, 3)] == [10, 11, 12.1]
    assert (await ended(same, replay.id)).sessions_played == 3
    stream.cancel()


async def test_without_ticks_an_idle_message_carries_only_the_cursor(ann):
    stream = ann.subscribe_ticks(dataset="prices")
    await stream.read()
    idle = await stream.read()
    assert (idle.snapshot, len(idle.ticks), bool(idle.cursor)) == (False, 0, True)
    stream.cancel()


async def test_at_the_maximum_age_a_stream_ends_with_ok(serve_marketdata):
    user = (await serve_marketdata(subscribe_max_age=0.5))()
    await user.ingest()
    stream = user.subscribe_ticks(dataset="prices")
    messages = [message async for message in stream]
    assert messages[0].snapshot
    assert await stream.code() is grpc.StatusCode.OK


async def test_a_cursor_of_another_dataset_is_refused(ann):
    await ann.ingest(dataset="other")
    stream = ann.subscribe_ticks(dataset="other")
    cursor = (await stream.read()).cursor
    stream.cancel()
    code = grpc.StatusCode.INVALID_ARGUMENT
    await refused(ann.subscribe_ticks(dataset="prices", cursor=cursor), code, "CURSOR_INVALID")
    await refused(ann.subscribe_ticks(dataset="prices", cursor="made-up"), code, "CURSOR_INVALID")


async def test_a_stopped_replay_stays_stopped(ann):
    replay = (await ann.start_replay(dataset="prices", speed=0.01)).replay
    assert replay.state == prices.REPLAY_STATE_RUNNING
    stopped = (await ann.stop_replay(replay_id=replay.id)).replay
    assert stopped.state == prices.REPLAY_STATE_STOPPED
    assert (await ann.stop_replay(replay_id=replay.id)).replay == stopped


async def test_a_repeated_start_starts_nothing_and_an_id_serves_one_body(ann):
    request_id = str(uuid.uuid4())
    first = (await ann.start_replay(dataset="prices", speed=0.01, request_id=request_id)).replay
    again = (await ann.start_replay(dataset="prices", speed=0.01, request_id=request_id)).replay
    assert again.id == first.id
    other = ann.start_replay(dataset="prices", speed=5, request_id=request_id)
    await refused(other, grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
    await ann.stop_replay(replay_id=first.id)


async def test_a_user_runs_and_hears_as_much_as_is_allowed_at_once(ann):
    replay, code = (await ann.start_replay(dataset="prices", speed=0.01)).replay, grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await refused(ann.start_replay(dataset="prices"), code, "TOO_MANY") == {"what": "replays", "limit": "1"}
    streams = [ann.subscribe_ticks(dataset="prices") for _ in range(2)]
    for stream in streams:
        await stream.read()
    await refused(ann.subscribe_ticks(dataset="prices"), code, "TOO_MANY")
    for stream in streams:
        stream.cancel()
    await ann.stop_replay(replay_id=replay.id)


async def test_a_replay_is_found_by_who_may_read_its_dataset_and_stopped_by_its_owner(client):
    owner, other = client(), client()
    shared = (await owner.ingest(visibility=prices.VISIBILITY_SHARED)).dataset.id
    public = (await owner.start_replay(dataset=shared, speed=0.01)).replay.id
    assert (await other.get_replay(replay_id=public)).replay.dataset_id == shared
    await refused(other.stop_replay(replay_id=public), grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")
    await owner.stop_replay(replay_id=public)
    await owner.ingest(dataset="hidden")
    private = (await owner.start_replay(dataset="hidden", speed=0.01)).replay.id
    for replay_id in (private, str(uuid.uuid4())):
        for method in (other.get_replay, other.stop_replay):
            await refused(method(replay_id=replay_id), grpc.StatusCode.NOT_FOUND, "REPLAY_NOT_FOUND")


async def test_without_redis_ticks_are_unavailable_and_prices_are_served(serve_marketdata):
    user, code = (await serve_marketdata(redis_url="unix:///nowhere/redis.sock"))(), grpc.StatusCode.UNAVAILABLE
    await user.ingest()
    assert len((await user.list_closes(dataset="prices")).closes) == 3
    await refused(user.subscribe_ticks(dataset="prices"), code, "PEER_UNAVAILABLE")
    await refused(user.start_replay(dataset="prices"), code, "PEER_UNAVAILABLE")
