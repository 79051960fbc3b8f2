"""Passwords guessed through the edge from many addresses: how many are compared, and what others notice of it.

And whether the time of an answer tells who has an account: refusals of known and of unknown addresses, in turn.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
from scipy.stats import mannwhitneyu

from benchmarks import calls, counters
from benchmarks.cell import Target, measured
from benchmarks.figures import Figure
from benchmarks.load import Load
from benchmarks.scale import FULL, Scale
from benchmarks.world import World

GUESSES, RATE = 10_000, 100.0  # in all, and per second
ADDRESSES, ACCOUNTS = 250, 100  # half of the accounts exist
PAIRS = 150  # of refusals whose times are compared: with the accounts that they need, fewer than a minute allows
READS = 200.0  # GetPortfolio per second, quiet and under attack
_SMALL = 0.01  # of all that in a quick run
_COUNTED = ("login_attempts_total", "counted")


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """What the attack came to, what GetPortfolio's callers noticed, and the odds that times tell nothing."""
    share = 1.0 if scale == FULL else _SMALL
    yield from _telling(world, round(share * PAIRS) + 2)  # first: after the attack everybody is refused for a while
    yield from _attacked(world, round(share * GUESSES))


def _attacked(world: World, guesses: int) -> Iterator[Figure]:
    token, seconds = world.reader.token(), guesses / RATE
    call = calls.get_portfolio(world.portfolio_id)
    load = Load(world.mesh.edge_address, call, "grpc", token, 8, max(16, round(0.8 * READS * seconds)), READS)
    target = Target(load, {}, world.metrics("portfolio"), call.method)
    tried = [_account(world, step) if step % 2 else _email() for step in range(min(ACCOUNTS, guesses))]
    quiet = measured(target).sent
    before = counters.value(world.metrics("auth"), *_COUNTED)
    with ThreadPoolExecutor(1) as other:
        attack = other.submit(asyncio.run, _guesses(world, tried, guesses))
        attacked = measured(target).sent
        statuses = attack.result()
    yield Figure("guessing.guesses", guesses, "1")
    yield Figure("guessing.compared", counters.value(world.metrics("auth"), *_COUNTED) - before, "1")
    yield Figure("guessing.refused_at_once", statuses.count(httpx.codes.TOO_MANY_REQUESTS), "1")
    for name, sent in (("quiet", quiet), ("attacked", attacked)):
        yield Figure(f"guessing.read.{name}.p95", 1e3 * sent.percentile(0.95), "ms")
    yield Figure("guessing.read.attacked_over_quiet", attacked.percentile(0.95) / quiet.percentile(0.95), "x")


async def _guesses(world: World, accounts: Sequence[str], guesses: int) -> list[int]:
    """The statuses of so many guesses, sent at their rate whatever becomes of the earlier ones."""
    clients = [
        httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=_address(number)), timeout=30)
        for number in range(ADDRESSES)
    ]
    began = time.monotonic()

    async def guess(step: int) -> int:
        await asyncio.sleep(began + step / RATE - time.monotonic())
        client, email = clients[step % ADDRESSES], accounts[step % len(accounts)]
        return (await client.post(_login(world), json=_wrong(email))).status_code

    try:
        return await asyncio.gather(*(guess(step) for step in range(guesses)))
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))


def _telling(world: World, pairs: int) -> Iterator[Figure]:
    """Each pair from an address of its own, so that no limit has a part in it."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for step in range(pairs):
        known, unknown = _account(world, step), _email()
        with httpx.Client(transport=httpx.HTTPTransport(local_address=_address(1000 + step)), timeout=30) as client:
            client.get(f"{world.mesh.edge_url}/healthz")  # connected
            for email in (known, unknown) if step % 2 else (unknown, known):
                start = time.perf_counter()
                client.post(_login(world), json=_wrong(email))
                times[email == known].append(time.perf_counter() - start)
    for exists, name in ((True, "known"), (False, "unknown")):
        yield Figure(f"guessing.{name}.p50", 1e3 * statistics.median(times[exists]), "ms")
    yield Figure("guessing.same_time_p", float(mannwhitneyu(times[True], times[False]).pvalue), "1")


def _account(world: World, number: int) -> str:
    """The address of a new account, made from a network address that does nothing else."""
    body = {"email": _email(), "password": uuid4().hex}
    with httpx.Client(transport=httpx.HTTPTransport(local_address=_address(5000 + number)), timeout=30) as client:
        client.post(f"{world.mesh.edge_url}/api/v1/auth/register", json=body).raise_for_status()
    return body["email"]


def _address(number: int) -> str:
    """One of this machine's own: all of 127.0.0.0/8 is."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _login(world: World) -> str:
    return f"{world.mesh.edge_url}/api/v1/auth/login"


def _email() -> str:
    return f"{uuid4().hex}@example.com"


def _wrong(email: str) -> dict[str, str]:
    return {"email": email, "password": uuid4().hex}
