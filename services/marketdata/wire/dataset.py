"""Datasets and replays on the wire, in answers and in events."""

from __future__ import annotations

from qpo.marketdata.v1 import prices_pb2 as prices

from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.replay import Replay
from services.marketdata.wire.times import to_date, to_timestamp


def to_dataset(dataset: Dataset) -> prices.Dataset:
    """A dataset."""
    return prices.Dataset(
        id=dataset.id,
        name=dataset.name,
        user_id=dataset.user_id,
        visibility=prices.Visibility.Name(dataset.visibility.value),
        instruments=dataset.instruments,
        start=to_date(dataset.start),
        end=to_date(dataset.end),
        created_at=to_timestamp(dataset.created_at),
    )


def to_replay(replay: Replay) -> prices.Replay:
    """A replay."""
    return prices.Replay(
        id=replay.id,
        dataset_id=replay.dataset_id,
        state=prices.ReplayState.Name(replay.state.value),
        speed=replay.speed,
        position=to_date(replay.position),
        sessions_played=replay.sessions_played,
        sessions_total=replay.sessions_total,
    )
