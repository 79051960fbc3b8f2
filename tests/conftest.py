"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.fixtures.skips",
    "tests.fixtures.postgres",
    "tests.fixtures.earlier",
    "tests.fixtures.redis",
    "tests.fixtures.kafka",
    "tests.fixtures.influx",
    "tests.fixtures.tokens",
    "tests.fixtures.logs",
    "tests.fixtures.recorder",
    "tests.fixtures.serving",
    "tests.fixtures.marketdata",
    "tests.fixtures.portfolio",
    "tests.fixtures.optimizer",
]
