"""Documents and figures over the bus: topic `alternative-data`, keyed by the source and what they are of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chassis.batches import BatchSubscription
from chassis.bus import Bus, BusUnavailable, Delivery, Message, Topic
from chassis.envelopes import enveloped
from services.marketdata.adapters.alternative_postgres import PostgresAlternativeLedger
from services.marketdata.adapters.records_bus import Room
from services.marketdata.app.alternative_ports import AlternativeRecords
from services.marketdata.app.ports import Clock, Ids
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.domain.alternative.records import Document, Figure
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.wire.alternative import from_payload, to_payload

if TYPE_CHECKING:
    from chassis.outbox import Connection

# The specification's.
ALTERNATIVE_DATA = Topic("alternative-data", partitions=6, retention=timedelta(days=30), backlog=10_000)
CONSUMER = "alternative"
TOGETHER = 500  # figures of a message
DOCUMENTS_BYTES = 256 * 1024  # of the texts of a message, about


@dataclass(frozen=True, slots=True)
class BusOfAlternativeData:
    """The port AlternativeBus."""

    bus: Bus
    clock: Clock
    ids: Ids
    room: Room

    async def send(
        self, dataset_id: str, source: str, documents: Sequence[Document], figures: Sequence[Figure] = ()
    ) -> None:
        """All in one batch, on behalf of the present call's principal."""
        messages = list[Message]()
        for channel in dict.fromkeys(each.channel for each in documents):
            of = [each for each in documents if each.channel == channel]
            for some in _pieces(of):
                payload = to_payload(dataset_id, source, some, ())
                messages.append(self._message(f"{source}/{channel}", payload))
        for subject in dict.fromkeys(each.subject for each in figures):
            told = [each for each in figures if each.subject == subject]
            for begin in range(0, len(told), TOGETHER):
                payload = to_payload(dataset_id, source, (), told[begin : begin + TOGETHER])
                messages.append(self._message(f"{source}/{subject}", payload))
        try:
            await self.room.wait()
            await self.bus.declare(ALTERNATIVE_DATA)
            await self.bus.publish(ALTERNATIVE_DATA.name, messages, "")
        except BusUnavailable as error:
            raise FeedUnavailable from error

    def _message(self, key: str, payload: bytes) -> Message:
        said = (ALTERNATIVE_DATA.name, "alternative_records", payload)
        return enveloped(*said, key=key, seq=0, event_id=self.ids.new(), now=self.clock.now())


def taking_in(process: ProcessAlternative) -> BatchSubscription:
    """Takes in what is known besides prices."""

    async def handle(connection: Connection, _partitions: Sequence[int], found: Sequence[Delivery]) -> None:
        if found:
            messages = await asyncio.to_thread(_read, found)
            await process(PostgresAlternativeLedger(connection), messages)

    return BatchSubscription(CONSUMER, ALTERNATIVE_DATA, handle, together=32)


def _read(found: Sequence[Delivery]) -> list[AlternativeRecords]:
    return [from_payload(delivery.message.payload) for delivery in found]


def _pieces(documents: Sequence[Document]) -> list[list[Document]]:
    """The documents in their order, as many at once as a message carries well."""
    pieces, size = list[list[Document]](), DOCUMENTS_BYTES
    for each in documents:
        if size >= DOCUMENTS_BYTES:
            pieces.append([])
            size = 0
        pieces[-1].append(each)
        size += len(each.text) + len(each.title) + 200
    return pieces
