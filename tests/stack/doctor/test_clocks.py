"""Clocks that are apart."""

import time
from dataclasses import replace

import pytest

from stack.doctor import clocks
from stack.doctor.edge import Edge
from tests.stack.doctor.conftest import serving, verdicts, wrong


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_edge_whose_clock_is_an_hour_off_is_wrong(hours):
    with serving(hours=hours) as url:
        (found,) = wrong(clocks.of_edge(Edge(url)))
    assert ("ahead of" if hours > 0 else "behind") in found.detail
    assert "3599" in found.detail or "3600" in found.detail
    assert "NTP" in found.fix


def test_an_edge_whose_clock_is_right_is_fine():
    with serving() as url:
        assert verdicts(clocks.of_edge(Edge(url))) == ["fine"]


@pytest.mark.parametrize("seconds", [-60, 60])
def test_stores_that_are_a_minute_off_are_wrong(patient, postgres, redis_url, seconds):
    external = {"postgres_url": postgres.url("postgres"), "redis_url": redis_url}
    settings = type(patient.settings)(state_dir=patient.settings.state_dir, **external)
    there = replace(patient, settings=settings)
    assert not wrong(clocks.of_stores_and_edge(there))
    off = wrong(clocks.of_stores_and_edge(there, lambda: time.time() + seconds))
    assert [each.detail.split()[0] for each in off] == ["PostgreSQL", "Redis"]
