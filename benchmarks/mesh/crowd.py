"""Those who call: a thousand users with a token and portfolios of their own, and what they send.

They have no account: their tokens are signed by the installation's own key, because a thousand logins are two minutes
of argon2 and none of what is measured here.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from benchmarks.world import SYMBOLS, portfolio
from services.auth.adapters.signing_keys_files import signer_from
from services.auth.domain.claims import Claims

LIFETIME = 900  # seconds, as auth gives
SCOPES = ("read:marketdata", "read:portfolio", "run:optimization", "write:portfolio")
POINTS = 5  # of a frontier that is streamed
# Shares of the calls. Who deletes has created before, or creates instead.
MIX = {"get": 45, "list": 20, "create": 8, "update": 10, "delete": 4, "solve": 9, "stream": 4}
SETTLERS = 8


@dataclass(frozen=True, slots=True)
class Crowd:
    """The users, by number; their tokens are of now."""

    keys: Path
    count: int

    def tokens(self) -> list[str]:
        """A token for each, good for fifteen minutes."""
        signer, now = signer_from(self.keys), int(time.time())
        return [signer.sign(_claims(number, now)) for number in range(self.count)]

    def settle(self, url: str, each: int = 1) -> list[list[str]]:
        """Gives every user portfolios at a server; returns their ids."""
        body = portfolio()

        def one(token: str) -> list[str]:
            headers = {"authorization": f"Bearer {token}"}
            made = [door.post("/api/v1/portfolios", json=body, headers=headers).raise_for_status() for _ in range(each)]
            return [answer.json()["portfolio"]["id"] for answer in made]

        with httpx.Client(base_url=url, timeout=60, trust_env=False) as door, ThreadPoolExecutor(SETTLERS) as pool:
            return list(pool.map(one, self.tokens()))


def bodies() -> Mapping[str, str]:
    """What is sent, by kind: the same to everybody."""
    source = {"moments": moments()}
    return {
        "create": json.dumps(portfolio()),
        "update": json.dumps({"name": "Renamed"}),
        "solve": json.dumps({"source": source, "goal": {"objective": "OBJECTIVE_RISK"}}),
        "stream": json.dumps({"frontier": {"source": source, "points": POINTS}}),
    }


def moments() -> dict[str, Any]:
    """Expected returns and covariances of 20 stocks by three factors, the same every time."""
    chance, count = random.Random(7), len(SYMBOLS)
    loads = [[chance.gauss(0.12, 0.05) for _ in range(3)] for _ in range(count)]
    own = [chance.uniform(0.01, 0.05) for _ in range(count)]
    covariance = [_dot(loads[i], loads[j]) + (own[i] if i == j else 0.0) for i in range(count) for j in range(count)]
    returns = [chance.uniform(0.02, 0.15) for _ in range(count)]
    square = {"rows": count, "cols": count, "doubles": {"values": covariance}}
    return {"symbols": list(SYMBOLS), "expected_returns": returns, "dense": square}


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _claims(number: int, now: int) -> Claims:
    identity = str(UUID(int=(0x0199 << 112) | (0x7 << 76) | (0x8 << 60) | number))
    return Claims(
        iss="https://auth.qpo",
        aud="qpo",
        sub=identity,
        tid=identity,
        roles=("ROLE_USER",),
        scopes=SCOPES,
        tier="free",
        ver=0,
        amr=("pwd",),
        jti=identity,
        iat=now,
        exp=now + LIFETIME,
    )
