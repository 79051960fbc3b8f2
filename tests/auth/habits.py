"""How people use the platform, made up with a seed: offices by day, owls, programs that poll; and one who steals."""

from datetime import UTC, datetime, timedelta

import numpy as np

from services.auth.domain.usage import Usage

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def person(random, user_id, days, start=START):
    """Minutes of one who works by day: some calls, of what they came for, from the one or two places where they are."""
    begins, busy, writer = random.integers(6, 11), random.uniform(2, 12), random.beta(1, 6)
    for day in range(days):
        if random.random() < 0.2:
            continue
        for _ in range(random.integers(2, 6)):
            at = start + timedelta(
                days=day, hours=int(begins + random.integers(0, 9)), minutes=int(random.integers(60))
            )
            for ahead in range(random.integers(1, 8)):
                yield minute(random, user_id, at + timedelta(minutes=ahead), busy, writer)


def minute(random, user_id, at, busy, writer):
    calls = 1 + int(random.poisson(busy))
    wrong = int(random.binomial(calls, 0.02))
    missing = int(random.binomial(calls - wrong, 0.03))
    return Usage(
        user_id=user_id,
        minute=at,
        calls=calls,
        refused=int(random.random() < 0.01),
        invalid=wrong,
        not_found=missing,
        writes=int(random.binomial(calls, writer)),
        bytes_in=int(calls * random.lognormal(5, 0.7)),
        methods=1 + int(min(calls - 1, random.poisson(2))),
        addresses=1 + int(random.random() < 0.03),
        logins=int(random.random() < 0.3),
        refusals=int(random.random() < 0.02),
        admin_actions=0,
    )


def program(random, user_id, days, start=START):
    """Minutes of a program that polls around the clock."""
    for at in range(0, days * 24 * 60, 30):
        calls = 10 + int(random.poisson(2))
        yield Usage(user_id, start + timedelta(minutes=at), calls, 0, 0, 0, 0, calls * 40, 2, 1, 0, 0, 0)


def owl(random, user_id, days, start=START):
    """Minutes of one who works by night."""
    yield from person(random, user_id, days, start + timedelta(hours=12))


def people(seed=1, count=40, days=10, start=START, name="user"):
    """Minutes of all of them, in the order of time."""
    random = np.random.default_rng(seed)
    kinds = [person] * (count - count // 10 * 2) + [owl] * (count // 10) + [program] * (count // 10)
    found = {}
    for number, kind in enumerate(kinds):
        for usage in kind(random, f"{name}-{number}", days, start):
            found[usage.user_id, usage.minute] = usage
    return sorted(found.values(), key=lambda usage: (usage.minute, usage.user_id))


def thief(user_id, seed=7, minutes=10, start=START + timedelta(days=11, hours=3)):
    """Minutes of one who tries everybody's ids by night, from several places, and takes what there is."""
    random = np.random.default_rng(seed)
    for at in range(minutes):
        calls = int(random.integers(300, 1500))
        missing = int(random.binomial(calls, 0.7))
        yield Usage(
            user_id,
            start + timedelta(minutes=at),
            calls,
            int(random.integers(0, 5)),
            int(random.integers(0, 10)),
            missing,
            0,
            calls * 45,
            int(random.integers(3, 6)),
            int(random.integers(3, 9)),
            int(random.integers(0, 3)),
            int(random.integers(0, 10)),
            0,
        )
