"""Seeing: five seconds of replayed ticks, and the efficient frontier as a picture."""

import time
from datetime import date

from qpo.marketdata.v1.marketdata_service_pb2 import StartReplayRequest, StopReplayRequest
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierRequest

from clients.cli.console import live
from clients.cli.dates import session
from clients.cli.demo.tour import DATASET, LOOKBACK, Tour, constraints, estimation
from clients.cli.plots import frontier_chart
from clients.cli.problem import Problem
from clients.cli.question import source
from clients.cli.tape import Tape, frames

_SECONDS = 5.0
_SPEED = 20.0
_FROM = date(2020, 2, 19)
_POINTS = 50


def ticks(tour: Tour) -> None:
    """Plays the spring of 2020 as ticks and watches them for five seconds."""
    intent = f"replay history from {_FROM} at {_SPEED:g} sessions per second, watch for {_SECONDS:g} s"
    with tour.narrator.step("Ticks", intent) as step:
        tape = _watch(tour)
        tour.narrator.say(tape.table())
        if not tape.ticks:
            raise Problem("no tick arrived")
        step.outcome = tape.summary()


def _watch(tour: Tour) -> Tape:
    tape, replay_id = Tape(), ""
    stream = frames(tour.edge, DATASET, [], time.monotonic() + _SECONDS)
    try:
        with live(tape.table):
            for frame in stream:
                if not replay_id:  # the subscription stands: nothing that is played from now on is missed
                    started = tour.edge.marketdata.StartReplay(
                        StartReplayRequest(dataset=DATASET, start=session(_FROM), speed=_SPEED)
                    )
                    replay_id = started.replay.id
                tape.take(frame)
    finally:
        stream.close()
        if replay_id:
            tour.edge.marketdata.StopReplay(StopReplayRequest(replay_id=replay_id))
    return tape


def efficient_frontier(tour: Tour) -> None:
    """Solves the frontier and draws it."""
    intent = f"{_POINTS} portfolios from the least variance to the greatest return, under the same constraints"
    with tour.narrator.step("Frontier", intent) as step:
        request = SolveFrontierRequest(
            source=source(DATASET, list(tour.symbols), estimation()), constraints=constraints(), points=_POINTS
        )
        answer = tour.edge.optimizer.SolveFrontier(request)
        if len(answer.points) != _POINTS:
            raise Problem(f"the frontier has {len(answer.points)} points, not {_POINTS}")
        tour.narrator.say(frontier_chart.look(answer))
        title = f"Efficient frontier of {len(answer.symbols)} S&P 500 stocks, long only"
        note = f"Source: {tour.source}. Moments over the last {LOOKBACK:,} sessions, Ledoit–Wolf covariance."
        from clients.cli.plots import frontier_png

        frontier_png.draw(answer, tour.png, source_note=note, title=title)
        step.outcome = f"{_POINTS} points drawn to {tour.png}"
