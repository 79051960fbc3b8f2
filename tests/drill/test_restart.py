"""The drill of restarts counts as failed whatever was not answered as it should be."""

import asyncio
from types import SimpleNamespace

import pytest
from google.protobuf.json_format import ParseError

from tests.drill.edge import Refused
from tests.drill.restart import Load, Outcome


class Broken:
    """An edge that never answers well."""

    name = "broken"

    def __init__(self, error, enough):
        self.error, self.enough, self.over = error, enough, asyncio.Event()

    async def call(self, *_):
        self.enough -= 1
        if not self.enough:
            self.over.set()
        raise self.error


@pytest.mark.parametrize(
    "error", [Refused("UNAVAILABLE", "", "gone"), ParseError("half an answer"), KeyError("portfolio"), OSError("reset")]
)
async def test_each_call_that_is_not_answered_is_a_failure_of_its_own(error):
    outcome, edge = Outcome(), Broken(error, 20)
    load = Load(SimpleNamespace(token="t"), [edge], 1000.0, outcome)
    load._portfolios.append("p")
    async with asyncio.timeout(20):
        await load.run(edge.over)
    assert len(outcome.failures) == sum(outcome.calls.values()) >= 20
    assert all(
        ("UNAVAILABLE" if isinstance(error, Refused) else type(error).__name__) in each for each in outcome.failures
    )
