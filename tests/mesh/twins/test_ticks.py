"""Ticks over REST: slow readers, readers that are cut off, replicas that die."""

import io
import threading
from contextlib import ExitStack
from datetime import date, timedelta
from uuid import uuid4

import grpc
import httpx
import psutil
import pytest
from qpo.marketdata.v1.marketdata_service_pb2 import IngestHeader, IngestPricesRequest, PriceFormat, StartReplayRequest
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from tests.mesh.rest import DIRECT
from tests.mesh.twins.mesh import await_true, killed, part
from tests.mesh.twins.reader import EVENTS, LINES, Reader

SYMBOLS = [f"S{number:02d}" for number in range(20)]
SESSIONS = 4000
TOTAL = len(SYMBOLS) * SESSIONS


def long_history() -> bytes:
    """A wide CSV, one session a day."""
    text, first = io.StringIO(), date(2010, 1, 1)
    text.write("date," + ",".join(SYMBOLS) + "\n")
    for step in range(SESSIONS):
        text.write(f"{first + timedelta(days=step)}," + ",".join(f"{100 + step / 100:.2f}" for _ in SYMBOLS) + "\n")
    return text.getvalue().encode()


@pytest.fixture
def dataset(mesh, me):
    """A dataset of one's own for each test, so that its seqs begin at 1."""
    name, body = f"t{uuid4().hex[:10]}", long_history()
    chunks = [body[i : i + 500_000] for i in range(0, len(body), 500_000)]
    header = IngestHeader(dataset=name, format=PriceFormat.PRICE_FORMAT_CSV)
    parts = [IngestPricesRequest(header=header), *(IngestPricesRequest(chunk=chunk) for chunk in chunks)]
    with grpc.insecure_channel(mesh.edge_address, DIRECT) as channel:
        metadata = (("authorization", f"Bearer {me.token}"),)
        MarketDataServiceStub(channel).IngestPrices(iter(parts), metadata=metadata, timeout=60)
    return name


def play(mesh, me, dataset, speed, at="marketdata"):
    """Starts a replay at one replica; returns its id."""
    with grpc.insecure_channel(mesh.address(at), DIRECT) as channel:
        metadata = (("authorization", f"Bearer {me.token}"),)
        request = StartReplayRequest(dataset=dataset, speed=speed)
        return MarketDataServiceStub(channel).StartReplay(request, metadata=metadata, timeout=20).replay.id


def await_end(me, replay):
    await_true(lambda: me.rest.get(f"/api/v1/replays/{replay}").json()["replay"]["state"] != "REPLAY_STATE_RUNNING", 60)


@pytest.mark.parametrize("accept", [LINES, EVENTS])
def test_a_reader_that_stops_reading_gets_the_newest_of_each_and_the_count_of_the_rest(mesh, me, dataset, accept):
    reader = Reader(mesh.edge_url, me.token, dataset, accept).connect()
    assert reader.take()["snapshot"]
    replay = play(mesh, me, dataset, speed=1000)
    reader.take()
    await_end(me, replay)
    while sum(reader.newest.values()) < TOTAL:
        reader.take()
    reader.close()
    assert reader.newest == dict.fromkeys(SYMBOLS, SESSIONS)
    assert reader.delivered + reader.conflated == TOTAL
    # Little lay on the way when the reader stopped: most of what was played meanwhile it was spared.
    assert reader.conflated > TOTAL / 2
    assert reader.snapshots == 1


def test_readers_that_stop_reading_cost_little_memory_however_much_is_played(mesh, me, dataset):
    with ExitStack() as stack:
        readers = [Reader(mesh.edge_url, me.token, dataset).connect() for _ in range(20)]
        for reader in readers:
            stack.callback(reader.close)
            reader.take()
        before = memory(mesh)
        await_end(me, play(mesh, me, dataset, speed=1000))
        after = memory(mesh)
    # All of it as text for every reader would be some 220 MB.
    grown = {name: after[name] - before[name] for name in before}
    assert max(grown.values()) < 48 * 1024 * 1024, grown


def memory(mesh):
    """Resident bytes of the processes that ticks pass through."""
    return {name: psutil.Process(part(mesh, name).pid).memory_info().rss for name in ("envoy", *MARKETDATA)}


MARKETDATA = ("marketdata", "marketdata-2")


def test_a_reader_that_is_cut_off_again_and_again_misses_nothing_at_either_replica(mesh, me, dataset):
    before = subscribed(mesh)
    replay = play(mesh, me, dataset, speed=500)
    reader = Reader(mesh.edge_url, me.token, dataset).connect()
    for turn in range(24):
        for _ in range(turn % 5 + 1):
            reader.take()
        reader.connect()
    await_end(me, replay)
    reader.follow(TOTAL)
    assert reader.snapshots == 1
    assert reader.missed == 0
    reader.close()
    await_true(lambda: all(now > then for now, then in zip(subscribed(mesh), before, strict=True)))


def subscribed(mesh):
    """How many subscriptions each replica has ended."""
    counts = []
    for name in MARKETDATA:
        text = httpx.get(f"http://{mesh.metrics_address(name)}/metrics", trust_env=False).text
        lines = [
            line for line in text.splitlines() if line.startswith("api_requests_total") and "SubscribeTicks" in line
        ]
        counts.append(sum(float(line.rpartition(" ")[2]) for line in lines))
    return counts


@pytest.mark.parametrize("victim", ["marketdata", "marketdata-2"])
def test_readers_whose_replica_is_killed_go_on_at_the_other_and_miss_nothing(mesh, me, dataset, victim):
    readers = [Reader(mesh.edge_url, me.token, dataset).connect() for _ in range(5)]
    for reader in readers:
        reader.take()
    player = next(name for name in MARKETDATA if name != victim)
    play(mesh, me, dataset, speed=500, at=player)
    followers = [threading.Thread(target=reader.follow, args=(TOTAL,), daemon=True) for reader in readers]
    for follower in followers:
        follower.start()
    await_true(lambda: all(sum(reader.newest.values()) > TOTAL / 10 for reader in readers))
    killed(mesh, victim)
    for follower in followers:
        follower.join(130)
    assert [(reader.missed, reader.snapshots) for reader in readers] == [(0, 1)] * len(readers)
    assert {sum(reader.newest.values()) for reader in readers} == {TOTAL}


def test_what_a_killed_player_published_is_missed_by_nobody(mesh, me, dataset):
    reader = Reader(mesh.edge_url, me.token, dataset).connect()
    reader.take()
    replay = play(mesh, me, dataset, speed=500, at="marketdata-2")
    while sum(reader.newest.values()) < TOTAL / 10:
        reader.take()
    killed(mesh, "marketdata-2")
    fresh = Reader(mesh.edge_url, me.token, dataset).connect()
    fresh.take()
    reader.follow(sum(fresh.newest.values()))
    assert reader.newest == fresh.newest
    assert (reader.missed, reader.snapshots) == (0, 1)
    await_end(me, replay)
    assert me.rest.get(f"/api/v1/replays/{replay}").json()["replay"]["state"] == "REPLAY_STATE_STOPPED"
