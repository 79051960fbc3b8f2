"""Whether the clocks agree: tokens, leases and certificates are judged by whichever is nearest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from stack.doctor.edge import Edge
from stack.doctor.finding import Finding, fine, unknown, wrong
from stack.doctor.patient import Patient
from stack.doctor.stores import connect, redis_at
from stack.identities import OWNER

# Seconds: a token counts for 15 minutes, a lease of a job for 10 seconds.
MOST = 2.0
_FIX = "have NTP set the clocks: timedatectl set-ntp true, or chronyd, on both machines"
Clock = Callable[[], float]


def of_stores_and_edge(patient: Patient, clock: Clock = time.time) -> Iterator[Finding]:
    """This machine's clock against those of PostgreSQL, Redis and the edge, where each can be asked."""
    if patient.postgres_url:
        with connect(patient.postgres_url) as connection:
            asked = clock()
            there = float(connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()[0])
            yield _compared("PostgreSQL", there, asked, clock())
    if patient.redis_url:
        with redis_at(patient.redis_url) as redis:
            asked = clock()
            seconds, micros = redis.time()
            yield _compared("Redis", seconds + micros / 1e6, asked, clock())
    if patient.addresses:
        authority = patient.layout.identity(OWNER).authority if patient.addresses.tls else None
        yield from of_edge(Edge(patient.addresses.edge_url, authority))
    elif not patient.postgres_url and not patient.redis_url:
        yield unknown("clocks", "no mesh runs here: no other clock to compare with")


def of_edge(there: Edge) -> Iterator[Finding]:
    """This machine's clock against the edge's, which tells whole seconds."""
    answer = there.get("/health")
    if answer.date is None:
        yield unknown("clocks", f"{there.url} tells no time")
    else:
        yield _compared(there.url, answer.date.timestamp() + 0.5, answer.asked - 0.5, answer.there + 0.5)


def _compared(who: str, there: float, earliest: float, latest: float) -> Finding:
    """`there` was told between the earliest and the latest moment here."""
    apart = max(earliest - there, there - latest, 0.0)
    if apart > MOST:
        way = "ahead of" if there > latest else "behind"
        return wrong("clocks", f"{who} is {apart:.1f} s {way} this machine", _FIX)
    return fine("clocks", f"{who}: at most {apart + latest - earliest:.1f} s apart")
