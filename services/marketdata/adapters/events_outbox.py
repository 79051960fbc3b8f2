"""What happened to datasets and replays, as it is told: qpo.marketdata.v1.DatasetEvent in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from qpo.marketdata.v1 import events_pb2 as pb

from chassis.outbox import Event
from services.marketdata.app.ports import Stored
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.replay import Replay
from services.marketdata.wire.dataset import to_dataset, to_replay
from services.marketdata.wire.times import to_timestamp

TOPIC = pb.DatasetEvent.DESCRIPTOR.full_name
UNIX = datetime(1970, 1, 1, tzinfo=UTC)
STARTED, ENDED = 1, 2


def imported(dataset: Dataset, stored: Stored, known_at: datetime) -> Event:
    """Prices were imported into a dataset, which is as after it."""
    message = pb.PricesImported(
        dataset=to_dataset(dataset),
        tenant_id=dataset.tenant_id,
        bars=stored.bars,
        corrected=stored.corrected,
        instruments_created=stored.instruments_created,
        known_at=to_timestamp(known_at),
    )
    return _event(pb.DatasetEvent(prices_imported=message), dataset.id, _microseconds(known_at), known_at)


def updated(dataset: Dataset, symbols: Sequence[str], known_at: datetime) -> Event:
    """What is known of these instruments was updated."""
    message = pb.InstrumentsUpdated(
        dataset=to_dataset(dataset), tenant_id=dataset.tenant_id, symbols=symbols, known_at=to_timestamp(known_at)
    )
    return _event(pb.DatasetEvent(instruments_updated=message), dataset.id, _microseconds(known_at), known_at)


def deleted(dataset: Dataset, known_at: datetime, now: datetime) -> Event:
    """A dataset was deleted, whose last change became known at `known_at`."""
    message = pb.DatasetDeleted(dataset=to_dataset(dataset), tenant_id=dataset.tenant_id)
    return _event(pb.DatasetEvent(dataset_deleted=message), dataset.id, _microseconds(known_at) + 1, now)


def started(replay: Replay, owner: Caller, now: datetime) -> Event:
    """A replay started."""
    message = pb.ReplayStarted(replay=to_replay(replay), user_id=owner.user_id, tenant_id=owner.tenant_id)
    return _event(pb.DatasetEvent(replay_started=message), replay.id, STARTED, now)


def ended(replay: Replay, owner: Caller, now: datetime) -> Event:
    """A replay ended."""
    message = pb.ReplayEnded(replay=to_replay(replay), user_id=owner.user_id, tenant_id=owner.tenant_id)
    return _event(pb.DatasetEvent(replay_ended=message), replay.id, ENDED, now)


def _event(message: pb.DatasetEvent, key: str, seq: int, at: datetime) -> Event:
    return Event(TOPIC, message.WhichOneof("event") or "", key, seq, at, message.SerializeToString())


def _microseconds(time: datetime) -> int:
    return (time - UNIX) // timedelta(microseconds=1)
