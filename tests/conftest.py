"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.fixtures.skips",
    "tests.fixtures.postgres",
    "tests.fixtures.tokens",
    "tests.fixtures.recorder",
    "tests.fixtures.serving",
]
