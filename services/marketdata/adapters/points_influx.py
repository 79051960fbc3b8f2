"""Points in an InfluxDB 1.x, over its HTTP interface."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from chassis.logging import logger
from services.marketdata.app.mirror_ports import TICKS, PointsUnavailable
from services.marketdata.domain.feed.points import PRICES
from services.marketdata.domain.feed.records import DAY, SECOND
from services.marketdata.domain.feed.rollup import INTERVALS, KEPT

if TYPE_CHECKING:
    import httpx

CONNECT, WRITE, QUERY = 5.0, 30.0, 120.0  # s
LARGE = 16 * 1024  # bytes that are worth compressing
TICKS_KEPT = 7  # days
_SAID = 300  # characters of an answer that are told
_BEYOND = re.compile(r"partial write: points beyond retention policy dropped=(\d+)")
_UNREADABLE = "unable to parse"


@dataclass(frozen=True, slots=True)
class Candles:
    """Prices of one width, rolled up by a continuous query that runs every so often and looks so far back."""

    policy: str
    every: str
    back: str
    shard: int  # days
    width: int  # s
    kept: int  # days

    @property
    def name(self) -> str:
        """Of the continuous query."""
        return f"{PRICES}_{self.policy}"


# What a query looks back over, less one interval, is how long after it occurred a tick may be written and is rolled up
# with the others of its interval: 9 min at 1 minute, 25 min at 5, 2 h at 1 hour, 2 d at 1 day. `roll_up` is for later
# ones. Of hours and days those that still go on are rolled up too, as far as they are.
_PLANS = (
    ("1minute", "1m", "10m", 1),
    ("5minute", "5m", "30m", 5),
    ("1hour", "15m", "3h", 30),
    ("1day", "1h", "3d", 365),
)
CANDLES = tuple(Candles(*plan, width, kept) for plan, width, kept in zip(_PLANS, INTERVALS, KEPT, strict=True))
_VALUES = "first(price) AS open, max(price) AS high, min(price) AS low, last(price) AS close, sum(volume) AS volume"


class InfluxPoints:
    """The port PointStore. Its client is made when it is first used, and closed on leaving; its library is silenced."""

    def __init__(self, url: str, database: str = "qpo", user: str = "", password: SecretStr | None = None) -> None:
        self._url, self._database = url.rstrip("/"), database
        self._user, self._password = user, password

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The client itself. What secrets there are go into a header: no address bears them."""
        import httpx

        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        secret = "" if self._password is None else self._password.get_secret_value()
        return httpx.AsyncClient(
            auth=httpx.BasicAuth(self._user, secret) if self._user else None,
            timeout=httpx.Timeout(WRITE, connect=CONNECT),
            limits=httpx.Limits(max_connections=2),
        )

    async def __aenter__(self) -> InfluxPoints:
        return self

    async def __aexit__(self, *_: object) -> None:
        if "http" in self.__dict__:
            await self.http.aclose()

    async def exists(self) -> bool:
        """Asks for the databases."""
        answer = await self._ask("SHOW DATABASES")
        return any([self._database] in series.get("values", []) for each in answer for series in each.get("series", []))

    async def lay_out(self) -> None:
        """Makes what is not there, and changes what is otherwise."""
        named = _quoted(self._database)
        ticks = _kept(TICKS_KEPT, 1)
        await self._make(f"CREATE DATABASE {named} WITH {ticks} NAME {_quoted(TICKS)}", "")
        policies = {TICKS: f"{ticks} DEFAULT"} | {each.policy: _kept(each.kept, each.shard) for each in CANDLES}
        for policy, kept in policies.items():
            what = f"RETENTION POLICY {_quoted(policy)} ON {named} {kept}"
            await self._make(f"CREATE {what}", f"ALTER {what}")
        for each in CANDLES:
            what = f"CONTINUOUS QUERY {_quoted(each.name)} ON {named}"
            resample = f"RESAMPLE EVERY {each.every} FOR {each.back}"
            create = f"CREATE {what} {resample} BEGIN {self._rolling(each)} END"
            await self._make(create, f"DROP {what}; {create}")

    async def write(self, policy: str, lines: Sequence[str]) -> int:
        """One request. Lines that cannot be read are told, and left out: they never could be."""
        body, headers = await asyncio.to_thread(_packed, lines)
        params = {"db": self._database, "rp": policy, "precision": "ns"}
        response = await self._send("/write", WRITE, params=params, content=body, headers=headers)
        if response.is_success:
            return 0
        said = _error_of(response)
        if response.status_code == 400 and (beyond := _BEYOND.search(said)):
            return int(beyond[1])
        if response.status_code == 400 and _UNREADABLE in said:
            logger().error("points_unreadable", policy=policy, error=said[:_SAID])
            return said.count(_UNREADABLE)
        raise PointsUnavailable(f"status {response.status_code}: {said[:_SAID]}")

    async def roll_up(self, start: int, end: int, now: int) -> None:
        """One request; of an interval that is not kept whole any more, nothing."""
        oldest = now - TICKS_KEPT * DAY
        begins = ((each, max(_down(start, each.width), _up(oldest, each.width))) for each in CANDLES)
        statements = [
            self._rolling(each, f"WHERE time >= {begin} AND time < {end}") for each, begin in begins if begin < end
        ]
        if statements:
            await self._ask("; ".join(statements))

    async def forget(self, dataset_id: str) -> None:
        """One statement for all measurements and policies."""
        await self._ask(f"DROP SERIES WHERE dataset = {_text(dataset_id)}")

    def _rolling(self, candles: Candles, which: str = "") -> str:
        """The statement that rolls prices up, of all ticks or of some."""
        into, of = (f"{_quoted(self._database, policy)}.{PRICES}" for policy in (candles.policy, TICKS))
        by = f"GROUP BY time({candles.width}s), symbol, exchange, dataset fill(none)"
        return f"SELECT {_VALUES} INTO {into} FROM {of} {which} {by}"  # noqa: S608 - InfluxQL of our own

    async def _make(self, create: str, change: str) -> None:
        """Creates; changes what there is already, if it is otherwise."""
        *_, made = await self._results(create)
        if _differs(str(made.get("error", ""))):
            if change:
                await self._ask(change)
        elif "error" in made:
            raise PointsUnavailable(str(made["error"])[:_SAID])

    async def _ask(self, statements: str) -> list[Mapping[str, Any]]:
        """The results of statements that all must be done."""
        results = await self._results(statements)
        if errors := [str(each["error"]) for each in results if "error" in each]:
            raise PointsUnavailable(errors[0][:_SAID])
        return results

    async def _results(self, statements: str) -> list[Mapping[str, Any]]:
        response = await self._send("/query", QUERY, data={"db": self._database, "q": statements})
        if not response.is_success:
            raise PointsUnavailable(f"status {response.status_code}: {_error_of(response)[:_SAID]}")
        try:
            results: list[Mapping[str, Any]] = response.json()["results"]
        except (ValueError, KeyError, TypeError) as error:
            raise PointsUnavailable("its answer is not InfluxDB's") from error
        return results

    async def _send(self, path: str, patience: float, **what: Any) -> httpx.Response:
        import httpx

        timeout = httpx.Timeout(patience, connect=CONNECT)
        try:
            return await self.http.post(self._url + path, timeout=timeout, follow_redirects=False, **what)
        except httpx.HTTPError as error:
            raise PointsUnavailable(f"not answered: {type(error).__name__}") from None


class LoggedReport:
    """The port Report, to the log."""

    def interrupted(self, why: str) -> None:
        """A warning."""
        logger().warning("mirror_interrupted", error=why)

    def resumed(self) -> None:
        """As it should be."""
        logger().info("mirror_resumed")

    def refused(self, policy: str, points: int) -> None:
        """A warning: they are older than what is kept."""
        logger().warning("points_refused", policy=policy, points=points)


def _kept(days: int, shard: int) -> str:
    return f"DURATION {days}d REPLICATION 1 SHARD DURATION {shard}d"


def _differs(error: str) -> bool:
    return "already exists" in error or "conflicts with an existing" in error


def _down(moment: int, width: int) -> int:
    """The beginning of the interval that a moment, ns since 1970, lies in; its width in s."""
    return moment // (width * SECOND) * width * SECOND


def _up(moment: int, width: int) -> int:
    """The beginning of the first interval that does not begin before it."""
    return -_down(-moment, width)


def _packed(lines: Sequence[str]) -> tuple[bytes, dict[str, str]]:
    """The lines as they are sent."""
    body = "\n".join(lines).encode()
    if len(body) < LARGE:
        return body, {}
    return gzip.compress(body, compresslevel=1), {"Content-Encoding": "gzip"}


def _error_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
