"""Fixtures that every test may ask for."""

import os

# All tests call from one address. What it may try is tested where less is allowed.
os.environ.setdefault("QPO_AUTH_ATTEMPTS_PER_ADDRESS", "1000000 per minute")
os.environ.setdefault("QPO_AUTH_ATTEMPTS_OF_EVERYBODY", "1000000 per minute")
# And as few users, in calls of thousands.
os.environ.setdefault("QPO_STACK_LIMITS", "false")

pytest_plugins = [
    "tests.fixtures.skips",
    "tests.fixtures.postgres",
    "tests.fixtures.earlier",
    "tests.fixtures.redis",
    "tests.fixtures.certificates",
    "tests.fixtures.kafka",
    "tests.fixtures.influx",
    "tests.fixtures.tokens",
    "tests.fixtures.logs",
    "tests.fixtures.recorder",
    "tests.fixtures.serving",
    "tests.fixtures.auth",
    "tests.fixtures.marketdata",
    "tests.fixtures.portfolio",
    "tests.fixtures.optimizer",
]
